"""Cases of journal and receipt: what came is named exactly, and what comes again changes nothing."""

from __future__ import annotations

from collections.abc import Callable

from liandong.kernel.canonical import canonical
from liandong.peers.envelope import parse, sign
from simulation.conformance.cases_envelope import not_taken
from simulation.conformance.session import Session
from simulation.conformance.verdicts import Case, Outcome, case, failed, passed, unseen

JOURNAL, ENVELOPE = "Journal and receipt", "The envelope"
HUNDRED = 100
HEARTBEAT = {
    "state": "online",
    "versions": {
        "software": "0.1.0",
        "messages": {
            "matter": 1,
            "step": 1,
            "note": 1,
            "attachment": 1,
            "receipt": 1,
            "heartbeat": 1,
            "digest": 1,
            "codes": 1,
            "list": 1,
        },
    },
    "abilities": ["transfer.offer", "transfer.accept"],
    "queue": {"waiting": 0},
}


def _receipt_again(s: Session, raws: list[bytes], serial: int) -> Outcome:
    """A message that is stored comes again: a new receipt must name it, since the first may have been lost."""
    before = {one.envelope.id for one in s.line.receipts}
    s.send(raws)
    came = s.wait(lambda: any(one.envelope.id not in before for one in s.line.receipts))
    new = [one for one in s.line.receipts if one.envelope.id not in before]
    if not came:
        return failed("重复的报文没有再得到回执。")
    if not all(one.data["stored_through"] >= serial or serial in one.data["stored"] for one in new):
        return failed(f"新的回执不再称第{serial}号已存妥。")
    return passed("再次得到回执。")


@case("duplicate", JOURNAL, "重复的报文", "同一报文原样再发一次", "再给回执，不再有别的作用")
def duplicate(s: Session) -> Outcome:
    serial = s.serial()
    raw = s.canary(serial)
    s.send([raw])
    if not s.waits_for_receipt(serial):
        return failed("首次发送没有得到回执。")
    return _receipt_again(s, [raw], serial)


@case("signed_anew", JOURNAL, "重新签名的同一报文", "同一内容重新签名后再发", "视为同一报文，再给回执，不算冲突")
def signed_anew(s: Session) -> Outcome:
    serial = s.serial()
    raw = s.canary(serial)
    s.send([raw])
    if not s.waits_for_receipt(serial):
        return failed("首次发送没有得到回执。")
    envelope = parse(raw)
    found = _receipt_again(s, [sign(envelope.document, s.me.keys)], serial)
    code = s.refused(envelope.id)
    return failed(f"被当作另一报文拒收（{code}）。") if code else found


@case("hundredfold", JOURNAL, "一百次重复", "同一报文在一批中重复一百次", "一次作用，给回执，其后的报文照常")
def hundredfold(s: Session) -> Outcome:
    serial = s.serial()
    raw = s.canary(serial)
    s.send([raw] * HUNDRED)
    if not s.waits_for_receipt(serial):
        return failed("没有得到回执。")
    probe = s.serial()
    s.send([s.canary(probe)])
    return passed("已存妥，其后的报文也已存妥。") if s.waits_for_receipt(probe) else failed("其后的报文没有得到回执。")


@case("replay", JOURNAL, "重放旧报文", "本次联调的第一件报文再发一次", "再给回执，不再有别的作用")
def replay(s: Session) -> Outcome:
    first = s.sent[0]
    serial = parse(first).serial
    return _receipt_again(s, [first], serial)


@case("gap", JOURNAL, "缺号", "跳过一个流水号，先发其后两件", "回执的连续号停在缺号之前，另列其后已存妥的两号")
def gap(s: Session) -> Outcome:
    missing, *later = (s.serial() for _ in range(3))
    s.send([s.canary(later[0])])
    s.send([s.canary(later[1])])
    told = s.waits_for_receipt(*later)
    latest = s.line.receipts[-1].data if s.line.receipts else {}
    wrong = s.is_stored(missing)
    s.send([s.canary(missing)])
    closed = s.waits_for_receipt(missing)
    if wrong:
        return failed(f"第{missing}号从未发出，回执却称其已存妥：{latest}。")
    if not told:
        return failed("缺号之后的报文没有得到回执。")
    return passed("缺号未被算作已存妥，补发后闭合。") if closed else failed("补发缺号后没有得到回执。")


@case("reversed", JOURNAL, "倒序到达", "五件报文按流水号倒序分批发送", "全部存妥，与顺序无关")
def reversed_order(s: Session) -> Outcome:
    serials = [s.serial() for _ in range(5)]
    for raw in [s.canary(serial) for serial in serials][::-1]:
        s.send([raw])
    return passed("全部存妥。") if s.waits_for_receipt(*serials) else failed("倒序到达的报文没有全部得到回执。")


@case("serial_zero", ENVELOPE, "编号为0的快照", "peerseq 为0的快照", "拒收：只有回执和心跳不编号")
def serial_zero(s: Session) -> Outcome:
    return not_taken(s, lambda serial: sign({**s.document(serial), "peerseq": 0}, s.me.keys))


@case("unnumbered", JOURNAL, "回执和心跳不编号", "一件回执、一件心跳，其后一件快照", "不占流水号，不妨碍其后的报文")
def unnumbered(s: Session) -> Outcome:
    s.send([s.line.receipt(s.now()), s.write("heartbeat", HEARTBEAT, 0)])
    serial = s.serial()
    s.send([s.canary(serial)])
    return passed("其后的快照已存妥。") if s.waits_for_receipt(serial) else failed("其后的快照没有得到回执。")


@case("resend", JOURNAL, "没有回执就再发", "对方签收后，本方暂不给回执", "同一报文（同一编号、同一内容）再次发来")
def resend(s: Session) -> Outcome:
    return _again(s, lambda: None)


@case(
    "receipt_ahead", JOURNAL, "超前的回执", "称存妥了对方从未发过的流水号的回执", "不清空待发：未存妥的报文仍再次发来"
)
def receipt_ahead(s: Session) -> Outcome:
    def lie() -> None:
        data = {"stored_through": 1_000_000, "stored": [], "refused": []}
        s.send([s.write("receipt", data, 0)])

    return _again(s, lie)


def _again(s: Session, meanwhile: Callable[[], None]) -> Outcome:
    """Let the other side say something, give no receipt, and see whether it comes again in the same words."""
    s.holds_receipts = True
    try:
        affair = s.offer("【签收】联调：请签收本件")
        if s.answered(affair) is None:
            return unseen("对方没有签收，无从观察。")
        assert affair.replica is not None
        number = affair.replica.transfer
        mine = [one for one in s.said if one.envelope.subject == number]
        name, journal = mine[0].envelope.id, mine[0].envelope.journal
        meanwhile()
        count = len(s.raws[name])

        def anew() -> bool:
            """Who takes itself for restored says the same in a new journal, under another id."""
            found = [one for one in s.said if one.envelope.subject == number and one.envelope.journal > journal]
            return any(one.data == mine[0].data for one in found)

        if not s.wait(lambda: len(s.raws[name]) > count or anew(), acts=True):
            return failed("没有回执的报文没有再次发来。")
        contents = {
            canonical({k: v for k, v in parse(raw).document.items() if k != "signature"}) for raw in s.raws[name]
        }
        return passed("同一内容再次发来。") if len(contents) == 1 else failed("再次发来的报文编号相同而内容不同。")
    finally:
        s.holds_receipts = False
        s.line.owes = True


@case("exact", JOURNAL, "回执的准确", "（全程观察）", "回执从不称存妥没有发过的流水号，另列的各号由小到大、不重复")
def exact(s: Session) -> Outcome:
    if not s.line.receipts:
        return unseen("没有收到回执。")
    for one in s.line.receipts:
        data = one.data
        if max([data["stored_through"], *data["stored"]]) > s.line.serial:
            return failed(f"回执称存妥了没有发过的流水号：{data['stored_through']}、{data['stored']}。")
        if (
            list(data["stored"]) != sorted(set(data["stored"]))
            or min([*data["stored"], 1 << 40]) <= data["stored_through"]
        ):
            return failed(f"另列的各号没有由小到大，或不在连续号之后：{data}。")
    return passed(f"{len(s.line.receipts)}份回执均准确。")


CASES: tuple[Case, ...] = (duplicate, signed_anew, hundredfold, gap, reversed_order, serial_zero, unnumbered)
# They need what others have said before them.
LATE: tuple[Case, ...] = (resend, receipt_ahead, replay, exact)
