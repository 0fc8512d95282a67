"""Which desk may hand what to which: the paths of the plan. Pure; desks come in by kind."""

from __future__ import annotations

from liandong.transfer.errors import TargetUnfit

# (kind of transfer) → allowed (kind of origin, kind of target). S3.1, S3.2, S3.4, S3.6–S3.8, S4.2.
PATHS: dict[str, frozenset[tuple[str, str]]] = {
    "divert": frozenset(
        {
            ("city_12345", "city_110"),
            ("city_110", "city_12345"),
            ("city_12345", "hotline"),
            ("city_110", "hotline"),
            ("hotline", "city_12345"),
            ("hotline", "city_110"),
        }
    ),
    "danger": frozenset(
        {("city_12345", "city_110"), ("hotline", "city_110"), ("city_110", "hotline"), ("county_110", "city_110")}
    ),
    "clue": frozenset({("city_12345", "city_110")}),
    "mediate": frozenset({("city_110", "city_12345")}),
    "notify": frozenset({("city_110", "city_12345")}),
    "relay": frozenset({("county_110", "city_110")}),
    "unclear": frozenset({("city_12345", "city_110"), ("city_110", "city_12345")}),
}


def check_path(kind: str, origin_kind: str, target_kind: str) -> None:
    """Raises TargetUnfit, saying which way is right, when the plan knows no such path."""
    if (origin_kind, target_kind) in PATHS[kind]:
        return
    if origin_kind == "county_110" and target_kind == "city_12345":
        raise TargetUnfit("县级110不直接移交12345，请逐级转派至市级110（S3.2）。", field="target")
    raise TargetUnfit(field="target")


def targets(kind: str, origin_kind: str) -> frozenset[str]:
    """The kinds of desk to which `origin_kind` may make a transfer of `kind`."""
    return frozenset(target for origin, target in PATHS[kind] if origin == origin_kind)
