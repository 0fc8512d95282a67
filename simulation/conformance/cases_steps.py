"""Cases of the baton: what the other side's desk answers, and what no signature makes true."""

from __future__ import annotations

from dataclasses import replace

from liandong.kernel.errors import LiandongError
from liandong.transfer.replica import Replica, Step, apply
from liandong.transfer.states import KINDS, SENDING_BACK
from simulation.conformance.session import Affair, Session, forged
from simulation.conformance.verdicts import Case, Outcome, case, failed, passed, unseen
from simulation.peer.endpoint import Said
from simulation.peer.records import step_data

BATON, STATES, STEP, ENVELOPE = "The baton rule", "States", "The step", "The envelope"
JOURNAL, VERSIONS = "Journal and receipt", "Versions"
UNREFUSABLE = frozenset(code for code, kind in KINDS.items() if not kind.refusable)
SIGN = "【签收】联调：请签收本件"
NOBODY = "对方没有签收，无从观察（请让对方的台签收标题含【签收】的件）。"


def follows(s: Session, affair: Affair) -> Outcome | None:
    """Whether the answer is an acceptance of our first step; None where none came."""
    step = s.answered(affair)
    if step is None:
        return None
    assert affair.replica is not None
    s.acting = True
    if step.prev.hex() != affair.first:
        return failed("对方的第2步接在另一个第1步之后：它采用了伪造的历史。")
    try:
        affair.replica = apply(affair.replica, step)
    except LiandongError as why:
        return failed(f"对方的第2步（{step.verb}）不合规则：{why.message}")
    return passed(f"对方第2步为 {step.verb}，接在本方第1步之后。")


def no_effect(s: Session, affair: Affair, name: str, seen: Outcome | None) -> Outcome:
    """A forged step must not have taken effect: the answer is as if it had never come, or the receipt names it."""
    code = s.refused(name)
    if seen is not None and seen.verdict == "fail":
        return seen
    if code:
        return passed(f"回执列为拒收（{code}）。")
    if seen is not None:
        return passed(seen.came)
    if s.acting:
        return failed("对方此前会签收，此件却没有签收，也没有列为拒收：伪造的步很可能被采用了。")
    return unseen(NOBODY)


@case("offer", BATON, "移交与签收", "事项快照和移交第1步", "均得到回执；对方的台签收，签收步的摘要、前步和作出台正确")
def offer(s: Session) -> Outcome:
    affair = s.offer(SIGN)
    if not s.waits_for_receipt(s.line.serial - 1, s.line.serial):
        return failed("移交没有得到回执。")
    found = follows(s, affair)
    if found is None:
        return unseen(NOBODY)
    if found.verdict == "pass":
        wrong = _order_named(s, affair)
        return failed(wrong) if wrong else found
    return found


def _order_named(s: Session, affair: Affair) -> str:
    assert affair.replica is not None
    number = affair.replica.transfer
    named = {
        one.data.get("target_order", "") for one in s.said if one.kind == "step" and one.data["transfer"] == number
    }
    orders = {one.data["order"]["number"] for one in s.said if one.kind == "matter"}
    if named & orders:
        return ""
    # The order may come after the step that names it.
    s.wait(lambda: named & {one.data["order"]["number"] for one in s.said if one.kind == "matter"})
    orders = {one.data["order"]["number"] for one in s.said if one.kind == "matter"}
    return "" if named & orders else "签收步没有写明对方的单号（target_order），或没有发来该单的快照。"


@case("step_first", STEP, "步先于快照到达", "先发移交第1步，再发事项快照", "等待快照，随后照常签收")
def step_first(s: Session) -> Outcome:
    affair = s.affair(SIGN)
    step = s.begin(affair)
    told, snapshot = s.serial(), s.serial()
    s.send([s.write("step", step_data(step, affair.number), snapshot)])
    s.waits_for_receipt(snapshot)
    s.send([s.write("matter", s.told(affair), told)])
    if not s.waits_for_receipt(told, snapshot):
        return failed("没有全部得到回执。")
    found = follows(s, affair)
    if found is None and s.acting:
        return failed("对方此前会签收，此件却没有：步没有等到快照。")
    return found or unseen(NOBODY)


@case(
    "unknown_in_step",
    VERSIONS,
    "步内的未知字段",
    "移交第1步的 body 含未知字段",
    "照常签收；签收步的前步摘要把该字段计算在内",
)
def unknown_in_step(s: Session) -> Outcome:
    affair = s.affair(SIGN)
    step = s.begin(affair, xfuture={"甲": [1, "𠮷"], "乙": 0.5})
    told, first = s.serial(), s.serial()
    s.send([s.write("matter", s.told(affair), told), s.write("step", step_data(step, affair.number), first)])
    if not s.waits_for_receipt(told, first):
        return failed("没有得到回执：含未知字段的步被拒收。")
    found = follows(s, affair)
    if found is None and s.acting:
        return failed("对方此前会签收，此件却没有：含未知字段的步没有被采用。")
    return found or unseen(NOBODY)


@case("one_effect", JOURNAL, "重复的移交只有一次作用", "移交第1步原样再发一百次", "只有一次签收")
def one_effect(s: Session) -> Outcome:
    affair = s.offer(SIGN)
    raw = s.sent[-1]
    s.send([raw] * 100)
    if s.answered(affair) is None:
        return failed("对方此前会签收，此件却没有。") if s.acting else unseen(NOBODY)
    assert affair.replica is not None
    probe = s.serial()
    s.send([raw, s.canary(probe)])
    s.waits_for_receipt(probe)
    number = affair.replica.transfer
    # Whoever takes it for a new one needs a moment to act.
    s.wait(lambda: len([step for step in s.steps_of(number) if step.seq == 2]) > 1)
    steps = [step for step in s.steps_of(affair.replica.transfer) if step.seq == 2]
    orders = {one.data["order"]["number"] for one in s.said
              if one.kind == "matter" and one.data["linkage_number"] == affair.facts["linkage_number"]}  # fmt: skip
    if len(steps) != 1 or len(orders) != 1:
        return failed(f"第2步有{len(steps)}个，对方的单有{len(orders)}张。")
    return passed("一次签收，一张单。")


@case(
    "changed_content",
    JOURNAL,
    "同号不同内容",
    "移交第1步存妥后，同一报文编号换内容再发",
    "不采用后来的内容：签收接在先到的第1步之后",
)
def changed_content(s: Session) -> Outcome:
    affair = s.affair(SIGN)
    step = s.begin(affair)
    first, second, name = s.serial(), s.serial(), s.new_id()
    s.send([s.write("matter", s.told(affair), first)])
    s.send([s.write("step", step_data(step, affair.number), second, name=name)])
    if not s.waits_for_receipt(first, second):
        return failed("移交没有得到回执。")
    other = replace(step, body={**step.body, "reason": "换了内容"})
    s.send([s.write("step", step_data(other, affair.number), second, name=name)])
    return no_effect(s, affair, name, follows(s, affair))


@case("fork", STEP, "分叉的历史", "第1步存妥后，另发一个不同的第1步", "保留为证据，不采用：签收接在先到的第1步之后")
def fork(s: Session) -> Outcome:
    affair = s.offer(SIGN)
    if not s.waits_for_receipt(s.line.serial):
        return failed("移交没有得到回执。")
    assert affair.replica is not None
    number, first, kept = affair.replica.transfer, affair.first, affair.replica
    again = s.begin(affair, reason="另一个第1步")
    affair.replica, affair.first = kept, first
    serial, name = s.serial(), s.new_id()
    s.send([s.write("step", step_data(replace(again, transfer=number), affair.number), serial, name=name)])
    s.waits_for_receipt(serial)
    return no_effect(s, affair, name, follows(s, affair))


@case("no_baton", BATON, "未持棒而作步", "移交待签收时，移交方自行收回（第2步）", "不采用：棒在接收台")
def no_baton(s: Session) -> Outcome:
    affair = s.offer(SIGN)
    name, serial, _ = forged(s, affair, "take_back", s.me.desk, {})
    s.waits_for_receipt(serial)
    return no_effect(s, affair, name, follows(s, affair))


@case("no_edge", STATES, "表外的动作", "待签收时，移交方确认办结（第2步）", "不采用：状态表中没有")
def no_edge(s: Session) -> Outcome:
    affair = s.offer(SIGN)
    name, serial, _ = forged(s, affair, "confirm", s.me.desk, {})
    s.waits_for_receipt(serial)
    return no_effect(s, affair, name, follows(s, affair))


@case(
    "others_desk",
    BATON,
    "替对方的台签收",
    "本方签名、作出台写成对方的台的签收步（第2步）",
    "不采用：一个节点只替自己的台说话",
)
def others_desk(s: Session) -> Outcome:
    affair = s.offer(SIGN)
    name, serial, step = forged(s, affair, "accept", s.me.peer_desk, {})
    s.waits_for_receipt(serial)
    seen = follows(s, affair)
    assert affair.replica is not None
    if any(one.prev == step.digest() for one in s.steps_of(affair.replica.transfer)):
        return failed("对方的下一步接在伪造的签收之后。")
    return no_effect(s, affair, name, seen)


@case("wrong_hash", STEP, "摘要不符的步", "hash 与内容不符的移交第1步，其后一件完好的移交", "不采用前者；后者照常签收")
def wrong_hash(s: Session) -> Outcome:
    affair = s.affair(SIGN)
    step = s.begin(affair)
    s.send([s.write("matter", s.told(affair), s.serial())])
    serial, name = s.serial(), s.new_id()
    s.send([s.write("step", {**step_data(step, affair.number), "hash": "ab" * 32}, serial, name=name)])
    control = s.offer(SIGN)
    seen = follows(s, control)
    assert affair.replica is not None
    if s.steps_of(affair.replica.transfer):
        return failed("对方签收了摘要不符的移交。")
    if code := s.refused(name):
        return passed(f"回执列为拒收（{code}）。")
    return passed("未采用，其后的移交照常签收。") if seen else unseen(NOBODY)


@case("danger", BATON, "险情不得退回", "险情移交，标题要求退回", "只能签收，不得退回或转协商")
def danger(s: Session) -> Outcome:
    affair = s.offer("【退回】联调：险情，请勿退回", "danger")
    if not s.waits_for_receipt(s.line.serial):
        return failed("险情移交没有得到回执。")
    step = s.answered(affair)
    if step is None:
        return unseen(NOBODY)
    return failed(f"对方以 {step.verb} 退回了险情。") if step.verb in SENDING_BACK else passed(f"对方{step.verb}。")


@case(
    "unrefusable",
    STATES,
    "不得退回的退回无效",
    "对方移交的险情（或线索、通报），本方作退回步",
    "不采用；其后的签收、办结照常",
)
def unrefusable(s: Session) -> Outcome:
    found = _theirs(s, UNREFUSABLE, "请由被测方向本方移交一件险情，或涉稳线索、处置通报")
    if found is None:
        return unseen("对方没有移交这类事项，无从观察。")
    name, serial, step = forged(s, found, "refuse", s.me.desk, {"code": "not_ours", "basis": "联调"})
    s.waits_for_receipt(serial)
    s.wait(lambda: s.refused(name), acts=True)
    assert found.replica is not None
    if any(one.prev == step.digest() for one in s.steps_of(found.replica.transfer)):
        return failed("对方采用了不得作出的退回。")
    code = s.refused(name)
    return passed(f"回执列为拒收（{code}）。") if code else unseen("对方没有下一步，回执也没有列为拒收。")


@case("their_offer", STEP, "对方的移交", "（由对方移交一件）", "快照和第1步完好，个人信息密封，摘要正确")
def their_offer(s: Session) -> Outcome:
    found = _theirs(s, frozenset({"divert"}), "请由被测方向本方移交一件普通事项")
    if found is None:
        return unseen("对方没有移交，无从观察。")
    s.wait(lambda: any(one.kind == "matter" and one.data["linkage_number"] == found.number for one in s.said))
    if not any(one.kind == "matter" and one.data["linkage_number"] == found.number for one in s.said):
        return failed("没有发来该事项的快照。")
    return passed("移交完好。")


def _theirs(s: Session, kinds: frozenset[str], ask: str) -> Affair | None:
    """A hand-over to us of one of these kinds at which nothing was done yet."""

    def firsts() -> list[Said]:
        return [one for one in s.said if one.kind == "step" and one.data["seq"] == 1 and one.data["kind"] in kinds
                and one.data["author"] == s.me.peer_desk and len(s.steps_of(one.data["transfer"])) == 1]  # fmt: skip

    if not firsts():
        s.patience.ask(ask)
        s.wait(firsts, acts=True)
    for one in firsts()[:1]:
        (step,) = s.steps_of(one.data["transfer"])
        empty = Replica(step.transfer, step.kind, step.author, str(step.body["target"]))
        return Affair({}, str(step.body["matter"]), "", replica=apply(empty, step), first=step.digest().hex())
    return None


@case("their_words", ENVELOPE, "对方的报文", "（全程观察）", "每件均能核验：签名、模式、摘要、流水号无缺、个人信息密封")
def their_words(s: Session) -> Outcome:
    if s.line.refusals:
        first = s.line.refusals[0]
        return failed(f"{len(s.line.refusals)}件报文不合要求，首件：{first.message}（{first.code}）")
    if s.line.conflicts:
        return failed("同一报文编号有两种内容。")
    steps = [one.data for one in s.said if one.kind == "step"]
    if any(Step.read(data).digest().hex() != data["hash"] for data in steps):
        return failed("有的步摘要与内容不符。")
    if s.line.received.beyond:
        s.wait(lambda: not s.line.received.beyond)
    if s.line.received.beyond:
        return failed(f"流水号有缺：第{s.line.received.through + 1}号没有来。")
    return passed(f"{len(s.said)}件报文、{len(s.line.receipts)}份回执均完好。")


CASES: tuple[Case, ...] = (
    offer, step_first, unknown_in_step, one_effect, changed_content, fork, no_baton, no_edge, others_desk, wrong_hash,
    danger, unrefusable, their_offer,
)  # fmt: skip
LATE: tuple[Case, ...] = (their_words,)
