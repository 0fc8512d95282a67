"""The county outlines drawn at set-up are those of the city pack."""

from __future__ import annotations

import csv
import json
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKS = sorted(path.parent for path in (ROOT / "cities").glob("*/city.toml"))


@pytest.mark.parametrize("pack", PACKS, ids=[pack.name for pack in PACKS])
def test_every_county_of_the_pack_has_an_outline_under_its_code_and_name(pack: Path) -> None:
    code = tomllib.loads((pack / "city.toml").read_text(encoding="utf-8"))["code"]
    drawn = json.loads((ROOT / f"liandong/console/static/vendor/map/{code}.json").read_text(encoding="utf-8"))
    outlines = {one["id"]: one["properties"]["name"] for one in drawn["features"]}
    with (pack / "divisions.csv").open(encoding="utf-8") as opened:
        # A zone of the city's own making (kind zone) has no code of the country's and no outline.
        counties = {row["code"]: row["name"] for row in csv.DictReader(opened) if row["kind"] not in ("city", "zone")}
    assert outlines == counties
    for one in drawn["features"]:
        east, north = one["properties"]["center"]
        assert 73 < east < 136
        assert 3 < north < 54
        assert one["geometry"]["type"] in ("Polygon", "MultiPolygon")
