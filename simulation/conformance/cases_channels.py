"""Cases that only one kind of channel can show: what lies half-written in a folder, what a joint database says."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from functools import partial
from typing import cast

import orjson

from liandong.kernel.canonical import canonical
from liandong.peers.channels.ferry import MANIFEST, MARKER, MESSAGES
from liandong.peers.channels.middb.links import DENIED, Trouble, connected
from liandong.peers.channels.middb.statements import HANDLED, OUTBOX, REFUSED, TAKEN
from simulation.conformance.session import Session
from simulation.conformance.verdicts import Case, Outcome, case, failed, passed
from simulation.peer.ways import FERRY, MIDDB, ByDatabase, ByFolder

FERRIES = "../operations/file-ferry.md"
Parts = dict[str, bytes]
on_files = partial(case, only=FERRY, page=FERRIES)
on_rows = partial(case, only=MIDDB, page="middb.md")


def batch(s: Session, serial: int) -> tuple[ByFolder, str, Parts]:
    """A batch of one good message, not written: the folder, its name, its files."""
    way = cast("ByFolder", s.way)
    ((name, parts),) = way.drafted([s.canary(serial)]).items()
    return way, name, parts


def unfinished(s: Session, first: Callable[[Parts], Parts]) -> Outcome:
    """Files of a batch before the rest of it: not taken yet, not lost when the rest comes, no hindrance to others."""
    serial, probe = s.serial(), s.serial()
    way, name, parts = batch(s, serial)
    there = first(parts)
    way.put(name, there)
    s.send([s.canary(probe)])
    if not s.waits_for_receipt(probe):
        return failed("其后一批完好的报文没有得到回执：一批不完整的挡住了后面的。")
    if s.is_stored(serial):
        return failed(f"回执称第{serial}号已存妥，而其报文文件还不完整。")
    # A gate that is at work brings what is missing, and nothing twice.
    way.put(name, {suffix: content for suffix, content in parts.items() if there.get(suffix) != content})
    if s.waits_for_receipt(serial):
        return passed("不完整时未采用，补全后存妥。")
    s.send([s.canary(serial)])
    s.waits_for_receipt(serial)
    return failed("补全之后没有得到回执：不完整的一批被当作坏的丢弃了。")


@on_files(
    "half_written",
    "What the gate must do",
    "报文文件只写了一半",
    "标志文件已在，报文文件只有前半，其后补全",
    "等其完整；补全后存妥",
)
def half_written(s: Session) -> Outcome:
    return unfinished(s, lambda parts: {**parts, MESSAGES: parts[MESSAGES][: len(parts[MESSAGES]) // 2]})


@on_files(
    "marker_first", "What the gate must do", "标志文件先到", "只有标志文件，其余两个文件后到", "等其完整；补全后存妥"
)
def marker_first(s: Session) -> Outcome:
    return unfinished(s, lambda parts: {MARKER: parts[MARKER]})


@on_files("no_marker", "The folders", "没有标志文件", "报文和清单已在，标志文件后到", "标志文件到后才取；到后存妥")
def no_marker(s: Session) -> Outcome:
    return unfinished(s, lambda parts: {MESSAGES: parts[MESSAGES], MANIFEST: parts[MANIFEST]})


@on_files(
    "digest_wrong",
    "What can go wrong",
    "摘要不符的一批",
    "清单中的SM3与报文文件不符",
    "不采用；其后的照常；同号的完好报文照常存妥",
)
def digest_wrong(s: Session) -> Outcome:
    serial, probe = s.serial(), s.serial()
    way, name, parts = batch(s, serial)
    # The message in it is good all the same, so that only who compares the digest refuses it.
    manifest = canonical({**orjson.loads(parts[MANIFEST]), "sm3": "0" * 64})
    way.put(name, {**parts, MANIFEST: manifest})
    s.send([s.canary(probe)])
    if not s.waits_for_receipt(probe):
        return failed("其后一批完好的报文没有得到回执：一批坏的挡住了后面的。")
    wrong = s.is_stored(serial)
    s.send([s.canary(serial)])
    healed = s.waits_for_receipt(serial)
    if wrong:
        return failed(f"回执称第{serial}号已存妥，而其文件与清单的摘要不符。")
    return passed("未采用；同号的完好报文已存妥。") if healed else failed("其后同号的完好报文没有得到回执。")


@on_files(
    "batch_again",
    "What the gate must do",
    "同一批再来一次",
    "同名同内容的一批三个文件再放一次",
    "再给回执，不再有别的作用，其后的照常",
)
def batch_again(s: Session) -> Outcome:
    serial = s.serial()
    way, name, parts = batch(s, serial)
    way.put(name, parts)
    if not s.waits_for_receipt(serial):
        return failed("首次没有得到回执。")
    before = {one.envelope.id for one in s.line.receipts}
    way.put(name, parts)
    if not s.wait(lambda: any(one.envelope.id not in before for one in s.line.receipts)):
        return failed("再来一次没有再得到回执。")
    return passed("再次得到回执。") if s.is_stored(serial) else failed("新的回执不再称其已存妥。")


def _handled(s: Session, text: str) -> tuple[str, str] | None:
    """What the reader made of our row with this envelope: outcome and why."""
    way = cast("ByDatabase", s.way)
    outbox = OUTBOX[way.side]
    asked = (
        f"SELECT h.outcome, h.why FROM {HANDLED} h JOIN {outbox} o ON o.id = h.row_id AND o.written_at = h.row_at"  # noqa: S608
        f" WHERE h.outbox = '{outbox}' AND h.outcome IN ('{TAKEN}', '{REFUSED}') AND o.envelope = %s"
    )
    with closing(connected(way.address)) as link:
        rows = link.rows(asked, (text,))
    return (str(rows[0][0]), str(rows[0][1])) if rows else None


def _waits_for_handled(s: Session, raw: bytes) -> tuple[str, str] | None:
    s.wait(lambda: _handled(s, raw.decode()) is not None)
    return _handled(s, raw.decode())


@on_rows("handled", "Reading", "收取的记录", "一件完好的报文", "handled 表中记为 taken")
def handled(s: Session) -> Outcome:
    serial = s.serial()
    raw = s.canary(serial)
    s.send([raw])
    if not s.waits_for_receipt(serial):
        return failed("没有得到回执。")
    found = _waits_for_handled(s, raw)
    if found is None:
        return failed("handled 表中没有这一行的记录。")
    return passed("记为 taken。") if found[0] == TAKEN else failed(f"记为 {found[0]}：{found[1]}")


@on_rows(
    "handled_refused",
    "Reading",
    "拒收的记录",
    "一行不是报文的文字，其后一件完好的报文",
    "handled 表中记为 refused 并写明原因；其后的照常",
)
def handled_refused(s: Session) -> Outcome:
    raw, probe = f'{{"联调": "{s.new_id()}"'.encode(), s.serial()
    s.send([raw])
    s.send([s.canary(probe)])
    if not s.waits_for_receipt(probe):
        return failed("其后一件完好的报文没有得到回执：一行坏的挡住了后面的。")
    found = _waits_for_handled(s, raw)
    if found is None:
        return failed("handled 表中没有坏的一行的记录：它将一再被读出。")
    if found[0] != REFUSED or not found[1]:
        return failed(f"记为 {found[0]}，原因“{found[1]}”：应为 refused 并写明原因。")
    return passed(f"记为 refused：{found[1][:100]}")


@on_rows(
    "late_commit",
    "Reading",
    "小号后提交",
    "先占号的一行在后占号的一行被收取之后才提交",
    "两行都存妥：不得只看上次读到的号之后",
)
def late_commit(s: Session) -> Outcome:
    way, early, later = cast("ByDatabase", s.way), s.serial(), s.serial()
    with closing(way.late([s.canary(early)])) as held:
        s.send([s.canary(later)])
        if not s.waits_for_receipt(later):
            return failed("已提交的一行没有得到回执。")
        # It is read that what is committed now lies before it.
        _waits_for_handled(s, s.sent[-1])
        held.release()
    return (
        passed("小号后提交的一行也已存妥。")
        if s.wait(lambda: s.is_stored(early), acts=True)
        else failed("小号后提交的一行没有得到回执：对方只看上次读到的号之后。")
    )


@on_rows("row_receiver", "Three tables", "收方列是别人", "receiver 列写成另一节点的一行", "不收取，留给所写的节点")
def row_receiver(s: Session) -> Outcome:
    way, serial, probe = cast("ByDatabase", s.way), s.serial(), s.serial()
    raw = s.canary(serial)
    with closing(connected(way.address)) as link:
        link.write(way.says.write, [way.row(raw, "somebody-else")])
    s.send([s.canary(probe)])
    if not s.waits_for_receipt(probe):
        return failed("其后一件完好的报文没有得到回执。")
    wrong, told = s.is_stored(serial), _handled(s, raw.decode())
    s.send([raw])
    if wrong or told:
        return failed("对方收取了写给别的节点的一行。")
    return passed("没有收取；改正后存妥。") if s.waits_for_receipt(serial) else failed("改正后没有得到回执。")


@on_rows(
    "row_fixed",
    "Three tables",
    "写入的行不可改",
    "以本方用户修改、删除写入的行，写对方方向的表",
    "数据库均拒绝（权限只有 SELECT 和 INSERT）",
)
def row_fixed(s: Session) -> Outcome:
    way = cast("ByDatabase", s.way)
    ours = OUTBOX[way.side]
    theirs = next(table for table in OUTBOX.values() if table != ours)
    tries = {
        f"修改 {ours} 的行": (f"UPDATE {ours} SET envelope = 'x' WHERE 1 = 0", ()),  # noqa: S608
        f"删除 {ours} 的行": (f"DELETE FROM {ours} WHERE 1 = 0", ()),  # noqa: S608
        f"修改 {HANDLED} 的行": (f"UPDATE {HANDLED} SET why = 'x' WHERE 1 = 0", ()),  # noqa: S608
        f"向 {theirs} 写行": (way.says.write.replace(ours, theirs), way.row(b"{}")),
    }
    may = []
    with closing(connected(way.address)) as link:
        for what, (statement, values) in tries.items():
            try:
                link.attempt(statement, values)
            except Trouble as why:
                if why.kind == DENIED:
                    continue
                raise
            may.append(what)
    return failed(f"本方的用户可以{'、'.join(may)}：权限过大。") if may else passed("均被数据库拒绝。")


CASES: tuple[Case, ...] = (
    half_written, marker_first, no_marker, digest_wrong, batch_again,
    handled, handled_refused, late_commit, row_receiver, row_fixed,
)  # fmt: skip
