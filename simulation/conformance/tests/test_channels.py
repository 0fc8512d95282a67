"""The kit and the simulated peer over each real channel: the cases of this channel alone, and some that all have.

All cases over each channel are a run of the command. Broken in one place, the right case fails.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest

from liandong.peers.channels.ferry import IN, MARKER, MESSAGES, Ferry
from liandong.peers.channels.middb.links import POSTGRESQL, connected
from simulation.conformance.kit import CASES
from simulation.conformance.tests.test_kit import QUICK
from simulation.conformance.tests.trial import tried, wrong
from simulation.peer.counterpart import Counterpart
from simulation.peer.laid import LaidHere
from simulation.peer.tests.ends import KIT, PEER, Certificates, Ends, by_database, by_files, by_https
from simulation.peer.tests.test_counterpart import identity
from simulation.peer.ways import ByDatabase, ByHttps
from tests.joint import Joint, Opened

COMMON = ("snapshot", "signature_bad", "too_large", "duplicate", "offer", "their_words")


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return Certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
def rows(joints: Opened) -> Joint:
    found = joints(POSTGRESQL)
    found.clear()
    return found


def peer() -> Counterpart:
    return Counterpart(identity("110"), 1, QUICK)


def of(kind: str) -> tuple[str, ...]:
    """Those of this kind of channel, and some that all have."""
    found = tuple(one.code for one in CASES if one.only == kind)
    assert len(found) >= 5
    return *found, *COMMON


def test_the_simulated_peer_passes_over_files(tmp_path: Path) -> None:
    one = peer()
    with by_files(tmp_path, one) as ends:
        results = tried(one, ends, *of("ferry"))
    assert wrong(results) == {}
    assert {one.case.code for one in results} == set(of("ferry"))


def test_the_simulated_peer_passes_over_https(certificates: Certificates) -> None:
    one = peer()
    with by_https(certificates, one) as ends:
        results = tried(one, ends, *of("https"))
    assert set(wrong(results)) == {"fetch_again"}, "it calls, so nothing lies there"
    assert {one.case.code for one in results} == set(of("https"))


def test_the_simulated_peer_passes_over_https_where_only_one_can_call(certificates: Certificates) -> None:
    one = peer()
    with by_https(certificates, one, pull=True) as ends:
        assert wrong(tried(one, ends, *of("https"))) == {}


def test_the_simulated_peer_passes_over_a_joint_database_of_either_family(joint: Joint) -> None:
    one = peer()
    with by_database(joint, one) as ends:
        results = tried(one, ends, *of("middb"))
    assert wrong(results) == {}
    assert {one.case.code for one in results} == set(of("middb"))


def test_what_cannot_be_seen_on_a_channel_is_not_among_its_cases() -> None:
    on = {kind: {one.code for one in CASES if one.on(kind)} for kind in ("", "ferry", "https", "middb")}
    assert "not_utf8" in on["ferry"] - on["middb"], "a column of text holds no such bytes"
    assert "half_written" in on["ferry"] - on["https"] - on["middb"] - on[""]
    assert "certificate_other" in on["https"] - on["ferry"]
    assert "late_commit" in on["middb"] - on["https"]


# What a hasty implementation does


def hasty(ends: Ends) -> None:
    """Reads whatever has a marker, and asks no manifest."""
    kit, its = ends
    folder: Path = kit.place / IN  # type: ignore[attr-defined]

    def fetch() -> list[bytes]:
        found = []
        for marker in sorted(folder.glob(f"*{MARKER}")):
            messages = folder / marker.name.replace(MARKER, MESSAGES)
            if messages.exists():
                found += messages.read_bytes().splitlines()
                messages.unlink()
            marker.unlink()
        return found

    its.fetch = fetch  # type: ignore[method-assign]


def impatient(ends: Ends) -> None:
    """Sets apart at once what is not whole."""
    folder: Path = ends[0].place  # type: ignore[attr-defined]
    ends[1]._channel = Ferry(folder.parent, PEER, lambda: timedelta(days=-3650))


def unmarked(ends: Ends) -> None:
    """Takes files without waiting for the marker."""
    kit, its = ends
    folder, fetched = kit.place / IN, its.fetch  # type: ignore[attr-defined]

    def fetch() -> list[bytes]:
        for messages in folder.glob(f"*{MESSAGES}"):
            (folder / messages.name.replace(MESSAGES, MARKER)).touch()
        return fetched()

    its.fetch = fetch  # type: ignore[method-assign]


Breaks = Callable[[Ends], None]
ON_FILES: dict[str, tuple[Breaks, set[str]]] = {
    "no manifest": (hasty, {"half_written", "marker_first", "digest_wrong"}),
    "no patience": (impatient, {"half_written", "marker_first"}),
    "no marker": (unmarked, {"no_marker"}),
}


@pytest.mark.parametrize("name", ON_FILES)
def test_who_is_hasty_with_files_fails_the_right_case(tmp_path: Path, name: str) -> None:
    breaks, expected = ON_FILES[name]
    one = peer()
    with by_files(tmp_path, one) as ends:
        breaks(ends)
        assert set(wrong(tried(one, ends, "snapshot", *expected))) == expected


class OneName(LaidHere):
    def lying(self) -> tuple[str, list[bytes]]:
        found = super().lying()[1]
        self._lies.update(dict.fromkeys(found, "parcel"))
        return "parcel", found


class AnyName(LaidHere):
    def taken(self, name: str) -> int:
        gone = len(self._lies)
        self._lies.clear()
        return gone


def any_certificate(ends: Ends) -> None:
    door = ends[1].door  # type: ignore[attr-defined]
    door._names = frozenset({KIT, "somebody"})


def all_is_well(ends: Ends) -> None:
    """Says of every line that it was taken."""
    ends[1].door._judge = len  # type: ignore[attr-defined]


def lies(store: LaidHere) -> Breaks:
    def broken(ends: Ends) -> None:
        its = ends[1]
        assert isinstance(its, ByHttps)
        assert its.door is not None
        its.laid = its.door._laid = its._channel._laid = store  # type: ignore[attr-defined]

    return broken


def any_type(ends: Ends) -> None:
    door = ends[1].door  # type: ignore[attr-defined]
    answer = door._answer

    async def takes(scope: Any, receive: Any, request: str) -> Any:
        if not scope["path"].endswith("/messages"):
            return await answer(scope, receive, request)
        scope["headers"] = [(name, value) for name, value in scope["headers"] if name != b"content-type"]
        scope["headers"].append((b"content-type", b"application/x-ndjson"))
        return await answer(scope, receive, request)

    door._answer = takes


ON_HTTPS: dict[str, tuple[Breaks, set[str]]] = {
    "any certificate of the authority": (any_certificate, {"certificate_other"}),
    "every line taken": (all_is_well, {"answer_refused"}),
    "any media type": (any_type, {"media_type"}),
    "one name for all parcels": (lies(OneName()), {"fetch_again"}),
    "any name settles": (lies(AnyName()), {"fetch_again"}),
}


@pytest.mark.parametrize("name", ON_HTTPS)
def test_a_careless_door_fails_the_right_case(certificates: Certificates, name: str) -> None:
    breaks, expected = ON_HTTPS[name]
    one = peer()
    with by_https(certificates, one, pull=True) as ends:
        breaks(ends)
        assert set(wrong(tried(one, ends, "snapshot", *expected))) == expected


class Forgetful(ByDatabase):
    """Keeps the number it has read up to and writes of no row what became of it."""

    last = 0
    tells = True

    def fetch(self) -> list[bytes]:
        found = []
        with closing(connected(self.address)) as link:
            for number, _ in sorted(link.rows(self.says.list, (KIT, PEER, self.last, 500))):
                self.last = number
                found += [text.encode() for _, text in link.rows(self.says.reading(1), (number,))]
                if self.tells:
                    self._channel.settle(KIT, str(number))
        return found


class Silent(Forgetful):
    tells = False


ON_ROWS = {
    "a number read up to": (Forgetful, {"late_commit", "handled_refused"}),
    "nothing is handled": (Silent, {"handled", "handled_refused", "late_commit"}),
}


@pytest.mark.parametrize("name", ON_ROWS)
def test_a_reader_of_rows_who_forgets_fails_the_right_case(rows: Joint, name: str) -> None:
    kind, expected = ON_ROWS[name]
    one = peer()
    with by_database(rows, one) as (kit, its):
        its.close()
        broken = kind(rows.addresses["police"], PEER, KIT, "police", one.line.read)
        with closing(broken):
            assert set(wrong(tried(one, (kit, broken), "snapshot", "row_receiver", *expected))) == expected


def test_rights_that_are_too_wide_are_seen(rows: Joint) -> None:
    user = rows.addresses["gov"].user
    rows.run(f"GRANT UPDATE ON gov_to_police TO {user}")
    one = peer()
    try:
        with by_database(rows, one) as ends:
            found = wrong(tried(one, ends, "row_fixed"))
    finally:
        rows.run(f"REVOKE UPDATE ON gov_to_police FROM {user}")
    assert "修改 gov_to_police 的行" in found["row_fixed"]


def test_a_line_that_lets_nothing_through_is_told_with_the_case(certificates: Certificates) -> None:
    one = peer()
    with by_https(certificates, one) as ends:
        its = ends[1]
        assert isinstance(its, ByHttps)
        its.close()
        found = wrong(tried(one, ends, "snapshot"))
    assert "连接被拒绝" in found["snapshot"]


def test_an_envelope_is_judged_before_its_row_is_called_taken(rows: Joint) -> None:
    one = peer()
    with by_database(rows, one) as ends:
        ends[0].send([orjson.dumps({"a": 1})])
        assert ends[1].fetch() == [b'{"a":1}']
    ((_, why),) = rows.handled("refused")
    assert "attribute_missing" in why
