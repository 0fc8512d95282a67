"""What two accounts say about each other."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from liandong.peers.ledger import Head, Item, by_day, days_apart, differences, extends, revision_of, versioned

names = st.tuples(st.sampled_from(["step", "note", "matter"]), st.sampled_from("ABC"), st.sampled_from("123"))
accounts = st.dictionaries(names, st.sampled_from(["aa", "bb", "cc"]), max_size=20)


def items(account: dict[tuple[str, str, str], str]) -> list[Item]:
    return [Item(f"2026-03-0{name[2]}", name, line) for name, line in account.items()]


@given(accounts, accounts)
def test_days_differ_exactly_where_a_line_differs(
    here: dict[tuple[str, str, str], str], there: dict[tuple[str, str, str], str]
) -> None:
    apart = days_apart(by_day(items(here)), by_day(items(there)))
    found = differences(here, there)
    assert apart == sorted({f"2026-03-0{one.name[2]}" for one in found})
    assert (found == []) == (here == there)
    assert {one.name for one in found if one.finding == "missing_here"} == set(there) - set(here)
    assert {one.name for one in found if one.finding == "missing_there"} == set(here) - set(there)


@given(st.permutations(range(8)))
def test_the_digest_of_a_day_does_not_know_the_order(order: list[int]) -> None:
    lines = [Item("2026-03-02", ("step", "T1", str(n)), f"{n:02x}") for n in range(8)]
    assert by_day([lines[n] for n in order]) == by_day(lines)


def test_of_two_revisions_the_newer_one_is_missing_where_the_older_is() -> None:
    name = ("matter", "M1", "110")
    (one,) = differences({name: versioned(3, "aa")}, {name: versioned(2, "bb")})
    assert (one.finding, one.repair) == ("missing_there", "对方缺少，重新发送")
    (one,) = differences({name: versioned(2, "aa")}, {name: versioned(3, "bb")})
    assert one.finding == "missing_here"
    (one,) = differences({name: versioned(2, "aa")}, {name: versioned(2, "bb")})
    assert one.finding == "changed"
    assert revision_of("aabb") == 0


def test_another_step_of_the_same_number_is_a_changed_past_and_is_not_repaired() -> None:
    (one,) = differences({("step", "T1", "2"): "aa"}, {("step", "T1", "2"): "bb"})
    assert one.finding == "changed"
    assert "不自动处理" in one.repair


links = st.lists(st.binary(min_size=1, max_size=4), max_size=12)


def head_of(said: list[bytes], base: Head | None = None) -> Head:
    head = base or Head()
    for link in said:
        head = head.then(link)
    return head


@given(links, links, links)
def test_a_head_that_goes_on_from_the_deposited_one_extends_it(
    one: list[bytes], two: list[bytes], three: list[bytes]
) -> None:
    base, deposited = head_of(one), head_of(one + two)
    assert extends(deposited, base, two + three, head_of(one + two + three))


@given(links, st.lists(st.binary(min_size=1, max_size=4), min_size=1, max_size=12), links, st.data())
def test_a_past_changed_before_the_deposit_cannot_be_made_to_extend_it(
    one: list[bytes], two: list[bytes], three: list[bytes], data: st.DataObject
) -> None:
    place = data.draw(st.integers(0, len(two) - 1))
    changed = [link + b"!" if n == place else link for n, link in enumerate(two)]
    assert not extends(head_of(one + two), head_of(one), changed + three, head_of(one + changed + three))
    assert not extends(head_of(one + two), head_of(one), two + three, head_of(one + changed + three))
