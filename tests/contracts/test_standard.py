"""The published standard: valid in itself, its examples true, and the same as what the code does."""

from __future__ import annotations

import copy
import csv
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import jsonschema_rs
import pytest
from django.db.models import CharField
from hypothesis import given, settings
from hypothesis import strategies as st

from liandong.intake.accepting import Accepted, from_message
from liandong.intake.models import Order
from liandong.intake.states import MATTER, ORDER
from liandong.kernel import ids
from liandong.kernel.canonical import canonical
from liandong.kernel.jsontext import parse_json
from liandong.kernel.schemas import Schema, Unfit, documents
from liandong.kernel.seals import sm3
from liandong.transfer.notes import NOTES, POSITIONS, RULINGS
from liandong.transfer.replica import GENESIS, Step
from liandong.transfer.states import CLOCKS, KINDS, TRANSFER

PACKAGE = "liandong.intake"
ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "liandong" / "intake" / "schemas" / "examples"
GOOD = sorted(p.name for p in EXAMPLES.glob("*.json") if not p.name.startswith("bad-"))
BAD = sorted(p.name for p in EXAMPLES.glob("bad-*.json") if not p.name.endswith(".expected.json"))
MESSAGES = sorted(set(documents(PACKAGE)) - {"common"})
# What a name may be once `parse_json` has let it through.
NAMES = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=20)
CHINESE = range(0x4E00, 0xA000)


def load(name: str) -> Any:
    return parse_json((EXAMPLES / name).read_bytes(), 1 << 20)


def column_length(name: str) -> int:
    length = cast("CharField[str, str]", Order._meta.get_field(name)).max_length
    assert length is not None
    return length


def schema_of(name: str) -> Schema:
    return Schema.load(PACKAGE, name.removeprefix("bad-").split(".")[0])


def in_chinese(text: str) -> bool:
    return any(ord(c) in CHINESE for c in text)


def nodes(node: Any, path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every schema inside a schema with its place; values of `enum`, `const` and `x-` words are no schemas."""
    if not isinstance(node, dict):
        return
    yield path, node
    for keyword in ("properties", "$defs"):
        for name, inner in node.get(keyword, {}).items():
            yield from nodes(inner, f"{path}/{keyword}/{name}")
    for keyword in ("items", "additionalProperties", "propertyNames", "if", "then", "else"):
        yield from nodes(node.get(keyword), f"{path}/{keyword}")
    for keyword in ("allOf", "anyOf", "oneOf"):
        for place, inner in enumerate(node.get(keyword, ())):
            yield from nodes(inner, f"{path}/{keyword}/{place}")


@pytest.mark.parametrize("name", documents(PACKAGE))
def test_a_schema_is_valid_and_its_id_is_its_name(name: str) -> None:
    document = documents(PACKAGE)[name]
    jsonschema_rs.meta.validate(document)
    assert document["$id"] == f"urn:liandong:schema:{name}:v1"
    assert document["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    Schema.load(PACKAGE, name)


@pytest.mark.parametrize("name", documents(PACKAGE))
def test_every_property_is_named_and_described_in_chinese_and_in_english(name: str) -> None:
    shared = documents(PACKAGE)["common"]["$defs"]
    for path, node in nodes(documents(PACKAGE)[name]):
        is_property = path.rsplit("/", 2)[-2:-1] == ["properties"] and not {"if", "then", "else"} & set(path.split("/"))
        if not is_property:
            continue
        ref = str(node.get("$ref", ""))
        below = (
            shared[ref.rsplit("/", 1)[1]] if "/$defs/" in ref else documents(PACKAGE)[ref.split(":")[3]] if ref else {}
        )
        whole = {**below, **node}
        assert in_chinese(whole.get("title", "")), path
        assert in_chinese(whole.get("description", "")), path
        assert whole.get("x-en"), path


@pytest.mark.parametrize("name", documents(PACKAGE))
def test_every_text_has_an_end_and_a_form_that_keeps_nul_out(name: str) -> None:
    for path, node in nodes(documents(PACKAGE)[name]):
        if "string" not in str(node.get("type")) or "enum" in node or "const" in node:
            continue
        assert node.get("maxLength"), path
        assert "pattern" in node or "format" in node, path
        probe = Schema(
            {"$id": "urn:test:probe", **{k: node[k] for k in ("type", "pattern", "format") if k in node}}, []
        )
        assert probe.check("a\0b"), path


@pytest.mark.parametrize("name", documents(PACKAGE))
def test_no_object_takes_fields_nobody_knows(name: str) -> None:
    for path, node in nodes(documents(PACKAGE)[name]):
        if node.get("type") != "object" or (name, path) == ("problem", ""):
            continue  # RFC 9457: a problem may carry members of its own.
        assert node.get("additionalProperties") is False or path.endswith("/extensions"), path


@pytest.mark.parametrize("name", GOOD)
def test_an_example_fits(name: str) -> None:
    assert schema_of(name).check(load(name)) == []


@pytest.mark.parametrize("name", BAD)
def test_a_broken_example_gets_exactly_its_complaints(name: str) -> None:
    complaints = schema_of(name).check(load(name))
    assert [{"field": c.field, "code": c.code} for c in complaints] == load(f"{name[:-5]}.expected.json")
    assert all(in_chinese(c.message) for c in complaints)


def test_every_message_has_an_example_and_no_example_is_alone() -> None:
    assert {name.split(".")[0] for name in GOOD} == set(MESSAGES)
    sidecars = {p.name.removesuffix(".expected.json") for p in EXAMPLES.glob("*.expected.json")}
    assert sidecars == {name[:-5] for name in BAD}


def changed(value: Any, data: st.DataObject) -> Any:
    """`value` with one place replaced, removed, renamed or added to."""
    junk = st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(allow_nan=False, allow_infinity=False),
        st.text(st.characters(exclude_categories=["Cs"]), max_size=30),
        st.sampled_from([[], {}, [1], {"a": {}}, "x" * 20_000, "\0", "2026-13-01T00:00:00Z"]),
    )
    if not isinstance(value, dict | list) or not value or data.draw(st.integers(0, 4)) == 0:
        return data.draw(junk)
    made = copy.copy(value)
    if isinstance(made, list):
        place = data.draw(st.integers(0, len(made) - 1))
        made[place] = changed(made[place], data)
        return made
    name = data.draw(st.sampled_from(sorted(made)))
    match data.draw(st.sampled_from(["inside", "inside", "remove", "rename", "add"])):
        case "inside":
            made[name] = changed(made[name], data)
        case "remove":
            del made[name]
        case "rename":
            made[data.draw(NAMES)] = made.pop(name)
        case "add":
            made[data.draw(NAMES)] = data.draw(junk)
    return made


@settings(max_examples=400)
@given(st.sampled_from(GOOD), st.data())
def test_whatever_is_changed_the_answer_is_complaints_in_chinese(name: str, data: st.DataObject) -> None:
    document = load(name)
    for _ in range(data.draw(st.integers(1, 4))):
        document = changed(document, data)
    complaints = schema_of(name).check(document)
    assert len(complaints) <= 20
    assert complaints == sorted(complaints, key=lambda c: (c.field, c.code))
    for complaint in complaints:
        assert in_chinese(complaint.message), complaint
        assert complaint.message.endswith(("。", "？")), complaint
        assert "{limit}" not in complaint.message
        assert complaint.field == "" or complaint.field.startswith("/")
        assert complaint.code != "invalid", complaint
    if complaints:
        refusal = {"status": 422, "code": "invalid", "message": complaints[0].message, **Unfit(complaints).extra}
        assert schema_of("problem").check(refusal) == []


@settings(max_examples=300)
@given(st.sampled_from([n for n in GOOD if n.startswith("order-accept.")]), st.data())
def test_whatever_fits_the_accept_message_can_be_read_by_the_intake(name: str, data: st.DataObject) -> None:
    document = changed(load(name), data)
    if schema_of(name).check(document):
        return
    incoming = from_message(document)
    assert incoming.received_at is None or incoming.received_at.tzinfo
    assert len(incoming.external_id) <= column_length("external_id")
    canonical(document)


@pytest.mark.parametrize(
    "moment",
    [
        "2026-11-24T23:59:60Z",
        "0000-01-01T00:00:00Z",
        "2026-11-24T24:00:00+08:00",
        "2026-11-24t09:00:00z",
        "2026-11-24 09:00:00+08:00",
        "2026-11-24T09:00:00.1234567Z",
        "2026-11-24T09:00:00",
        "2026-11-24T09:00:00+25:00",
        "2026-02-29T09:00:00Z",
        "２０２６-11-24T09:00:00Z",
    ],
)
def test_a_moment_that_cannot_be_kept_is_refused_at_the_door(moment: str) -> None:
    document = {**load("order-accept.work.json"), "received_at": moment}
    assert [(c.field, c.code) for c in schema_of("order-accept").check(document)] == [("/received_at", "bad_format")]


@given(st.integers(-2_000_000_000, 29_000_000_000), st.integers(0, 999_999))
def test_every_moment_we_write_is_one_we_take(seconds: int, microseconds: int) -> None:
    moment = datetime.fromtimestamp(seconds, UTC).replace(microsecond=microseconds)
    document = {**load("order-accept.work.json"), "received_at": moment.isoformat()}
    assert schema_of("order-accept").check(document) == []
    assert from_message(document).received_at == moment


@pytest.mark.parametrize(
    ("field", "column"),
    [
        ("title", "title"),
        ("channel", "channel"),
        ("nature", "nature"),
        ("category", "category"),
        ("external_id", "external_id"),
    ],
)
def test_what_fits_the_message_fits_the_column(field: str, column: str) -> None:
    document = documents(PACKAGE)["order-accept"]["properties"]
    assert document[field]["maxLength"] <= column_length(column)


def choices(message: str, *path: str) -> list[str]:
    node: Any = documents(PACKAGE)[message]
    for part in path:
        node = node["properties"][part]
        if "/$defs/" in str(node.get("$ref")):
            node = {**documents(PACKAGE)["common"]["$defs"][node["$ref"].rsplit("/", 1)[1]], **node}
    found: list[str] = node["enum"]
    return found


def test_states_verbs_and_kinds_are_those_of_the_tables() -> None:
    assert choices("transfer", "state") == list(TRANSFER.states)
    assert set(choices("step", "verb")) == {edge.verb for edge in TRANSFER.edges}
    assert choices("step", "kind") == list(KINDS)
    assert set(choices("order-accept", "handover", "kind")) == set(KINDS)
    assert choices("note", "kind") == list(NOTES)
    assert choices("note", "body", "position") == list(POSITIONS)
    assert choices("note", "body", "ruling") == list(RULINGS)
    assert choices("work-order", "state") == choices("police-order", "state") == list(ORDER.states)
    assert choices("matter", "state") == list(MATTER.states)
    assert choices("order-accept", "kind") == Order.Kind.values
    deadlines = documents(PACKAGE)["step"]["properties"]["deadlines"]["properties"]
    assert set(deadlines) == {clock for clocks in CLOCKS.values() for clock in clocks}


def test_the_labels_are_those_of_the_tables() -> None:
    assert documents(PACKAGE)["transfer"]["properties"]["state"]["x-labels"] == dict(TRANSFER.states)
    assert documents(PACKAGE)["work-order"]["properties"]["state"]["x-labels"] == dict(ORDER.states)
    kinds = documents(PACKAGE)["common"]["$defs"]["transfer_kind"]["x-labels"]
    assert kinds == {kind.code: kind.label for kind in KINDS.values()}


def pack_codes(table: str) -> dict[str, str]:
    with (ROOT / "cities" / "xinzhou" / "codes.csv").open(encoding="utf-8-sig", newline="") as file:
        return {row["code"]: row["name"] for row in csv.DictReader(file) if row["code_table"] == table}


def test_urgencies_and_kinds_are_called_as_in_the_city() -> None:
    shared = documents(PACKAGE)["common"]["$defs"]
    assert shared["urgency"]["x-labels"] == pack_codes("urgency")
    assert shared["transfer_kind"]["x-labels"] == pack_codes("transfer_kind")
    assert documents(PACKAGE)["note"]["properties"]["kind"]["x-labels"] == pack_codes("note_kind")


@pytest.mark.parametrize(
    ("table", "place"),
    [
        ("nature", ("nature",)),
        ("channel", ("channel",)),
        ("level", ("police", "level")),
        ("work_category", ("category",)),
        ("police_category", ("police", "first_category")),
    ],
)
def test_every_code_of_the_city_may_be_sent(table: str, place: tuple[str, ...]) -> None:
    codes = pack_codes(table)
    assert codes
    base = {"kind": "police", "title": "标题", "content": "内容"}
    for code in codes:
        document: Any = code
        for part in reversed(place):
            document = {part: document}
        assert schema_of("order-accept").check({**base, **document}) == [], code


def test_the_examples_speak_in_codes_of_the_city() -> None:
    seen = set()
    for name in GOOD:
        document = load(name)
        for table, code in (
            ("nature", document.get("nature")),
            ("channel", document.get("channel")),
            ("level", document.get("police", {}).get("level")),
            ("work_category", document.get("category")),
            ("result", document.get("result") or document.get("body", {}).get("result")),
            *(("police_category", c) for k, c in document.get("police", {}).items() if k.endswith("_category")),
        ):
            if code is not None:
                assert code in pack_codes(table), (name, code)
                seen.add(table)
    assert seen == {"nature", "channel", "level", "result", "work_category", "police_category"}


@pytest.mark.parametrize("edge", TRANSFER.edges, ids=lambda e: f"{e.letter}-{e.verb}")
def test_the_step_of_every_edge_fits_with_its_letter_and_with_no_other(edge: Any) -> None:
    needs = {
        "code": "c",
        "list_item": "B03-02",
        "list_version": "1",
        "basis": "清单",
        "result": "solved",
        "text": "已办",
    }
    at = datetime(2026, 11, 24, 1, 10, tzinfo=UTC)
    number = ids.compose("140900", "T", at.date(), 1)
    step = Step(number, 1, "divert", edge.verb, "110", "李某", at, needs, {"accept_by": at}, GENESIS)
    message = {**json.loads(step.content()), "letter": edge.letter, "hash": step.digest().hex()}
    assert schema_of("step").check(message) == []
    assert [c.field for c in schema_of("step").check({**message, "letter": "z"})] == ["/letter"]


def test_the_example_steps_are_a_chain_by_the_published_rule() -> None:
    before = bytes(32).hex()
    for name in ("offer", "accept", "conclude"):
        step = load(f"step.{name}.json")
        assert step["prev"] == before
        hashed = {key: value for key, value in step.items() if key not in ("letter", "hash")}
        before = sm3(canonical(hashed)).hex()
        assert step["hash"] == before


def test_the_numbers_in_the_examples_are_numbers() -> None:
    seen = 0
    for name in GOOD:
        document = load(name)
        for field in ("number", "linkage_number", "order_number", "transfer", "related"):
            if isinstance(document.get(field), str):
                ids.parse(document[field])
                seen += 1
    assert seen > 10


def test_the_answer_of_the_intake_is_a_line_of_a_batch_answer() -> None:
    at = datetime(2026, 11, 24, 1, 10, 0, 5, tzinfo=UTC)
    made = Accepted(
        matter=ids.compose("140900", "L", at.date(), 1),
        order=ids.compose("140900", "W", at.date(), 1),
        at=at,
        answer_by=at,
    )
    assert schema_of("batch-answer").check({"line": 1, "status": 201, **made.answer}) == []


def test_the_complaint_about_a_refusal_without_a_basis_says_what_is_wanted() -> None:
    complaint = schema_of("step").check(load("bad-step.refuse-without-basis.json"))[0]
    assert complaint.message == "“步骤内容”不完整：清单条目与依据至少填写一项。"
