"""Vendor profiles: nothing is lost there and back, every doubt is told, and what is wrong in a profile is named."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from liandong.kernel.schemas import Schema
from liandong.peers.commands import BROKEN, DONE, REFUSED, main
from liandong.peers.leaves import put_together, taken_apart
from liandong.peers.profiles import Document, Field, Profile, ProfileUnfit, load, read, shipped
from liandong.peers.translation import NotOfTheProfile, inward, outward

VENDORS = Path(__file__).parents[1] / "vendors"
EXAMPLES = sorted((VENDORS / "examples").glob("*.json"))
PROFILES = [load(name) for name in shipped()]
CASES = [(profile, document) for profile in PROFILES for document in profile.documents]
NAMED = [f"{profile.name}-{document.name}" for profile, document in CASES]

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec="utf-8"), max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab/~#0{}é", max_size=3), inner, max_size=3),
    max_leaves=6,
)  # fmt: skip
MOMENTS = st.sampled_from(
    ["2026-11-24 09:05:00", "2026-1-4 9:5:0", "20261124", "090500", "9999-99-99 00:00:00",
     "2026-11-24T01:05:00.123456Z", "2026-11-24T09:05:00+08:00"]
)  # fmt: skip


def values(profile: Profile, field: Field, *, ours: bool) -> st.SearchStrategy[Any]:
    """What may stand in a field: what belongs there, and anything."""
    codes = [row.ours if ours else row.theirs for row in profile.tables.get(field.table, ())]
    fit = st.sampled_from(codes) if codes else MOMENTS if field.form == "moment" else st.text("甲a0 ", max_size=5)
    return fit | ANYTHING


@st.composite
def theirs(draw: st.DrawFn, profile: Profile, document: Document) -> dict[str, Any]:
    leaves = {
        path: draw(values(profile, field, ours=False))
        for field in document.fields
        for path in field.theirs
        if draw(st.booleans())
    }
    leaves = {**draw(st.dictionaries(st.sampled_from(["/x", "/YWLX", "/x_2"]), ANYTHING, max_size=2)), **leaves}
    if document.carries and draw(st.booleans()):
        leaves[document.carries] = draw(
            st.sampled_from(['{"/order/title":"x"}', "{}", "备注", '{"a":1}', ""]) | ANYTHING
        )
    leaves |= {path: draw(st.text("ab", max_size=2)) for path in document.has if path not in leaves}
    return put_together({**leaves, **document.when})


@st.composite
def ours(draw: st.DrawFn, profile: Profile, document: Document) -> dict[str, Any]:
    leaves = {field.ours: draw(values(profile, field, ours=True)) for field in document.fields if draw(st.booleans())}
    return put_together({**leaves, **document.set, **draw(st.dictionaries(st.just("/more"), ANYTHING, max_size=1))})


def equal(one: Any, other: Any) -> bool:
    """1, 1.0 and true are three values."""
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


@given(st.dictionaries(st.text("ab/~#0{}é", max_size=3), ANYTHING, max_size=4))
def test_a_document_is_put_together_again_as_it_was(document: dict[str, Any]) -> None:
    assert equal(put_together(taken_apart(document)), document)


@pytest.mark.parametrize(("profile", "document"), CASES, ids=NAMED)
@settings(max_examples=15)
@given(data=st.data())
def test_whatever_they_send_comes_back_to_them_as_it_was(profile: Profile, document: Document, data: Any) -> None:
    given = data.draw(theirs(profile, document))
    try:
        came = inward(profile, given)
    except NotOfTheProfile:
        return
    back = outward(profile, came.kind, came.data, came.left, came.document)
    assert equal(back.data, given)


@pytest.mark.parametrize(("profile", "document"), CASES, ids=NAMED)
@settings(max_examples=15)
@given(data=st.data())
def test_whatever_we_send_comes_back_to_us_as_it_was(profile: Profile, document: Document, data: Any) -> None:
    given = data.draw(ours(profile, document))
    went = outward(profile, document.kind, given, document=document.name)
    try:
        back = inward(profile, went.data, went.left)
    except NotOfTheProfile:  # we had nothing for what their document is known by
        return
    if back.document == document.name:
        assert equal(back.data, given)


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: file.stem)
def test_the_examples_go_there_and_back_and_fit_our_schema(file: Path) -> None:
    profile, given = load(file.stem.split(".")[0]), json.loads(file.read_text())
    came = inward(profile, given)
    assert came.document == file.stem.split(".")[1]
    assert came.left == {}
    assert equal(outward(profile, came.kind, came.data).data, given)
    unfit = [one for one in Schema.load("liandong.peers", came.kind).check(came.data) if one.code != "missing"]
    # A draft's moment is not yet the UTC text that a step hashes.
    assert [one.field for one in unfit if one.field != "/at"] == []


def test_every_shipped_profile_has_an_example() -> None:
    assert {file.stem.split(".")[0] for file in EXAMPLES} == set(shipped())


def test_an_unmapped_code_is_kept_shown_and_told() -> None:
    given = json.loads((VENDORS / "examples" / "nested.create.json").read_text())
    came = inward(load("nested"), given)
    assert "state" not in came.data["order"]
    assert came.data["order"]["extensions"]["nested:/body/case/status"] == 99
    assert [one.message for one in came.doubts if one.field == "/body/case/status"] == [
        "状态：代码“99”不在对照表“status”中（单据“建单”第7行），已原样保留，请核对。"
    ]
    assert any("没有对照" in one.message and one.field == "/head/ver" for one in came.doubts)


def test_what_somebody_changed_here_goes_out_changed() -> None:
    profile = load("nested")
    came = inward(profile, json.loads((VENDORS / "examples" / "nested.create.json").read_text()))
    data = json.loads(json.dumps(came.data))
    data["order"] |= {"state": "closed", "urgency": "danger", "received_at": "2026-11-24T02:00:00Z"}
    case = outward(profile, "matter", data).data["body"]["case"]
    assert (case["status"], case["level"], case["day"], case["time"]) == (90, 1, "20261124", "100000")


def test_two_of_their_codes_for_one_of_ours_stay_theirs() -> None:
    profile = load("nested")
    came = inward(profile, json.loads((VENDORS / "examples" / "nested.create.json").read_text()))
    assert came.data["order"]["urgency"] == "ordinary"
    assert outward(profile, "matter", came.data).data["body"]["case"]["level"] == 5


def test_our_code_without_a_row_goes_as_it_is_and_is_told() -> None:
    went = outward(load("pinyin"), "step", {"verb": "conclude", "body": {"result": "partial", "text": "已办"}})
    assert went.data["CLJGDM"] == "partial"
    assert "我方代码“partial”不在对照表“result”中" in went.doubts[0].message


def test_what_is_none_of_their_documents_is_told() -> None:
    with pytest.raises(NotOfTheProfile):
        inward(load("pinyin"), {"DYYY": "7"})
    with pytest.raises(NotOfTheProfile):
        outward(load("pinyin"), "step", {"verb": "hand_back"})


BROKEN_PROFILE = """
name = "x"
version = "1"
effective_from = 2026-01-01
source = "s"
[[documents]]
name = "d"
kind = "matter"
when = { "/a" = "1" }
fields = [
  { theirs = "/b", ours = "/order/titel" },
  { theirs = "/b", ours = "/order/title", as = "code", table = "none" },
  { theirs = ["/c", "/d"], ours = "/order/content", foo = 1 },
  { theirs = "e", ours = "/order/received_at", as = "moment" },
]
[tables]
t = [ { theirs = 1, ours = "a" }, { theirs = 1, ours = "b" }, { theirs = 2 } ]
"""


def test_what_is_wrong_in_a_profile_is_named_with_its_row() -> None:
    with pytest.raises(ProfileUnfit) as caught:
        read(BROKEN_PROFILE)
    told = "\n".join(caught.value.complaints)
    for part in (
        "第1种单据“d”第1行的我方字段“/order/titel”在 matter 报文中不存在",
        "第2行的代码表“none”不存在",
        "第2行与第1行重复：/b",
        "第3行有2个对方字段，只有日期时间（moment）可由几个字段合成",
        "第3行中没有“foo”这一项",
        "第4行的“theirs”应为以“/”开头的路径",
        "第4行缺少“format”",
        "代码表“t”第2行的对方代码“1”与第1行重复",
        "代码表“t”第3行缺少“theirs”或“ours”",
    ):
        assert part in told
    with pytest.raises(ProfileUnfit, match="写法有误"):
        read("name = ")


def test_the_commands_check_and_translate(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["profile", "check", "pinyin"]) == DONE
    assert "5种单据" in capsys.readouterr().out
    wrong = tmp_path / "wrong.toml"
    wrong.write_text(BROKEN_PROFILE)
    assert main(["profile", "check", str(wrong)]) == BROKEN
    assert "第4行缺少“format”" in capsys.readouterr().out
    example = VENDORS / "examples" / "pinyin.push.json"
    assert main(["translate", "--profile", "pinyin", "--direction", "in", str(example)]) == DONE
    said = capsys.readouterr()
    assert "报警人性别：代码“9”不在对照表“sex”中" in said.err
    draft = tmp_path / "draft.json"
    draft.write_text(json.dumps(json.loads(said.out)["data"]))
    assert main(["translate", "--profile", "pinyin", "--direction", "out", str(draft)]) == DONE
    assert json.loads(capsys.readouterr().out)["data"] == json.loads(example.read_text())
    assert main(["translate", "--profile", "nowhere", "--direction", "in", str(example)]) == REFUSED
