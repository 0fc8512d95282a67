"""Two engines put side by side in bulk miss no note they would decide differently."""

from __future__ import annotations

from liandong.routing.commands import danger_score, pack
from liandong.routing.decision import decide
from liandong.routing.engine import from_pack
from liandong.routing.many import Short, may_differ
from liandong.routing.verdicts import Note

DAY = "2026-06-01"
STRANGE = ["", "，。！", "hello", "😀😀", "漏", "漏水", "12345", "着火了救命" * 900]


def test_no_note_that_is_decided_differently_about_a_touched_item_is_left_out() -> None:
    files = pack("xinzhou")
    rows = [dict(row) for row in files["list_items"] if row["version"] == "2026-1"]
    touched = {row["code"] for row in rows if "噪声" in row["text"] or "燃气" in row["text"]}
    changed = [dict(row) for row in rows if row["code"] not in sorted(touched)[:2]]
    for row in changed:
        if row["code"] in touched:
            row["side"], row["kind"] = ("110", row["kind"]) if row["side"] == "12345" else ("12345", "divert")
    score = danger_score("xinzhou")
    before = from_pack({**files, "list_items": rows}, DAY, None, score)
    after = from_pack({**files, "list_items": changed}, DAY, None, score)
    texts = [row["text"] for row in files["notes"]] + [t for one in rows for t in one["examples"].split("|")] + STRANGE
    found = {one.at: one for one in may_differ(texts, before, after, touched)}
    differing = set()
    for at, text in enumerate(texts):
        one, other = decide(Note(text), before), decide(Note(text), after)
        same = (one.side, one.item, one.unsure) == (other.side, other.item, other.unsure)
        if at in found:
            short = found[at].settled(Note(text), before, after)
            assert short == (Short(one.side, one.item, one.unsure), Short(other.side, other.item, other.unsure))
        if not same and {one.item, other.item} & touched:
            differing.add(at)
    assert len(differing) > 20, "the test no longer changes anything"
    assert differing <= found.keys()
    assert len(found) < len(texts) / 2, "nearly all are handed back, nothing is saved"


def test_of_one_engine_beside_itself_and_of_no_touched_item_nothing_differs() -> None:
    files = pack("xinzhou")
    engine = from_pack(files, DAY)
    texts = [row["text"] for row in files["notes"]] + STRANGE
    assert may_differ(texts, engine, engine, {row["code"] for row in files["list_items"]}) == []
    assert may_differ(texts, engine, engine, set()) == []
    assert may_differ([], engine, engine, {"A0101"}) == []
