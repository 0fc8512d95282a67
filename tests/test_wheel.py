"""The wheel carries everything the pages need: it is built here, as for a city's server, and looked into."""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
BUILD = "import sys; from setuptools import build_meta; build_meta.build_wheel(sys.argv[1])"
LEFT_OUT = shutil.ignore_patterns(".*", "node_modules", "build", "dist", "*.egg-info", "__pycache__", "docs", "bench")


@pytest.mark.slow
def test_the_wheel_carries_templates_scripts_styles_maps_and_the_vendors_files(tmp_path: Path) -> None:
    source, out = tmp_path / "source", tmp_path / "out"
    shutil.copytree(ROOT, source, ignore=LEFT_OUT)
    subprocess.run([sys.executable, "-c", BUILD, str(out)], cwd=source, check=True, capture_output=True)
    (wheel,) = out.glob("*.whl")
    with zipfile.ZipFile(wheel) as opened:
        carried = set(opened.namelist())
    for folder in ("templates", "static"):
        needed = [f for f in (ROOT / "liandong").glob(f"*/{folder}/**/*") if f.is_file() and f.name != ".made"]
        missing = {str(file.relative_to(ROOT)) for file in needed} - carried
        assert missing == set()
    vendor = "liandong/console/static/vendor"
    wanted = {"htmx/htmx.min.js", "leaflet/leaflet.css", "leaflet/images/layers.png", "echarts/echarts.min.js"}
    wanted |= {"map/140900.json", "htmx/LICENSE.txt"}
    assert {f"{vendor}/{name}" for name in wanted} <= carried
    report = {"paper.typ", "fonts/NotoSerifSC_400Regular.ttf", "fonts/NotoSerifSC_700Bold.ttf", "fonts/LICENSE.txt"}
    assert {f"liandong/report/{name}" for name in report} <= carried
    assert {f"liandong/peers/channels/middb/{family}.sql" for family in ("postgresql", "mysql")} <= carried
