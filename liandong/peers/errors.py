"""Why a message from another node is not taken. Each stands in front of a person, or goes back as a code."""

from __future__ import annotations

from liandong.kernel.errors import Conflict, Invalid, LiandongError, NotFound
from liandong.kernel.schemas import Unfit
from liandong.peers.intray import OTHER_BYTES


class NotAnEnvelope(LiandongError):
    """JSON, but no message of the linkage: no object, or a number no two readers read alike."""

    code = "not_an_envelope"
    message = "报文不是联动信封：应为一个JSON对象，整数不超过2的53次方。"


class WrongSpecversion(Invalid):
    code = "wrong_specversion"
    message = "信封版本不是CloudEvents 1.0，无法处理。"


class AttributeMissing(Invalid):
    code = "attribute_missing"
    message = "信封缺少必填属性。"


class AttributeUnfit(Invalid):
    code = "attribute_unfit"
    message = "信封的属性不合要求，或与内容不一致。"


class WrongReceiver(Invalid):
    """Another node's mail: refused unread, so that it is not counted as received."""

    code = "wrong_receiver"
    message = "报文不是发给本节点的，请核对接收节点和通道配置。"


class SenderKeyUnknown(Invalid):
    """A key nobody has entered here, or one entered for another node."""

    code = "sender_key_unknown"
    message = "发送方的密钥未在本节点登记，或不属于该发送方：请双方核对公钥指纹后登记。"


class SignatureBad(Invalid):
    code = "signature_bad"
    message = "签名不符：报文在途中被改动，或不是该密钥签的，已隔离。"


class MessageUnknown(Invalid):
    code = "message_unknown"
    message = "没有这一种报文，请核对报文类型。"


class DataUnfit(Unfit):
    """The data breaks its schema; `complaints` says where."""

    code = "data_unfit"


class SealUnfit(Invalid):
    """Sealed fields that do not open, or that would overwrite what stands there."""

    code = "seal_unfit"
    message = "个人信息密封字段无法打开：不是用本节点公钥密封的，或内容被改动。"


class PersonalUnsealed(Invalid):
    """A mistake of ours, found before anything leaves."""

    code = "personal_unsealed"
    message = "报文含有未密封的个人信息，不得发出：请登记接收节点的公钥。"


class NotAStep(Invalid):
    code = "not_a_step"
    message = "该行不是步的报文。"


class NotSigned(Invalid):
    """Keys were given, so that a line whose signature was cut off must not pass."""

    code = "not_signed"
    message = "该行没有签名，无法用给出的公钥核验。"


class HashWrong(Invalid):
    code = "hash_wrong"
    message = "该步的内容与其摘要不符，记录被改动。"


class TwoNodes(Invalid):
    """Each desk has one home; a second node that signs for it is somebody else."""

    code = "two_nodes"
    message = "同一受理台的步由不同节点签名。"


class HeadMissing(Invalid):
    code = "head_missing"
    message = "链中没有曾经交存的链头：历史被改写，或文件不完整。"


class ChannelDown(LiandongError):
    """Nothing goes through now; what was to go stays in the journal and goes at a later turn."""

    code = "channel_down"
    status = 503
    message = "与对端的通道不通，报文留在本节点，稍后自动再发；请检查通道。"


class PeerKeyMissing(NotFound):
    code = "peer_key_missing"
    message = "没有登记对端的公钥，暂不能发出：请向对端索取公钥，电话核对指纹后放入对端公钥目录。"


class KeyOfTwoNodes(Conflict):
    code = "key_of_two_nodes"
    message = "同一编号的公钥登记在两个节点名下，请只保留一处。"


class OtherSource(Invalid):
    """Signed well, but brought by the channel of another peer."""

    code = "other_source"
    message = "报文的来源节点与送达它的通道不一致，请核对通道配置。"


class ReceiptAhead(Conflict):
    """The peer has what this node does not know to have sent: nothing it says may empty the journal."""

    code = "receipt_ahead"
    message = "对端回执的流水号超过本节点已编的号，本节点可能由旧备份恢复，请停止收发并与对端核对。"


class NotOurWord(Invalid):
    """A step or note of a desk that is here, said by another node, without our own signature on it."""

    code = "not_our_word"
    message = "交还的步（附记）没有本节点的签名，或与签名的内容不符，不能采用。"


class SerialTaken(Conflict):
    """Two contents under one serial of one journal: one of the two was changed, or the sender has forgotten."""

    code = "serial_taken"
    message = OTHER_BYTES


class Unstorable(Invalid):
    code = "unstorable"
    message = "内容不能存入本节点。"


class CertificateUnknown(LiandongError):
    """A certificate that our authority has signed, of nobody the deployment names."""

    code = "certificate_unknown"
    status = 403
    message = "证书上的名称不是已登记的对端：请在对方的通道部署文件中登记该对端及其证书名称。"


class NotReady(LiandongError):
    """The keys of this node are not in order: no fault of the caller's, who sends once more later."""

    code = "not_ready"
    status = 503
    message = "本节点的密钥不能使用，暂不能接收；报文请留在贵方稍后再发，并告知本节点管理员。"
