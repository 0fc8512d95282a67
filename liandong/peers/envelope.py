"""One message between two nodes: a CloudEvents 1.0 envelope, canonical (RFC 8785), signed by its sender. Pure.

What this version does not know, attributes as well as fields of the data, is kept as it came and stands under the
signature. A message of a newer schema is verified and handed on with what this version finds wrong with it.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

import rfc8785

from liandong.kernel.canonical import canonical, moment, plain
from liandong.kernel.jsontext import parse_json
from liandong.kernel.keys import KeyProvider, Verifier
from liandong.kernel.schemas import Complaint, Schema
from liandong.kernel.seals import sm3
from liandong.peers.errors import (
    AttributeMissing,
    AttributeUnfit,
    DataUnfit,
    MessageUnknown,
    NotAnEnvelope,
    PersonalUnsealed,
    SenderKeyUnknown,
    SignatureBad,
    WrongReceiver,
    WrongSpecversion,
)
from liandong.peers.sealing import Recipient, personal, seal, unseal

PACKAGE = "liandong.peers"
# Kind of message → the newest version of its schema that this node speaks.
SPOKEN = dict.fromkeys(
    ("matter", "step", "note", "attachment", "receipt", "heartbeat", "digest", "codes", "list"), 1
)  # fmt: skip
# Outside the journal: never receipted, never sent again; their `peerseq` is 0.
UNNUMBERED = frozenset({"receipt", "heartbeat", "digest"})
# Where the subject of the envelope is found in the data.
SUBJECT = {"matter": "linkage_number", "step": "transfer", "note": "transfer", "attachment": "linkage_number"}

# The largest message there is; what is larger goes in parts (`attachments.py`).
MESSAGE_BYTES = 1024 * 1024

_TYPE = re.compile(r"cn\.liandong\.([a-z]{1,40})\.v([1-9][0-9]{0,3})")
_SOURCE = "/nodes/"


@dataclass(frozen=True, slots=True)
class PeerKey:
    """A public key (SPKI PEM) and the code of the node it was entered for."""

    node: str
    public: str


@dataclass(frozen=True, slots=True)
class Heading:
    """What stands on an envelope besides what follows from its data.

    `serial`: the number in the journal from `source` to `receiver`, from 1; 0 for receipt, heartbeat and digest.
    `journal`: the number of that journal; 0, and not said, for the first one.
    `keyid`: the sender's key that signs.
    """

    id: str
    source: str
    receiver: str
    serial: int
    at: datetime
    keyid: str
    urgent: bool = False
    traceparent: str = ""
    journal: int = 0


@dataclass(frozen=True)
class Envelope:
    """A parsed message. `document` is all of it as it came, unknown attributes included; `raw` are its bytes."""

    document: Mapping[str, Any]
    raw: bytes
    kind: str
    version: int

    @property
    def id(self) -> str:
        return str(self.document["id"])

    @property
    def source(self) -> str:
        """The sender's node code."""
        return str(self.document["source"]).removeprefix(_SOURCE)

    @property
    def receiver(self) -> str:
        return str(self.document["receiver"])

    @property
    def subject(self) -> str:
        """The number of the matter or transfer it is about; "" when it is about the node itself."""
        return str(self.document.get("subject", ""))

    @property
    def at(self) -> datetime:
        """The sender's time."""
        return datetime.fromisoformat(self.document["time"])

    @property
    def serial(self) -> int:
        return int(self.document["peerseq"])

    @property
    def journal(self) -> int:
        """Of the sender's journals to us; a greater one ends those before. Who says none is in the first."""
        return int(self.document.get("journal", 0))

    @property
    def urgent(self) -> bool:
        return self.document.get("urgent") is True

    @property
    def keyid(self) -> str:
        return str(self.document["keyid"])

    @property
    def traceparent(self) -> str:
        return str(self.document.get("traceparent", ""))

    @property
    def data(self) -> Mapping[str, Any]:
        """As it came: personal fields still sealed, unknown fields in their places."""
        return self.document["data"]  # type: ignore[no-any-return]

    @property
    def newer(self) -> bool:
        """Whether the sender speaks a newer version of this message than we do."""
        return self.version > SPOKEN.get(self.kind, 0)

    @cached_property
    def signed(self) -> bytes:
        """The bytes under the signature: the envelope without it, by RFC 8785. Raises NotAnEnvelope."""
        return _canonical({name: value for name, value in self.document.items() if name != "signature"})

    @cached_property
    def digest(self) -> bytes:
        """What the message says, whoever wrote it how: two with one id and two digests are a conflict."""
        return sm3(self.signed)

    @cached_property
    def complaints(self) -> tuple[Complaint, ...]:
        """What this version's schema finds wrong with the data. Of a newer message it may be harmless."""
        return tuple(Schema.load(PACKAGE, self.kind).check(self.data)) if self.kind in SPOKEN else ()


def build(
    kind: str, data: Mapping[str, Any], heading: Heading, keys: KeyProvider, seal_for: Recipient | None = None
) -> bytes:
    """The bytes of a message as they are sent: personal fields sealed, checked against its schema, signed.

    Raises DataUnfit, AttributeUnfit, PersonalUnsealed (no `seal_for` although there are personal fields), TooLarge,
    KeyUnknown.
    """
    content: Any = plain(data)
    paths = personal(kind, content)
    if paths and seal_for is None:
        raise PersonalUnsealed(fields=list(paths))
    if paths and seal_for is not None:
        content = seal(content, paths, message=heading.id, recipient=seal_for, keys=keys)
    document = _document(kind, content, heading)
    made = sign(document, keys)
    check(parse(made))
    return made


def _document(kind: str, data: Mapping[str, Any], heading: Heading) -> dict[str, Any]:
    version = SPOKEN[kind]
    subject = {"subject": data.get(SUBJECT[kind])} if kind in SUBJECT else {}
    return {
        "specversion": "1.0",
        "id": heading.id,
        "source": _SOURCE + heading.source,
        "type": f"cn.liandong.{kind}.v{version}",
        **subject,
        "time": moment(heading.at),
        "datacontenttype": "application/json",
        "dataschema": dataschema(kind, version),
        "receiver": heading.receiver,
        "peerseq": heading.serial,
        **({"journal": heading.journal} if heading.journal else {}),
        **({"urgent": True} if heading.urgent else {}),
        **({"traceparent": heading.traceparent} if heading.traceparent else {}),
        "keyid": heading.keyid,
        "data": data,
    }


def dataschema(kind: str, version: int) -> str:
    """The name of the schema of a message; not that of the published standard, which has its own `step`."""
    return f"urn:liandong:message:{kind}:v{version}"


def sign(document: Mapping[str, Any], keys: KeyProvider) -> bytes:
    """The canonical bytes of `document` with the signature of its `keyid`; one that stands there is replaced."""
    unsigned = {name: value for name, value in document.items() if name != "signature"}
    signature = keys.sign(str(document["keyid"]), _canonical(unsigned))
    return _canonical({**unsigned, "signature": base64.b64encode(signature).decode("ascii")})


def read(raw: bytes, *, me: str, known: Mapping[str, PeerKey], keys: Verifier) -> Envelope:
    """The message of `raw` for the node `me`, signed by one of the `known` keys (by key id).

    Raises, in this order: TooLarge, BadJson and its kin (DuplicateKey …), NotAnEnvelope, WrongSpecversion,
    AttributeMissing, AttributeUnfit, WrongReceiver, SenderKeyUnknown, SignatureBad, MessageUnknown, DataUnfit.
    Of a `newer` message the data is not judged; `complaints` says what this version would.
    """
    envelope = parse(raw)
    if envelope.receiver != me:
        raise WrongReceiver(receiver=envelope.receiver, me=me)
    verify(envelope, known, keys)
    check(envelope)
    return envelope


def parse(raw: bytes) -> Envelope:
    """`raw` as an envelope whose attributes are in order; signature and data are not looked at.

    Raises TooLarge, BadJson and its kin, NotAnEnvelope, WrongSpecversion, AttributeMissing, AttributeUnfit,
    MessageUnknown when the type is none of ours at all.
    """
    document = parse_json(raw, MESSAGE_BYTES)
    if not isinstance(document, dict):
        raise NotAnEnvelope
    if document.get("specversion", "1.0") != "1.0":
        raise WrongSpecversion(field="/specversion")
    for complaint in Schema.load(PACKAGE, "envelope").check(document):
        error = AttributeMissing if complaint.code == "missing" else AttributeUnfit
        raise error(complaint.message, field=complaint.field)
    match = _TYPE.fullmatch(document["type"])
    if match is None:
        raise MessageUnknown(field="/type")
    return Envelope(document, raw, match[1], int(match[2]))


def verify(envelope: Envelope, known: Mapping[str, PeerKey], keys: Verifier) -> None:
    """Raises SenderKeyUnknown, SignatureBad, NotAnEnvelope when the source has not signed it."""
    key = known.get(envelope.keyid)
    if key is None or key.node != envelope.source:
        raise SenderKeyUnknown(field="/keyid", keyid=envelope.keyid, source=envelope.source)
    if not keys.verify(key.public, envelope.signed, _decoded(envelope.document["signature"])):
        raise SignatureBad(field="/signature")


def check(envelope: Envelope) -> None:
    """Whether attributes and data say the same, and the data fits. Raises MessageUnknown, AttributeUnfit, DataUnfit."""
    kind = envelope.kind
    if kind not in SPOKEN:
        raise MessageUnknown(f"没有“{kind}”这一种报文，请核对报文类型或升级本节点。", field="/type")
    if envelope.document["dataschema"] != dataschema(kind, envelope.version):
        raise AttributeUnfit("数据模式与报文类型不一致。", field="/dataschema")
    if (envelope.serial == 0) != (kind in UNNUMBERED):
        raise AttributeUnfit("只有回执、心跳和对账不编流水号（为0），其他报文从1起编。", field="/peerseq")
    if envelope.newer:
        return
    if envelope.complaints:
        raise DataUnfit(envelope.complaints)
    if kind in SUBJECT and envelope.subject != envelope.data[SUBJECT[kind]]:
        raise AttributeUnfit("信封的主题与内容中的编号不一致。", field="/subject")


def opened(envelope: Envelope, keys: KeyProvider) -> dict[str, Any]:
    """The data with its personal fields back in place, fit to be used. Raises SealUnfit, DataUnfit."""
    data = unseal(envelope.data, message=envelope.id, keys=keys)
    if not envelope.newer:
        complaints = Schema.load(PACKAGE, envelope.kind).check(data)
        if complaints:
            raise DataUnfit(complaints)
    return data


def _decoded(signature: str) -> bytes:
    """Only the one base64 text that these bytes have: a changed bit in its padding is a changed message."""
    try:
        found = base64.b64decode(signature, validate=True)
    except (binascii.Error, ValueError):
        raise SignatureBad(field="/signature") from None
    if base64.b64encode(found).decode("ascii") != signature:
        raise SignatureBad(field="/signature")
    return found


def _canonical(document: Mapping[str, Any]) -> bytes:
    try:
        return canonical(document)
    except rfc8785.CanonicalizationError:
        raise NotAnEnvelope from None


def message_id(at: datetime, chance: bytes) -> str:
    """A UUID of version 7: ordered by `at`, told apart by the ten bytes of `chance`."""
    if len(chance) != 10:
        raise ValueError("ten bytes")
    milliseconds = int(at.timestamp() * 1000)
    whole = bytearray(milliseconds.to_bytes(6) + chance)
    whole[6] = 0x70 | whole[6] & 0x0F
    whole[8] = 0x80 | whole[8] & 0x3F
    text = whole.hex()
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))
