"""The joint database alone, in both families: what is written, read, handled, set apart, and what can go wrong."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import orjson
import pytest

from liandong.kernel.clock import VirtualClock
from liandong.peers.channels.middb import SWEEP, TOGETHER, TOGETHER_BYTES, MidDb, batches, together
from liandong.peers.channels.middb.checks import findings
from liandong.peers.channels.middb.links import POSTGRESQL, Trouble, connected
from liandong.peers.channels.middb.statements import INBOX, OUTBOX
from liandong.peers.envelope import MESSAGE_BYTES
from liandong.peers.errors import ChannelDown
from tests.joint import FAMILIES, Joint, Opened


class Two:
    """Two nodes and the database between them."""

    def __init__(self, joint: Joint) -> None:
        self.joint = joint
        self.gov, self.police = joint.channel("gov", "gov"), joint.channel("police", "police")

    def came(self) -> list[bytes]:
        return [one for parcel in self.police.fetch("gov") for one in parcel.envelopes]

    def take_all(self) -> None:
        for parcel in self.police.fetch("gov"):
            self.police.settle("gov", parcel.name)

    def foreign(self, envelope: str, sender: str = "gov", receiver: str = "police") -> None:
        """A row somebody else's program wrote."""
        self.joint.run(
            "INSERT INTO gov_to_police (sender, receiver, envelope) VALUES (%s, %s, %s)", (sender, receiver, envelope)
        )


@pytest.fixture
def two(joint: Joint, clock: VirtualClock) -> Iterator[Two]:
    made = Two(joint)
    yield made
    made.gov.close()
    made.police.close()


def test_what_is_sent_arrives_as_it_was_again_and_again_until_it_is_settled(two: Two) -> None:
    said = [b'{"a":1}', '{"b":"𠮷野家 \\"\\\\ \' %s 🚒"}'.encode()]
    two.gov.send("police", said)
    assert two.came() == said
    assert two.came() == said
    two.take_all()
    assert two.came() == []
    assert [number for number, _ in two.joint.handled("taken")] == [
        number for (number,) in two.joint.run("SELECT id FROM gov_to_police ORDER BY id")
    ]


def test_each_node_gets_what_is_for_it_from_the_peer_it_asks_for(two: Two) -> None:
    two.gov.send("police", [b"1"])
    two.gov.send("county", [b"2"])
    two.police.send("gov", [b"3"])
    two.foreign("4", sender="GOV".lower() + "2")
    assert two.came() == [b"1"]
    assert [one.envelopes for one in two.gov.fetch("police")] == [[b"3"]]


def test_the_urgent_comes_before_what_was_written_earlier(two: Two) -> None:
    two.gov.send("police", [b'{"n":1}', b'{"n":2,"data":{"text":"\\"urgent\\":true"}}', b'{"n":3,"urgent":true}'])
    assert [orjson.loads(one)["n"] for one in two.came()] == [3, 1, 2]


def test_a_row_that_is_committed_late_under_a_smaller_number_is_not_missed(two: Two, clock: VirtualClock) -> None:
    """Numbers are given before the commit: the reader has seen greater ones long since."""
    with closing(two.joint.channel("gov", "gov")) as slow:
        link = connected(slow._address)
        begun: Any = link._connection  # type: ignore[attr-defined]
        with begun.cursor() as cursor:
            cursor.execute("BEGIN")
            cursor.execute("INSERT INTO gov_to_police (sender, receiver, envelope) VALUES ('gov', 'police', 'late')")
            two.gov.send("police", [b"early"])
            # As if both were written long ago: the reader looks from the last ones on.
            two.take_all()
            two.police._floor["gov"] = 2**40
            assert two.came() == []
            cursor.execute("COMMIT")
        link.close()
    clock.advance(seconds=SWEEP.total_seconds())
    assert two.came() == [b"late"]


def test_between_sweeps_only_what_is_new_is_looked_at(two: Two, clock: VirtualClock) -> None:
    two.gov.send("police", [b"old"])
    (old,) = two.police.fetch("gov")
    two.police.settle("gov", old.name)
    two.gov.send("police", [b"open"])
    aged = "written_at - INTERVAL '2' HOUR"
    two.joint.run(f"UPDATE gov_to_police SET written_at = {aged}")
    two.joint.run("UPDATE handled SET row_at = row_at - INTERVAL '2' HOUR")
    clock.advance(seconds=SWEEP.total_seconds())
    assert two.came() == [b"open"]
    assert two.police._floor["gov"] == int(old.name), "not beyond what nobody has handled"
    two.gov.send("police", [b"new"])
    assert two.came() == [b"open", b"new"]


def test_a_number_that_is_given_again_after_the_table_was_emptied_is_another_row(two: Two) -> None:
    two.gov.send("police", [b"first"])
    two.take_all()
    restart = "TRUNCATE gov_to_police RESTART IDENTITY" if two.joint.family == POSTGRESQL else "TRUNCATE gov_to_police"
    two.joint.run(restart)
    two.gov.send("police", [b"second"])
    two.joint.run("UPDATE handled SET row_id = (SELECT min(id) FROM gov_to_police)")
    assert two.came() == [b"second"]


def test_what_is_refused_is_told_to_both_sides_until_somebody_has_seen_it(two: Two) -> None:
    two.foreign("junk")
    (parcel,) = two.police.fetch("gov")
    two.police.quarantine("gov", parcel.name, "第1行：不是JSON。" * 300)
    assert list(two.police.fetch("gov")) == []
    assert two.police.set_apart("gov") == 1
    assert two.police.set_apart("county") == 0
    with closing(connected(two.joint.addresses["gov"])) as other:
        ((why,),) = other.rows("SELECT why FROM handled WHERE outcome = 'refused'")
    assert why.startswith("第1行")


def test_rows_come_together_and_one_of_them_is_set_apart_alone(two: Two) -> None:
    two.gov.send("police", [b'"1"', b'"2"', b'"3"'])
    (parcel,) = two.police.fetch("gov")
    assert parcel.envelopes == [b'"1"', b'"2"', b'"3"']
    two.police.quarantine("gov", parcel.each[1], "不是信封")
    two.police.settle("gov", parcel.name)
    assert two.came() == []
    numbers = [int(name) for name in parcel.each]
    assert [number for number, _ in two.joint.handled("taken")] == [numbers[0], numbers[2]]
    assert [number for number, _ in two.joint.handled("refused")] == [numbers[1]]


def test_where_all_rows_are_set_apart_none_is_called_taken(two: Two) -> None:
    two.gov.send("police", [b'"1"', b'"2"'])
    (parcel,) = two.police.fetch("gov")
    for name in parcel.each:
        two.police.quarantine("gov", name, "不是信封")
    two.police.settle("gov", parcel.name)
    assert two.joint.handled("taken") == []
    assert two.came() == []


def test_rows_that_were_read_and_not_settled_come_again(two: Two) -> None:
    two.gov.send("police", [b'"1"', b'"2"'])
    (first,) = two.police.fetch("gov")
    two.police.quarantine("gov", first.each[0], "不是信封")
    (again,) = two.police.fetch("gov")
    assert again.envelopes == [b'"2"']
    two.police.settle("gov", again.name)
    assert two.came() == []


def test_as_many_rows_come_together_as_are_soon_kept() -> None:
    half = TOGETHER_BYTES // 2
    assert [len(one.rows) for one in together((n, 1) for n in range(2 * TOGETHER + 1))] == [TOGETHER, TOGETHER, 1]
    assert [one.rows for one in together([(1, half), (2, half), (3, 1)])] == [[1, 2], [3]]
    assert [one.rows for one in together([(1, half), (2, half + 1)])] == [[1], [2]]
    assert list(together([])) == []
    apart = [(one.rows, one.fit) for one in together([(1, 1), (2, MESSAGE_BYTES + 1), (3, MESSAGE_BYTES), (4, 1)])]
    assert apart == [([1], True), ([2], False), ([3], True), ([4], True)]


def test_what_is_too_large_is_not_even_read(two: Two) -> None:
    two.foreign("x" * (MESSAGE_BYTES + 1))
    (parcel,) = two.police.fetch("gov")
    assert (parcel.envelopes, "过大" in parcel.why) == ((), True)


def test_the_largest_envelope_goes_through(two: Two) -> None:
    large = b'{"a":"' + b'\\"' * (MESSAGE_BYTES // 2 - 8) + b'"}'
    two.gov.send("police", [large])
    assert two.came() == [large]


def test_many_go_in_few_transactions_in_their_order() -> None:
    assert [len(one) for one in batches([b"x"] * 401)] == [200, 200, 1]
    assert [len(one) for one in batches([bytes(5 * 1024 * 1024)] * 3)] == [1, 1, 1]


def test_of_a_batch_that_breaks_off_nothing_is_written(two: Two) -> None:
    with pytest.raises(ChannelDown, match="报错"):
        two.gov.send("NO SUCH", [b"1", b"2"])  # a name the table refuses
    two.gov.send("police", [])
    assert two.joint.run("SELECT id FROM gov_to_police") == []


def test_a_connection_that_died_between_two_turns_is_opened_anew(two: Two) -> None:
    two.gov.send("police", [b"1"])
    if two.joint.family == POSTGRESQL:
        two.joint.run(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'liandong-middb'"
        )
    else:
        for (number,) in two.joint.run(
            "SELECT id FROM information_schema.processlist WHERE user = %s", (two.joint.addresses["gov"].user,)
        ):
            two.joint.run(f"KILL {number}")
    two.gov.send("police", [b"2"])
    assert two.came() == [b"1", b"2"]


class Middleman:
    """Carries bytes between a client and the database until told to stop; then it holds the line and says nothing."""

    def __init__(self, host: str, port: int) -> None:
        self._to = host, port
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        self.mute, self.cut_on = False, b""
        self._lines: list[socket.socket] = []
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                near, _ = self._listening.accept()
            except OSError:
                return
            self._lines.append(near)
            if self.mute:
                continue
            far = socket.create_connection(self._to)
            self._lines.append(far)
            for one, other, out in ((near, far, True), (far, near, False)):
                threading.Thread(target=self._carry, args=(one, other, out), daemon=True).start()

    def _carry(self, one: socket.socket, other: socket.socket, out: bool) -> None:
        try:
            while said := one.recv(65536):
                if self.mute:
                    continue
                cuts = out and self.cut_on != b"" and self.cut_on in said
                if cuts:
                    self.cut_on = b""  # before it is sent: the answer may be faster than we
                other.sendall(said)
                if cuts:
                    other.shutdown(socket.SHUT_WR)
                    one.shutdown(socket.SHUT_RDWR)
        except OSError:
            return

    def close(self) -> None:
        for line in [self._listening, *self._lines]:
            line.close()


@pytest.fixture
def middleman(joint: Joint) -> Iterator[Middleman]:
    address = joint.addresses["gov"]
    with closing(Middleman(address.host, address.port)) as made:
        yield made


def test_when_the_line_breaks_at_the_commit_the_rows_are_there_once_or_twice(two: Two, middleman: Middleman) -> None:
    with closing(two.joint.channel("gov", "gov", port=middleman.port)) as cut:
        cut.send("police", [b"0"])
        middleman.cut_on = b"COMMIT"
        cut.send("police", [b"1"])
    assert middleman.cut_on == b""
    came = two.came()
    assert set(came) == {b"0", b"1"}
    assert 2 <= len(came) <= 3


def test_a_database_that_hangs_is_given_up_and_taken_again_when_it_answers(two: Two, middleman: Middleman) -> None:
    with closing(two.joint.channel("gov", "gov", port=middleman.port, wait=0.3, connect=1)) as channel:
        channel.send("police", [b"0"])
        middleman.mute = True
        with pytest.raises(ChannelDown, match="时限内没有应答"):
            channel.send("police", [b"1"])
        with pytest.raises(ChannelDown, match="时限内没有应答"):
            channel.send("police", [b"1"])  # now the connection itself is not made
        middleman.mute = False
        channel.send("police", [b"1"])
    assert two.came() == [b"0", b"1"]


TROUBLES: dict[str, tuple[dict[str, Any], str]] = {
    "nobody there": ({"port": 1}, "连不上中间数据库"),
    "password": ({"password": "wrong"}, "拒绝登录"),
    "user": ({"user": "nobody"}, "拒绝登录"),
    "database": ({"database": "nothing"}, "没有所填的库|拒绝登录"),
    "no TLS there": ({"tls": "require"}, "TLS"),
}


@pytest.mark.parametrize("what", TROUBLES)
def test_why_it_does_not_work_is_told_in_chinese(two: Two, what: str) -> None:
    changed, said = TROUBLES[what]
    with pytest.raises(ChannelDown, match=said) as found:
        two.joint.channel("gov", "gov", **changed).send("police", [b"1"])
    assert "报文留在本节点" in found.value.message
    assert not any("a" <= letter <= "z" for letter in found.value.message.replace("liandong exchange middb", ""))


def rights(joint: Joint, side: str = "gov") -> list[str]:
    me, peer = ("gov", "police") if side == "gov" else ("police", "gov")
    return list(findings(joint.addresses[side], me, peer, side))


def spared(found: list[str]) -> list[str]:
    return [one for one in found if "fsync" not in one and "innodb_flush" not in one]  # the test server forgets


def test_as_the_statements_make_it_all_is_well_for_both_sides_and_nothing_is_left_behind(joint: Joint) -> None:
    assert spared(rights(joint)) == spared(rights(joint, "police")) == []
    assert [joint.run(f"SELECT id FROM {table}") for table in ("gov_to_police", "police_to_gov", "handled")] == [[]] * 3


def test_neither_side_can_change_delete_or_write_the_others_direction(joint: Joint) -> None:
    for side in OUTBOX:
        with closing(connected(joint.addresses[side])) as link:
            for statement in (
                f"INSERT INTO {INBOX[side]} (sender, receiver, envelope) VALUES ('a', 'b', '1')",
                f"INSERT INTO {OUTBOX[side]} (id, sender, receiver, envelope) VALUES (9999, 'a', 'b', '1')",
                f"UPDATE {OUTBOX[side]} SET envelope = ''",
                f"DELETE FROM {OUTBOX[side]}",
                "UPDATE handled SET why = ''",
                "DELETE FROM handled",
                f"DROP TABLE {OUTBOX[side]}",
            ):
                with pytest.raises(Trouble) as found:
                    link.attempt(statement)
                assert found.value.kind == "denied" or "id," in statement or "DROP" in statement, statement


def test_rights_too_many_and_too_few_are_named(joint: Joint) -> None:
    at = "" if joint.family == POSTGRESQL else "@'%'"
    user = joint.addresses["gov"].user if joint.family == POSTGRESQL else f"'{joint.addresses['gov'].user}'{at}"
    joint.run(f"GRANT DELETE ON handled TO {user}")
    joint.run(f"REVOKE INSERT (urgent) ON gov_to_police FROM {user}")
    try:
        found = rights(joint)
    finally:
        joint.run(f"REVOKE DELETE ON handled FROM {user}")
        joint.run(f"GRANT INSERT (urgent) ON gov_to_police TO {user}")
    assert any("可以删除表 handled 的行，权限过大" in one for one in found)
    assert any("不能向表 gov_to_police 增加行" in one for one in found)
    assert len(spared(found)) == 2


def test_a_table_that_is_away_or_otherwise_is_named(joint: Joint) -> None:
    joint.run("ALTER TABLE handled RENAME TO elsewhere")
    try:
        assert any("没有表 handled" in one for one in rights(joint))
        with pytest.raises(ChannelDown, match="缺少约定的表"):
            list(joint.channel("gov", "gov").fetch("police"))
    finally:
        joint.run("ALTER TABLE elsewhere RENAME TO handled")


def test_rows_that_nobody_takes_are_told(two: Two) -> None:
    two.foreign("x", receiver="polise")
    two.joint.run("UPDATE gov_to_police SET written_at = written_at - INTERVAL '2' HOUR")
    assert any("由 gov 发给 polise 的 1 行" in one for one in rights(two.joint))


@pytest.mark.parametrize("family", FAMILIES)
def test_the_command_says_what_is_wrong_and_what_lies_apart(
    joints: Opened, family: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from liandong.peers.commands import main

    joint = joints(family)
    joint.clear()
    there = joint.addresses["police"]
    dsn = f"{family}://{there.user}:{there.password}@{there.host}:{there.port}/{there.database}"
    monkeypatch.setenv("MIDDB_DSN", dsn)
    file = tmp_path / "channels.toml"
    file.write_text('[[peers.gov]]\nkind = "middb"\nside = "police"\ntls = "off"\ndsn = { env = "MIDDB_DSN" }\n')
    where = ["--file", str(file), "--node", "police"]
    main(["middb", "check", *where])
    assert "权限" not in capsys.readouterr().out
    joint.run("INSERT INTO gov_to_police (sender, receiver, envelope) VALUES ('gov', 'police', 'x')")
    with closing(MidDb(there, "police", "police")) as channel:
        (parcel,) = channel.fetch("gov")
        channel.quarantine("gov", parcel.name, "不是JSON")
        assert main(["middb", "refused", *where]) == 0
        assert "不是JSON" in capsys.readouterr().out
        assert main(["middb", "refused", "--seen", parcel.name, "--why", "已告知对方", *where]) == 0
        assert channel.set_apart("gov") == 0
    assert main(["middb", "refused", "--seen", parcel.name, *where]) == 2
