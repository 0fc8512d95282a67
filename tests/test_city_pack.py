"""The Xinzhou city pack is whole: references resolve, lookups have one answer, rows say where they are from.

Plain Python on the CSV files, so that somebody who writes the pack of another city can run it without a database.
"""

import csv
import itertools
import re
import tomllib
from collections import Counter, defaultdict
from datetime import date
from functools import cache
from pathlib import Path

import pytest

PACK = Path(__file__).resolve().parents[1] / "cities" / "xinzhou"
Row = dict[str, str]

HEADERS = {
    "divisions": "code,name,short,parent,kind,source",
    "desks": "code,name,kind,division,parent,phone,clause,paper",
    "nodes": "code,name,ordinal,desks",
    "units": "code,name,kind,division,parent,source",
    "posts": "code,name,rights",
    "people": "username,name,post,desk,unit",
    "codes": "code_table,code,name,parent,effective_from,effective_to,source,text",
    "limits": "clock,kind,urgency,amount,unit,effective_from,effective_to,source,clause",
    "parameters": "name,value,unit,effective_from,effective_to,source,clause",
    "list_versions": "version,name,status,effective_from,effective_to,approved_by,source",
    "list_items": "version,code,class,text,side,kind,unit_type,exceptions,legal_basis,clause,signals,examples",
    "duties": "code,unit,duty,level,division,items,keywords,exclusive,legal_basis,effective_from,effective_to,source",
    "notes": "id,side,desk,title,text,nature,urgency,kind,item,category,place,synthetic",
    "natures": "id,nature,text,synthetic",
}
KEYS = {
    "divisions": ("code",),
    "desks": ("code",),
    "nodes": ("code",),
    "units": ("code",),
    "posts": ("code",),
    "people": ("username",),
    "codes": ("code_table", "code", "effective_from"),
    "limits": ("clock", "kind", "urgency", "effective_from"),
    "parameters": ("name", "effective_from"),
    "list_versions": ("version",),
    "list_items": ("version", "code"),
    "duties": ("code",),
    "notes": ("id",),
    "natures": ("id",),
}
RIGHTS = {
    *("order.read", "order.accept", "order.handle", "order.close", "search.phone", "caller.reveal"),
    *("transfer.offer", "transfer.act", "transfer.decide", "clue.read", "note.add", "desk.all", "audit.read"),
    *("supervise.read", "people.manage", "tokens.manage", "codes.manage", "calendar.manage", "peers.manage"),
    *("order.export", "export.approve", "list.share"),
    *("list.edit", "list.propose", "list.approve", "routing.confirm", "routing.switch"),
    *("report.make", "report.type"),
}
CLOCKS = {
    *("accept_by", "decide_by", "settle_by", "conclude_by", "confirm_by", "objection_until", "rework_by"),
    *("answer_by", "followup_by"),
}
OWN_DESK_CLOCKS = {"answer_by", "followup_by"}
LIST = "2026-1"
NOTE_KINDS = {"none", "divert", "danger", "clue", "mediate", "notify", "relay", "unclear", "guide"}
CLAUSE = re.compile(r"S\d+(\.\d+)?")


@cache
def rows(name: str) -> list[Row]:
    with (PACK / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, strict=True))


def column(name: str, field: str) -> set[str]:
    return {row[field] for row in rows(name)}


def codes_of(table: str) -> set[str]:
    return {row["code"] for row in rows("codes") if row["code_table"] == table}


@cache
def items() -> list[Row]:
    """The items of the version the notes and duties speak of."""
    return [row for row in rows("list_items") if row["version"] == LIST]


def examples(item: Row) -> list[str]:
    return item["examples"].split("|")


def covered(duty: Row) -> set[str]:
    """Codes of the items a duty covers, by name or by class."""
    named = set(duty["items"].split())
    return {item["code"] for item in items() if item["code"] in named or item["class"] in named}


def signals_in(item: Row, text: str) -> list[str]:
    return [signal for signal in item["signals"].split() if signal in text]


@pytest.mark.parametrize("name", HEADERS)
def test_a_file_is_utf8_with_lf_and_exactly_its_columns(name: str) -> None:
    raw = (PACK / f"{name}.csv").read_bytes()
    assert not raw.startswith(b"\xef\xbb\xbf")
    assert b"\r" not in raw
    assert raw.endswith(b"\n")
    assert raw.decode("utf-8").split("\n", 1)[0] == HEADERS[name]
    for row in rows(name):
        assert None not in row, f"{name}: too many columns in {row}"
        assert None not in row.values(), f"{name}: too few columns in {row}"
        assert all(value == value.strip() for value in row.values()), f"{name}: stray blanks in {row}"


@pytest.mark.parametrize("name", KEYS)
def test_no_key_occurs_twice(name: str) -> None:
    counted = Counter(tuple(row[field] for field in KEYS[name]) for row in rows(name))
    assert [key for key, count in counted.items() if count > 1] == []


def test_the_city_file_names_a_known_division_and_both_desks() -> None:
    city = tomllib.loads((PACK / "city.toml").read_text(encoding="utf-8"))
    kinds = {row["code"]: row["kind"] for row in rows("divisions")}
    desks = {row["code"]: row["kind"] for row in rows("desks")}
    assert kinds[city["code"]] == "city"
    assert desks[city["desks"]["desk_12345"]] == "city_12345"
    assert desks[city["desks"]["desk_110"]] == "city_110"
    assert city["demo_password"]
    assert all(city["texts"].values())


def test_the_city_has_fourteen_counties_and_two_zones_outside_the_national_codes() -> None:
    divisions = rows("divisions")
    assert Counter(row["kind"] for row in divisions) == {"city": 1, "district": 1, "county": 13, "zone": 2}
    for row in divisions:
        assert bool(re.fullmatch(r"\d{6}", row["code"])) == (row["kind"] != "zone"), row
        assert row["parent"] == ("" if row["kind"] == "city" else "140900"), row


def test_every_county_has_a_110_desk_that_hands_on_to_the_city_desk() -> None:
    desks = rows("desks")
    assert column("desks", "division") <= column("divisions", "code")
    county = [row for row in desks if row["kind"] == "county_110"]
    governed = {row["code"] for row in rows("divisions") if row["kind"] in {"county", "district"}}
    assert {row["division"] for row in county} == governed
    assert all(row["parent"] == "110" and row["code"] == f"110-{row['division']}" for row in county)
    assert {row["code"] for row in desks if row["kind"] == "hotline"} == {
        *("119", "120", "122"),
        *("water", "power", "gas", "heat"),
    }


def test_every_unit_stands_in_a_division_and_under_a_known_unit() -> None:
    units = rows("units")
    known = {row["code"] for row in units}
    assert {row["division"] for row in units} <= column("divisions", "code")
    assert {row["parent"] for row in units} - {""} <= known
    kinds = Counter(row["kind"] for row in units)
    assert (kinds["department"], kinds["county_gov"], kinds["zone"], kinds["company"]) == (34, 14, 2, 8)


def test_posts_carry_known_rights_and_every_right_is_held_by_somebody() -> None:
    held = [set(row["rights"].split()) for row in rows("posts")]
    assert set().union(*held) == RIGHTS


def test_people_sit_at_known_desks_or_units_and_every_post_is_filled() -> None:
    people = rows("people")
    assert {row["post"] for row in people} == column("posts", "code")
    assert {row["desk"] for row in people} - {""} <= column("desks", "code")
    assert {row["unit"] for row in people} - {""} <= column("units", "code")
    assert all(row["desk"] or row["unit"] for row in people)
    assert all(row["unit"] and not row["desk"] for row in people if row["post"] == "unit_clerk")
    at = {(row["desk"], row["post"]) for row in people}
    assert set(itertools.product(("12345", "110"), ("call_taker", "dispatcher", "duty_officer"))) <= at
    assert sum(desk.startswith("110-") and post == "dispatcher" for desk, post in at) >= 3


def test_a_code_has_a_parent_in_its_own_table() -> None:
    known = {(row["code_table"], row["code"]) for row in rows("codes")}
    lost = [row for row in rows("codes") if row["parent"] and (row["code_table"], row["parent"]) not in known]
    assert lost == []


def test_the_category_tables_have_two_levels_of_useful_size() -> None:
    levels = Counter((row["code_table"], bool(row["parent"])) for row in rows("codes"))
    assert levels["work_category", False] >= 15
    assert levels["work_category", True] >= 60
    assert levels["police_category", False] == 10


def test_every_guide_path_has_a_sentence_to_say() -> None:
    guide = [row for row in rows("codes") if row["code_table"] == "guide"]
    assert {"litigation", "arbitration", "discipline", "reconsideration", "disclosure", "petition"} <= {
        row["code"] for row in guide
    }
    assert [row["code"] for row in guide if not row["text"].endswith("。")] == []


def test_limits_speak_of_known_clocks_kinds_urgencies_and_units() -> None:
    urgencies = codes_of("urgency") | {"*"}
    for row in rows("limits"):
        kinds = codes_of("nature") if row["clock"] in OWN_DESK_CLOCKS else codes_of("transfer_kind")
        assert row["clock"] in CLOCKS, row
        assert row["kind"] in kinds | {"*"}, row
        assert row["urgency"] in urgencies, row
        assert row["unit"] in {"second", "minute", "hour", "working_day"}, row
        assert int(row["amount"]) > 0, row


@pytest.mark.parametrize("clock", sorted(CLOCKS))
def test_a_clock_has_a_row_for_everything_so_no_lookup_is_empty(clock: str) -> None:
    general = [row for row in rows("limits") if (row["clock"], row["kind"], row["urgency"]) == (clock, "*", "*")]
    assert any(row["effective_to"] == "" for row in general)


def test_no_lookup_of_a_limit_is_a_tie_between_kind_and_urgency() -> None:
    keys = {(row["clock"], row["kind"], row["urgency"]) for row in rows("limits")}
    ties = [
        (clock, kind, urgency)
        for clock, kind, urgency in itertools.product(
            CLOCKS, codes_of("transfer_kind") | codes_of("nature"), codes_of("urgency")
        )
        if {(clock, kind, "*"), (clock, "*", urgency)} <= keys and (clock, kind, urgency) not in keys
    ]
    assert ties == []


@pytest.mark.parametrize("name", ["codes", "limits", "parameters"])
def test_rows_of_one_key_are_never_in_force_at_the_same_time(name: str) -> None:
    spans: dict[tuple[str, ...], list[tuple[date, date]]] = defaultdict(list)
    for row in rows(name):
        key = tuple(row[field] for field in KEYS[name] if field != "effective_from")
        until = date.fromisoformat(row["effective_to"]) if row["effective_to"] else date.max
        spans[key].append((date.fromisoformat(row["effective_from"]), until))
    for key, known in spans.items():
        assert all(start < until for start, until in known), key
        ordered = sorted(known)
        assert all(first[1] <= second[0] for first, second in itertools.pairwise(ordered)), key


def test_parameters_are_numbers_and_hold_those_the_protocol_needs() -> None:
    values = {row["name"]: float(row["value"]) for row in rows("parameters")}
    assert values["loop_guard_refusals"] == 3
    assert values["accept_urges_before_withdraw"] == 2
    assert values["problem_order_reworks"] == 3
    assert 0 < values["clock_yellow_share"] < 1


@pytest.mark.parametrize("name", ["divisions", "units", "codes", "limits", "parameters", "list_versions", "duties"])
def test_every_row_says_where_it_is_from(name: str) -> None:
    assert [row for row in rows(name) if not row["source"]] == []


@pytest.mark.parametrize("name", ["desks", "limits", "parameters", "list_items"])
def test_every_rule_names_a_clause_of_the_plan(name: str) -> None:
    assert [row for row in rows(name) if not CLAUSE.fullmatch(row["clause"])] == []


def test_one_version_is_in_force_on_every_day_since_the_plan_and_none_says_it_is_approved() -> None:
    versions = sorted(rows("list_versions"), key=lambda row: row["effective_from"])
    assert [row["status"] for row in versions] == [*("superseded" for _ in versions[1:]), "in_force"]
    assert [row["effective_to"] for row in versions] == [*(row["effective_from"] for row in versions[1:]), ""]
    assert versions[-1]["version"] == LIST
    assert [row["version"] for row in versions if "示例" not in row["approved_by"]] == []


def test_the_list_is_long_enough_and_goes_both_ways() -> None:
    sides = Counter(row["side"] for row in items())
    assert sides.keys() == {"12345", "110"}
    assert sides["12345"] >= 100
    assert sides["110"] >= 70
    assert len({row["class"] for row in items()}) >= 28
    assert {(row["side"], row["kind"]) for row in items()} == {
        *(("110", "divert"), ("110", "danger"), ("110", "clue")),
        *(("12345", "divert"), ("12345", "mediate")),
    }


def test_the_clause_of_an_item_is_that_of_its_kind() -> None:
    clauses = {"divert": "S3.1", "danger": "S3.4", "clue": "S3.6", "mediate": "S3.8"}
    assert [row["code"] for row in items() if row["clause"] != clauses[row["kind"]]] == []


def test_a_code_keeps_its_side_and_kind_through_the_versions() -> None:
    known: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for row in rows("list_items"):
        known[row["code"]].add((row["side"], row["kind"]))
    assert {code: found for code, found in known.items() if len(found) > 1} == {}
    assert [code for code in known if not re.fullmatch(r"[AB]\d{4}", code)] == []


def test_a_class_stands_on_one_side() -> None:
    sides: dict[str, set[str]] = defaultdict(set)
    for row in items():
        sides[row["class"]].add(row["side"])
    assert {name for name, found in sides.items() if len(found) > 1} == set()


def test_every_item_belongs_to_a_version_and_can_be_explained() -> None:
    versions = column("list_versions", "version")
    for row in rows("list_items"):
        assert row["version"] in versions, row["code"]
        for field in ("text", "unit_type", "exceptions", "legal_basis"):
            assert row[field], (row["code"], field)
    assert [row["code"] for row in items() if "《" not in row["legal_basis"] and "〔" not in row["legal_basis"]] == [
        "B0404"
    ]


def test_every_item_has_three_examples_and_its_signals_find_one_of_them() -> None:
    for row in rows("list_items"):
        assert len([example for example in examples(row) if example]) >= 3, row["code"]
        assert any(signals_in(row, example) for example in examples(row)), row["code"]


def test_an_example_is_as_long_as_a_note_and_told_once() -> None:
    told = Counter(example for row in items() for example in examples(row))
    assert [example for example, count in told.items() if count > 1] == []
    assert [example for example in told if not 30 <= len(example) <= 120] == []
    assert told.keys() & {row["text"] for row in rows("notes")} == set()
    assert min(len(examples(row)) for row in items()) >= 5


def test_the_examples_are_not_only_the_signals_told_again() -> None:
    plain = [example for row in items() for example in examples(row) if not signals_in(row, example)]
    assert len(plain) >= 0.15 * sum(len(examples(row)) for row in items())


def test_no_signal_of_an_item_is_a_common_word() -> None:
    told = [(row["code"], example) for row in items() for example in examples(row)]
    common = {
        (row["code"], signal): hits
        for row in items()
        for signal in row["signals"].split()
        if (hits := sum(signal in example for code, example in told if code != row["code"])) > 0.01 * len(told)
    }
    assert common == {}


def test_no_signal_of_an_item_is_too_short_or_written_twice() -> None:
    for row in rows("list_items"):
        signals = row["signals"].split()
        assert len(signals) == len(set(signals)), row["code"]
        assert min(map(len, signals)) >= 2, row["code"]


def test_a_duty_speaks_of_known_units_levels_and_items() -> None:
    known = {row["code"] for row in items()} | {row["class"] for row in items()}
    levels = {"department": {"department", "company", "resident", "mass"}, "county": {"county_gov", "zone"}}
    levels["utility"] = {"utility"}
    kinds = {row["code"]: row["kind"] for row in rows("units")}
    for row in rows("duties"):
        assert set(row["items"].split()) <= known, row["code"]
        assert row["keywords"].split(), row["code"]
        assert row["legal_basis"], row["code"]
        if row["level"] == "township":
            assert (row["unit"], row["exclusive"]) == ("", "0"), row["code"]
        else:
            assert kinds[row["unit"]] in levels[row["level"]], row["code"]


def test_every_unit_has_a_duty_and_every_county_answers_for_its_own() -> None:
    assert column("duties", "unit") - {""} == column("units", "code")
    divisions = {row["code"]: row["division"] for row in rows("units")}
    assert [row["code"] for row in rows("duties") if row["unit"] and row["division"] != divisions[row["unit"]]] == []


def test_every_item_of_the_list_is_somebody_s_duty_at_the_city() -> None:
    of_the_city = [row for row in rows("duties") if row["level"] in {"department", "utility"}]
    assert {row["code"] for row in items()} - set().union(*map(covered, of_the_city)) == set()


def test_what_a_department_owns_is_never_the_duty_of_a_township() -> None:
    owned = set().union(*(covered(row) for row in rows("duties") if row["exclusive"] == "1"))
    of_townships = set().union(*(covered(row) for row in rows("duties") if row["level"] == "township"))
    assert len(owned) > 100
    assert of_townships
    assert owned & of_townships == set()


def test_there_are_enough_notes_of_every_kind() -> None:
    notes = rows("notes")
    kinds = Counter(row["kind"] for row in notes)
    assert len(notes) >= 240
    assert kinds.keys() == NOTE_KINDS
    assert min(kinds.values()) >= 8, kinds
    own = Counter(row["side"] for row in notes if row["kind"] == "none")
    assert own["12345"] > own["110"] >= 8


def test_every_note_points_at_known_codes() -> None:
    categories = codes_of("work_category") | codes_of("police_category")
    for row in rows("notes"):
        assert row["synthetic"] == "1", row["id"]
        assert row["nature"] in codes_of("nature"), row["id"]
        assert row["urgency"] in codes_of("urgency"), row["id"]
        assert row["place"] in column("divisions", "code"), row["id"]
        allowed = codes_of("guide") if row["kind"] == "guide" else categories
        assert row["category"] in allowed, row["id"]


def test_a_note_comes_in_at_a_desk_of_its_side() -> None:
    county = {row["division"] for row in rows("desks") if row["kind"] == "county_110"}
    for row in rows("notes"):
        assert row["place"] in county or row["desk"] != "county-any", row["id"]
        assert (row["side"], row["desk"]) in {("12345", "12345"), ("110", "110"), ("110", "county-any")}, row["id"]
        assert (row["desk"] == "county-any") == (row["kind"] == "relay"), row["id"]


def test_a_note_to_be_handed_over_names_an_item_of_the_other_side() -> None:
    by_code = {row["code"]: row for row in items()}
    for row in rows("notes"):
        if row["kind"] in {"none", "guide", "unclear", "notify"}:
            assert row["item"] == "", row["id"]
            continue
        item = by_code[row["item"]]
        assert item["side"] != row["side"], row["id"]
        assert item["kind"] == ("divert" if row["kind"] == "relay" else row["kind"]), row["id"]


def test_no_matter_a_desk_keeps_for_itself_looks_like_danger_at_12345() -> None:
    danger = [row for row in items() if row["kind"] == "danger"]
    kept = [row for row in rows("notes") if row["side"] == "12345" and row["kind"] in {"none", "guide"}]
    false = [(n["id"], i["code"]) for n in kept for i in danger if signals_in(i, n["title"] + n["text"])]
    assert false == []


def test_no_note_carries_a_number_that_could_be_somebody_s_phone_or_identity() -> None:
    told = [(row["id"], row.get("title", "") + row["text"]) for row in (*rows("notes"), *rows("natures"))]
    assert [number for number, text in told if re.search(r"\d{7,}", text)] == []


def test_no_note_is_told_twice() -> None:
    texts = Counter(row["text"] for row in (*rows("notes"), *rows("natures")))
    assert [text for text, count in texts.items() if count > 1] == []


def test_every_nature_is_told_in_a_dozen_ways_at_least() -> None:
    natures = Counter(row["nature"] for row in rows("natures"))
    assert natures.keys() == codes_of("nature")
    assert min(natures.values()) >= 12, natures
    assert {row["synthetic"] for row in rows("natures")} == {"1"}
