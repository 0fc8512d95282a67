"""The schemas of the messages: valid, described in both tongues, open to newer fields, in step with the standard."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from liandong.intake.documents import PIECE
from liandong.kernel import ids
from liandong.kernel.canonical import canonical
from liandong.kernel.jsontext import parse_json
from liandong.kernel.schemas import Schema, documents
from liandong.kernel.seals import sm3
from liandong.peers.envelope import MESSAGE_BYTES, PACKAGE, SPOKEN, dataschema
from liandong.routing.models import ListItem, ListVersion
from liandong.transfer.notes import NOTES, POSITIONS, RULINGS
from liandong.transfer.replica import Replica, Step, fold
from liandong.transfer.states import CLOCKS, KINDS, TRANSFER

EXAMPLES = Path(__file__).resolve().parents[1] / "schemas" / "examples"
NAMES = sorted(path.name for path in EXAMPLES.glob("*.json"))
STANDARD = documents("liandong.intake")


def load(name: str) -> Any:
    return parse_json((EXAMPLES / name).read_bytes(), MESSAGE_BYTES)


def nodes(node: Any, path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    if not isinstance(node, dict):
        return
    yield path, node
    for name, inner in node.get("properties", {}).items():
        yield from nodes(inner, f"{path}/properties/{name}")
    for keyword in ("items", "additionalProperties", "propertyNames"):
        yield from nodes(node.get(keyword), f"{path}/{keyword}")


def test_every_kind_of_message_has_its_schema_and_its_example() -> None:
    assert set(documents(PACKAGE)) == {*SPOKEN, "envelope"}
    assert {name.split(".")[0] for name in NAMES} == {*SPOKEN, "envelope"}


@pytest.mark.parametrize("name", documents(PACKAGE))
def test_a_schema_is_valid_and_stands_alone(name: str) -> None:
    document = documents(PACKAGE)[name]
    jsonschema_rs.meta.validate(document)
    assert document["$id"] == dataschema(name, 1)
    assert "$ref" not in str(document), "an engineer takes one file, not a registry"


@pytest.mark.parametrize("name", documents(PACKAGE))
def test_every_field_is_named_and_described_in_both_tongues_and_every_text_ends(name: str) -> None:
    for path, node in nodes(documents(PACKAGE)[name]):
        if path.endswith("/propertyNames"):
            continue
        assert any("一" <= c <= "鿿" for c in node["title"]), path
        assert node["description"].endswith("。"), path
        if "/items" not in path and not path.endswith("/additionalProperties"):
            assert node["x-en"].endswith("."), path
        if "string" in str(node.get("type")) and "enum" not in node:
            assert node["maxLength"], path
            assert "pattern" in node, path


@pytest.mark.parametrize("name", documents(PACKAGE))
def test_no_object_is_closed_to_the_fields_of_a_newer_sender(name: str) -> None:
    for path, node in nodes(documents(PACKAGE)[name]):
        assert node.get("additionalProperties") is not False, path


@pytest.mark.parametrize("name", NAMES)
def test_an_example_fits(name: str) -> None:
    assert Schema.load(PACKAGE, name.split(".")[0]).check(load(name)) == []


@pytest.mark.parametrize("name", NAMES)
def test_what_is_required_is_missed(name: str) -> None:
    kind = name.split(".")[0]
    for field in documents(PACKAGE)[kind]["required"]:
        less = {key: value for key, value in load(name).items() if key != field}
        assert f"/{field}" in [c.field for c in Schema.load(PACKAGE, kind).check(less) if c.code == "missing"]


def test_the_steps_of_the_examples_are_a_chain_that_the_table_allows() -> None:
    from liandong.peers.chain import step_data

    steps = [load(f"step.{verb}.json") for verb in ("offer", "accept", "conclude")]
    for data in steps:
        hashed = {name: value for name, value in data.items() if name != "hash"}
        assert sm3(canonical(hashed)).hex() == data["hash"]
        assert step_data(Step.read(data)) == data
    first = steps[0]
    empty = Replica(first["transfer"], first["kind"], first["author"], first["body"]["target"])
    assert fold(empty, map(Step.read, steps)).state == "concluded"


def test_the_hash_covers_exactly_the_fields_of_a_step() -> None:
    hashed = set(parse_json(Step.read(load("step.offer.json")).content(), MESSAGE_BYTES))
    told = set(documents(PACKAGE)["step"]["properties"])
    assert told - hashed == {"hash", "origin_order", "target_order", "opening", "proof"}
    assert hashed | {"hash"} == set(documents(PACKAGE)["step"]["required"])


def test_codes_and_labels_are_those_of_the_tables() -> None:
    step, note = documents(PACKAGE)["step"]["properties"], documents(PACKAGE)["note"]["properties"]
    assert step["kind"]["x-labels"] == {kind.code: kind.label for kind in KINDS.values()}
    assert {code: step["verb"]["x-labels"][code] for code in step["verb"]["enum"]}.keys() == {
        edge.verb for edge in TRANSFER.edges
    }
    assert set(step["deadlines"]["properties"]) == {clock for clocks in CLOCKS.values() for clock in clocks}
    assert note["kind"]["x-labels"] == {code: rule.label for code, rule in NOTES.items()}
    assert note["body"]["properties"]["position"]["enum"] == list(POSITIONS)
    assert note["body"]["properties"]["ruling"]["enum"] == list(RULINGS)


def flat(node: Any) -> Any:
    """A schema of the standard with its references followed and its objects open."""
    if isinstance(node, list):
        return [flat(inner) for inner in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        shared = copy.deepcopy(STANDARD["common"]["$defs"][node["$ref"].rsplit("/", 1)[1]])
        node = {**shared, **{key: value for key, value in node.items() if key != "$ref"}}
    return {key: flat(value) for key, value in node.items() if (key, value) != ("additionalProperties", False)}


def rules(node: Any) -> Any:
    """A schema without its words."""
    if isinstance(node, dict):
        return {k: rules(v) for k, v in node.items() if k not in ("title", "description", "x-en", "x-form", "x-labels")}
    return [rules(inner) for inner in node] if isinstance(node, list) else node


def test_an_order_of_a_snapshot_is_the_order_of_the_standard_with_the_caller_in_full() -> None:
    order = documents(PACKAGE)["matter"]["properties"]["order"]
    work, police = STANDARD["work-order"], STANDARD["police-order"]
    assert order["required"] == work["required"] == police["required"]
    wanted = {**work["properties"], "police": police["properties"]["police"]}
    wanted["caller"] = STANDARD["order-accept"]["properties"]["caller"]
    assert set(order["properties"]) == {*wanted, "level", "needs"}
    for name in set(wanted) - {"number", "kind"}:
        assert rules(order["properties"][name]) == rules(flat(wanted[name])), name


@pytest.mark.parametrize("message", ["step", "note"])
def test_a_body_is_the_body_of_the_standard(message: str) -> None:
    ours = documents(PACKAGE)[message]["properties"]["body"]
    assert rules(ours) == rules(flat(STANDARD[message]["properties"]["body"]))


def test_what_fits_a_list_message_fits_its_columns() -> None:
    version = documents(PACKAGE)["list"]["properties"]
    item = version["items"]["items"]["properties"]
    for model, fields, columns in (
        (ListVersion, version, {"version": "code", "name": "name", "approved_by": "approved_by", "source": "source"}),
        (ListItem, item, {"code": "code", "class": "class_name", "text": "text", "kind": "kind", "clause": "clause"}),
    ):
        for field, column in columns.items():
            assert fields[field]["maxLength"] <= (getattr(model._meta.get_field(column), "max_length", 0) or 0), field


def test_a_part_of_an_attachment_fits_its_field_exactly() -> None:
    fields = documents(PACKAGE)["attachment"]["properties"]
    longest = fields["bytes"]["maxLength"]
    assert longest == (PIECE + 2) // 3 * 4
    # As a JSON text, with nonce and tag, in base64 once more.
    closed = fields["sealed"]["properties"]["fields"]["additionalProperties"]["maxLength"]
    assert closed == (longest + 2 + 12 + 16 + 2) // 3 * 4


def test_the_numbers_in_the_examples_are_numbers() -> None:
    seen = 0
    for name in NAMES:
        document = load(name)
        for field in ("linkage_number", "transfer", "subject"):
            if field in document:
                ids.parse(document[field])
                seen += 1
    assert seen > 8
