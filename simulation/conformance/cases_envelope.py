"""Cases of the envelope: what is good is taken however it is laid out; what is not is neither stored nor told so."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

import orjson

from liandong.kernel import sm2
from liandong.kernel.canonical import canonical
from liandong.kernel.keys import KeyProvider, PublicKeys
from liandong.peers.envelope import MESSAGE_BYTES, sign
from simulation.conformance.session import Session
from simulation.conformance.verdicts import Case, Outcome, case, failed, passed

RECEIVING, SIGNING, VERSIONS, ENVELOPE, SEALING = (
    "Receiving",
    "The envelope / Signing",
    "Versions",
    "The envelope",
    "The envelope / Sealing",
)
NOT_STORED = "回执不得称其已存妥；其后同号的完好报文照常存妥"
STORED = "回执称其已存妥"


class Stranger(PublicKeys):
    """A key nobody has entered."""

    def __init__(self) -> None:
        self._key = sm2.generate()

    def sign(self, key_id: str, data: bytes) -> bytes:
        return self._key.sign(data)

    def decrypt(self, key_id: str, data: bytes) -> bytes:
        return self._key.decrypt(data)

    def public(self, key_id: str) -> str:
        return self._key.public_pem()


def not_taken(s: Session, *bad: Callable[[int], bytes]) -> Outcome:
    """Send what must not be stored under one serial, and good messages after it, so that silence means something."""
    serial = s.serial()
    for one in bad:
        s.send([one(serial)])
    probe = s.serial()
    s.send([s.canary(probe)])
    if not s.waits_for_receipt(probe):
        s.send([s.canary(serial)])
        return failed("其后一件完好的报文也没有得到回执：一件坏报文挡住了后面的。")
    wrong = s.is_stored(serial)
    s.send([s.canary(serial)])
    healed = s.waits_for_receipt(serial)
    if wrong:
        return failed(f"回执称第{serial}号已存妥，而它是应拒收的报文。")
    return passed("未存妥；同号的完好报文已存妥。") if healed else failed("其后同号的完好报文没有得到回执。")


def taken(s: Session, made: Callable[[int], bytes]) -> Outcome:
    serial = s.serial()
    s.send([made(serial)])
    if s.waits_for_receipt(serial):
        return passed("已存妥。")
    s.send([s.canary(serial)])
    s.waits_for_receipt(serial)
    return failed("没有得到回执：完好的报文被拒收或没有处理。")


def spoilt(
    title: str, code: str, sent: str, spoil: Callable[[Session, int], bytes], clause: str = RECEIVING, **more: str
) -> Case:
    return case(code, clause, title, sent, NOT_STORED, **more)(lambda s: not_taken(s, lambda serial: spoil(s, serial)))


def good(title: str, code: str, sent: str, made: Callable[[Session, int], bytes], clause: str) -> Case:
    return case(code, clause, title, sent, STORED)(lambda s: taken(s, lambda serial: made(s, serial)))


def changed(s: Session, serial: int, keys: KeyProvider | None = None, **attributes: Any) -> bytes:
    """The canary with attributes changed (None: left out) and signed."""
    document = {**s.document(serial), **attributes}
    return sign({name: value for name, value in document.items() if value is not None}, keys or s.me.keys)


def with_data(s: Session, serial: int, **data: Any) -> bytes:
    document = s.document(serial)
    return sign({**document, "data": {**document["data"], **data}}, s.me.keys)


def signed_over_other(s: Session, serial: int) -> bytes:
    """The signature of another message."""
    return canonical({**s.document(serial), "signature": s.document(serial)["signature"]})


def loose_signature(s: Session, serial: int) -> bytes:
    """The right bytes in a base64 that no writer makes: a bit of the padding is set."""
    while True:
        document = s.document(serial)
        text = str(document["signature"])
        if text.endswith("="):
            place = len(text.rstrip("=")) - 1
            letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
            other = letters[letters.index(text[place]) ^ 1]
            loose = text[:place] + other + text[place + 1 :]
            if base64.b64decode(loose) == base64.b64decode(text):
                return canonical({**document, "signature": loose})


def flipped(s: Session, serial: int) -> bytes:
    """A bit of the text of the order is another one: still JSON, still fit for the schema."""
    raw = s.canary(serial, content="联调探测 abcdefgh")
    place = raw.index(b"abcdefgh") + s.dice.randrange(8)
    return raw[:place] + bytes([raw[place] ^ 0b10000]) + raw[place + 1 :]


def named_twice(s: Session, serial: int) -> bytes:
    """The last of the two is the signed one: who reads the first is led astray."""
    return s.canary(serial).replace(b'{"data":', b'{"receiver":"nobody","data":', 1)


def written_in(s: Session, serial: int, text: bytes) -> bytes:
    """A value that our writer refuses, signed as another one might sign it."""
    document = s.document(serial)
    document.pop("signature")
    unsigned = canonical({**document, "data": {**document["data"], "x_value": "PLACE"}}).replace(b'"PLACE"', text)
    signature = base64.b64encode(s.me.keys.sign(s.me.signing, unsigned))
    # Names are sorted: `signature` stands between `receiver` and `source`.
    return unsigned.replace(b',"source":', b',"signature":"' + signature + b'","source":', 1)


def nested(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = [value]
    return value


def laid_out(s: Session, serial: int) -> bytes:
    """Other order of names, blanks, escapes: the same value."""
    document = s.document(serial, content="联调🚓𠮷")
    text = ", ".join(f"{orjson.dumps(name).decode()} : {_escaped(document[name])}" for name in reversed(document))
    return f"{{ {text} }}".encode()


def _escaped(value: Any) -> str:
    import json

    return json.dumps(value, ensure_ascii=True)


def sealed_over(s: Session, serial: int) -> bytes:
    """A caller's name in the open and sealed too."""
    document = s.document(serial, caller={"name": "甲", "phone": "13500000000"})
    data = document["data"]
    order = {**data["order"], "caller": {**data["order"].get("caller", {}), "name": "乙"}}
    return sign({**document, "data": {**data, "order": order}}, s.me.keys)


def sealed_for_other(s: Session, serial: int) -> bytes:
    document = s.document(serial, caller={"name": "甲"})
    other = Stranger()
    key = base64.b64encode(other.encrypt(other.public(""), bytes(16))).decode()
    sealed = {**document["data"]["sealed"], "key": key}
    return sign({**document, "data": {**document["data"], "sealed": sealed}}, s.me.keys)


ASTRAL = {"\ue000": "私用区", "𠮷": "四字节", "a": 1.0, "é": 1e-7, "数": 0.1, "空": ""}

CASES: tuple[Case, ...] = (
    good("完好的快照", "snapshot", "一件完好的事项快照", lambda s, n: s.canary(n), "Journal and receipt"),
    good("四字节文字", "four_byte", "含四字节汉字和表情的快照", lambda s, n: s.canary(n, content="𠮷野家🚓 𪚥"), SIGNING),
    good("名称排序与数字写法", "canonical", "字段名含四字节字符、数值含整值小数和很小小数的扩展字段",
         lambda s, n: s.canary(n, extensions=ASTRAL), SIGNING),
    good("任意排版", "any_layout", "同一报文，字段倒序、加空格、全部转义", laid_out, SIGNING),
    good("未知的可选字段", "unknown_field", "含未知属性和未知字段的快照",
         lambda s, n: changed(s, n, xfuture="1", data={**s.document(n)["data"], "xnew": {"a": [1]}}), VERSIONS),
    good("下一版本", "next_version", "type 为 v2、内容不符合 v1 的快照",
         lambda s, n: changed(s, n, type="cn.liandong.matter.v2", dataschema="urn:liandong:message:matter:v2",
                              data={"linkage_number": s.document(n)["subject"], "quite": "different"}), VERSIONS),
    good("密封的诉求人", "sealed", "姓名、电话、证件号码密封的快照",
         lambda s, n: s.canary(n, caller={"name": "甲", "phone": "13500000000", "identity_number": "140902199001011234"}),
         SEALING),
    good("要求保密的地址", "sealed_place", "诉求人要求保密，地址和经纬度密封的快照",
         lambda s, n: s.canary(n, caller={"name": "甲", "secret": True},
                               place={"address": "示例路18号", "longitude": 112.7, "latitude": 38.4}), SEALING),
    spoilt("签名不符", "signature_bad", "以他件签名充数的快照", signed_over_other, SIGNING),
    spoilt("没有签名", "signature_absent", "缺 signature 的快照",
           lambda s, n: canonical({k: v for k, v in s.document(n).items() if k != "signature"})),
    spoilt("签名写法不唯一", "signature_loose", "签名的base64填充位被改", loose_signature, SIGNING),
    spoilt("密钥未登记", "key_unknown", "用未登记密钥签名的快照",
           lambda s, n: changed(s, n, Stranger(), keyid="conformance-stranger")),
    spoilt("冒用密钥编号", "key_forged", "用未登记密钥签名、冒用已登记编号的快照", lambda s, n: changed(s, n, Stranger())),
    spoilt("来源与密钥不符", "source_other", "来源写成另一节点的快照", lambda s, n: changed(s, n, source="/nodes/somebody")),
    spoilt("发给别人的", "receiver_other", "接收方是另一节点的快照", lambda s, n: changed(s, n, receiver="somebody")),
    spoilt("翻转一位", "bit_flipped", "内容中一位被翻转的快照", flipped, SIGNING),
    spoilt("超过上限", "too_large", "超过1MiB的快照", lambda s, n: with_data(s, n, x="a" * MESSAGE_BYTES)),
    spoilt("NUL字符", "nul", "标题含 \\u0000 的快照", lambda s, n: with_data(s, n, x="a\x00b")),
    spoilt("半个代理字符", "half_surrogate", "含单独 \\ud800 的快照", lambda s, n: written_in(s, n, b'"\\ud800"')),
    spoilt("非UTF-8", "not_utf8", "含非法UTF-8字节的快照", lambda s, n: written_in(s, n, b'"\xff\xfe"'), never="middb"),
    spoilt("同名字段", "duplicate_key", "receiver 出现两次的快照", named_twice),
    spoilt("嵌套过深", "too_deep", "嵌套40层的快照", lambda s, n: with_data(s, n, x=nested(40))),
    spoilt("过大的整数", "big_integer", "含 2^53 以上整数的快照", lambda s, n: written_in(s, n, b"9007199254740994")),
    spoilt("不是JSON", "not_json", "半截的报文", lambda s, n: s.canary(n)[:-20]),
    spoilt("信封版本不对", "specversion", "specversion 为 0.3", lambda s, n: changed(s, n, specversion="0.3")),
    spoilt("没有这种报文", "message_unknown", "type 为 cn.liandong.nothing.v1",
           lambda s, n: changed(s, n, type="cn.liandong.nothing.v1", dataschema="urn:liandong:message:nothing:v1")),
    spoilt("数据模式不一致", "dataschema", "dataschema 与 type 不一致",
           lambda s, n: changed(s, n, dataschema="urn:liandong:message:step:v1"), ENVELOPE),
    spoilt("主题不一致", "subject", "subject 与内容中的联动号不一致",
           lambda s, n: changed(s, n, subject=s.numbers.next("L", s.now())), ENVELOPE),
    spoilt("缺必填字段", "data_unfit", "缺 order 的快照",
           lambda s, n: changed(s, n, data={k: v for k, v in s.document(n)["data"].items() if k != "order"})),
    spoilt("密封覆盖明文", "seal_over_open", "同一字段既有明文又有密封", sealed_over, SEALING),
    spoilt("打不开的密封", "seal_other", "密封密钥不是给接收方的", sealed_for_other, SEALING),
)  # fmt: skip
