"""Every pair of kinds of desk × every kind of transfer: the plan knows the path, or TargetUnfit."""

from __future__ import annotations

from itertools import product

import pytest

from liandong.transfer.errors import TargetUnfit
from liandong.transfer.paths import check_path, targets
from liandong.transfer.states import KINDS

DESKS = ("city_12345", "city_110", "county_110", "hotline")
# kind → the paths of the plan, origin > target.
ALLOWED = {
    "divert": "city_12345>city_110 city_110>city_12345 city_12345>hotline city_110>hotline hotline>city_12345 "
    "hotline>city_110",
    "danger": "city_12345>city_110 hotline>city_110 city_110>hotline county_110>city_110",
    "clue": "city_12345>city_110",
    "mediate": "city_110>city_12345",
    "notify": "city_110>city_12345",
    "relay": "county_110>city_110",
    "unclear": "city_12345>city_110 city_110>city_12345",
}


@pytest.mark.parametrize("kind", sorted(ALLOWED))
def test_every_pair_of_desks(kind: str) -> None:
    for origin, target in product(DESKS, repeat=2):
        if f"{origin}>{target}" in ALLOWED[kind].split():
            check_path(kind, origin, target)
            assert target in targets(kind, origin)
            continue
        assert target not in targets(kind, origin)
        with pytest.raises(TargetUnfit) as why:
            check_path(kind, origin, target)
        assert why.value.field == "target"


def test_every_kind_of_transfer_has_a_path() -> None:
    assert set(ALLOWED) == set(KINDS)


def test_a_county_that_tries_12345_is_told_the_way() -> None:
    with pytest.raises(TargetUnfit) as why:
        check_path("divert", "county_110", "city_12345")
    assert why.value.message == "县级110不直接移交12345，请逐级转派至市级110（S3.2）。"
