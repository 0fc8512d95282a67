"""A database cluster is made once for many tests: each gets a copy of it as its own."""

from __future__ import annotations

import shutil
from pathlib import Path

from config.pgplace import Place


def copied(source: Path, state: Path) -> None:
    """Give the folder `state`, which has none, the cluster of `source`, whose server has been stopped."""
    old = Place.load(source)
    assert old is not None
    new = Place.choose(state)
    new.password = old.password
    new.save()
    new.prepare()
    shutil.copytree(old.home, new.home, dirs_exist_ok=True)
    for path in new.home.rglob("*"):
        new.give(path)


def removed(state: Path) -> None:
    place = Place.load(state)
    if place is not None:
        shutil.rmtree(place.home, ignore_errors=True)
    shutil.rmtree(state, ignore_errors=True)
