"""What other systems are shown: theirs, in pages, by words and numbers."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from liandong.exchange.tests.speaking import Program, fits, keeps, problem, work
from liandong.exchange.tests.speaking import police as police_order

# Rare words, so that other tests' orders are not found.
_rare = (f"{a}{b}{c}" for a, b, c in itertools.product("魑魅魍魉", "饕餮貔貅", "麒麟狻猊"))


def found(program: Program, words: str, **query: Any) -> list[str]:
    page = program.get("/search", words=words, **query)
    assert page.status_code == 200, page.text
    for order in page.json()["orders"]:
        keeps("order", order)
    return [order["number"] for order in page.json()["orders"]]


def all_pages(program: Program, path: str, name: str, **query: Any) -> list[list[Any]]:
    pages: list[list[Any]] = []
    after = ""
    while True:
        page = program.get(path, **query, **({"after": after} if after else {}))
        assert page.status_code == 200, page.text
        pages.append(page.json()[name])
        after = page.json()["after"]
        if not after:
            return pages


def test_a_desk_sees_neither_order_nor_matter_nor_transfer_of_others(
    hot: Program, police: Program, county: Program
) -> None:
    answer = hot.accepted(work(handover={"kind": "divert", "to": "110", "reason": "属警情"}))
    order, matter, transfer = answer["order_number"], answer["linkage_number"], answer["transfer"]
    paths = (f"/orders/{order}", f"/matters/{matter}", f"/transfers/{transfer}", f"/transfers/{transfer}/steps")
    for path in (*paths, f"/transfers/{transfer}/notes"):
        assert hot.get(path).status_code == 200
        assert police.get(path).status_code == 200
        problem(county.get(path), 404, "not_found")
    for path, body in (
        (f"/orders/{order}/steps", {"verb": "start"}),
        (f"/orders/{order}/transfers", {"kind": "relay", "to": "110", "reason": "x"}),
        (f"/transfers/{transfer}/steps", {"verb": "accept"}),
        (f"/transfers/{transfer}/notes", {"kind": "urge", "body": {}}),
    ):
        problem(county.post(path, body), 404, "not_found")


def test_a_party_that_only_sees_an_order_does_not_act_on_it(hot: Program, police: Program) -> None:
    order = hot.accepted(work(handover={"kind": "divert", "to": "110", "reason": "属警情"}))["order_number"]
    problem(police.post(f"/orders/{order}/steps", {"verb": "start"}), 403, "not_allowed")
    problem(police.post(f"/orders/{order}/transfers", {"kind": "divert", "to": "12345", "reason": "x"}), 403)


@pytest.mark.parametrize(
    ("path", "number"),
    [
        ("/orders/{}", "140900W2026010199999999"),
        ("/orders/{}", "x"),
        ("/orders/{}", "订单"),
        ("/matters/{}", "140900W2020010100000012Z"),
        ("/transfers/{}", "0" * 24),
        ("/transfers/{}/steps", "%00"),
        ("/transfers/{}/notes", "'; DROP TABLE intake_order; --"),
        ("/orders/{}", "9" * 6000),
    ],
)
def test_a_number_that_is_none_is_told_as_such(hot: Program, path: str, number: str) -> None:
    problem(hot.get(path.format(number)), 422, "bad_number")


def test_a_right_number_of_nothing_is_not_found(hot: Program) -> None:
    problem(hot.get("/orders/140900W20260101999999994"), 404, "not_found")


def test_numbers_are_taken_as_people_write_them(hot: Program) -> None:
    number = hot.accepted(work())["order_number"]
    assert hot.get(f"/orders/{number[:6]}-{number[6:].lower()}").json()["number"] == number


@pytest.mark.parametrize("title", ["𠮷野家门前积水", "求助😀请回电", "\u202e右向左\u200f标记", "ＡＢＣ１２３"])
def test_what_is_unusual_in_a_text_is_kept_and_found_again(hot: Program, title: str) -> None:
    rare = next(_rare)
    number = hot.accepted(work(title=f"{rare}{title}"))["order_number"]
    assert fits("order", hot.get(f"/orders/{number}"), 200)["title"] == f"{rare}{title}"
    assert found(hot, f"{rare}{title}") == [number]
    assert found(hot, rare) == [number]


def test_search_finds_by_number_of_order_and_matter(hot: Program) -> None:
    answer = hot.accepted(work())
    assert found(hot, answer["order_number"]) == [answer["order_number"]]
    assert found(hot, answer["linkage_number"]) == [answer["order_number"]]


def test_search_finds_no_orders_of_others(hot: Program, county: Program) -> None:
    rare = next(_rare)
    answer = county.accepted(police_order(title=rare))
    assert found(county, rare) == [answer["order_number"]]
    assert found(hot, rare) == []
    assert found(hot, answer["order_number"]) == []


@pytest.mark.parametrize("words", ["", "   ", "!&|():*'\\", "%00", "\x00", "：；，", "\u202e"])
def test_a_search_for_nothing_is_told_as_such(hot: Program, words: str) -> None:
    expected = 200 if words == "%00" else 422
    assert hot.get("/search", words=words).status_code == expected
    if expected == 422:
        problem(hot.get("/search", words=words), 422, "nothing_asked")


@pytest.mark.parametrize(
    "words",
    ["水'; DROP TABLE intake_order; --", "水 & !停 | (a:*", "停水'::tsquery", "水\\' OR 1=1", "水" * 200, "a<->b"],
)
def test_what_means_something_to_a_database_is_only_words(hot: Program, words: str) -> None:
    hot.accepted(work())
    found(hot, words)


def test_a_search_of_more_than_two_hundred_characters_is_refused(hot: Program) -> None:
    problem(hot.get("/search", words="水" * 201), 422, "invalid", "/words")


def test_pages_follow_one_another_without_gap_or_repeat(hot: Program) -> None:
    rare = next(_rare)
    numbers = [hot.accepted(work(title=rare))["order_number"] for _ in range(7)]
    pages = all_pages(hot, "/search", "orders", words=rare, limit=3)
    assert [len(page) for page in pages] == [3, 3, 1]
    assert [order["number"] for page in pages for order in page] == numbers[::-1]


def test_a_page_is_full_and_the_last_when_nothing_follows(hot: Program) -> None:
    rare = next(_rare)
    for _ in range(2):
        hot.accepted(work(title=rare))
    assert [len(page) for page in all_pages(hot, "/search", "orders", words=rare, limit=2)] == [2]


def test_the_work_list_has_the_desks_open_orders_by_time_left(county: Program) -> None:
    fresh = [county.accepted(police_order())["order_number"] for _ in range(3)]
    listed = [order for page in all_pages(county, "/work-list", "orders", limit=2) for order in page]
    for order in listed:
        keeps("order", order)
    assert set(fresh) <= {order["number"] for order in listed}
    assert {order["desk"] for order in listed} == {"110-140902"}
    dues = [order["due_at"] for order in listed]
    assert dues == sorted(dues)


def test_transfers_are_listed_for_both_desks(hot: Program, police: Program) -> None:
    wish = {"kind": "divert", "to": "110", "reason": "属警情"}
    numbers = {hot.accepted(work(handover=wish))["transfer"] for _ in range(3)}
    for program, box in ((hot, "outbound"), (police, "inbound")):
        listed = [row for page in all_pages(program, "/transfers", "transfers", box=box, limit=2) for row in page]
        for row in listed:
            keeps("transfer", row)
        assert numbers <= {row["number"] for row in listed}


def test_a_page_position_with_an_unescaped_plus_is_understood(hot: Program) -> None:
    rare = next(_rare)
    for _ in range(2):
        hot.accepted(work(title=rare))
    after = hot.get("/search", words=rare, limit=1).json()["after"]
    response = hot.http.get(f"/search?words={rare}&limit=1&after={after}")
    assert "+" in str(response.request.url)
    assert len(response.json()["orders"]) == 1


@pytest.mark.parametrize(
    "path", ["/search?words=水&", "/work-list?", "/transfers?box=inbound&", "/transfers?box=outbound&"]
)
@pytest.mark.parametrize(
    "query",
    [
        *("limit=0", "limit=101", "limit=-1", "limit=x", "limit=", "limit=1e2", "limit=٣", "limit=" + "0" * 7 + "999"),
        *("after=x", "after=|", "after=2026-01-01T00:00:00|1", "after=2026-01-01T00:00:00%2B08:00|x"),
        *("after=0001-01-01T00:00:00%2B08:00|1", "after=9999-12-31T23:59:59-08:00|1"),
        *("after=2026-01-01T00:00:00Z|1_0x", "after=%00", "after=2026-01-01T00:00:00Z|" + "9" * 5000),
    ],
)
def test_a_page_that_cannot_be_is_told_as_such(hot: Program, path: str, query: str) -> None:
    told = problem(hot.get(path + query), 422, "invalid")
    assert told["field"] in ("/limit", "/after")


def test_a_page_position_beyond_all_numbers_is_empty(hot: Program) -> None:
    response = hot.http.get("/work-list?after=2026-01-01T00:00:00Z|" + "9" * 30)
    assert response.status_code == 200


def test_a_box_that_is_none_is_refused(hot: Program) -> None:
    problem(hot.get("/transfers", box="sideways"), 422, "invalid", "/box")
