"""The example client of docs/protocols, in Node.js and knowing nothing but those pages, hands over to a real node."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

from config import pgfiles
from liandong.kernel.clock import SystemClock
from tests import cast
from tests.cast import HOTLINE
from tests.ferries import Ferries
from tests.joined import Joined
from tests.node import node
from tests.secured import Secured

CLIENT = Path(__file__).resolve().parents[2] / "docs" / "protocols" / "examples" / "node-client" / "client.mjs"


class Client:
    """The program in the place of the node `police`, with its keys."""

    def __init__(self, net: Ferries, **channel: Any) -> None:
        self._config = net.root / "client.json"
        given = {
            "me": "police",
            "peer": "gov",
            "desk": "110",
            "target": "12345",
            "division": "140900",
            "ordinal": 1,
            "keyid": "police-1",
            "key": "police/keys/police-1.key.pem",
            "known": {"gov-1": "gov/keys/gov-1.pub.pem"},
            "state": "client-state.json",
        }
        self._config.write_text(json.dumps({**given, **channel}))

    def does(self, *verb: str) -> list[dict[str, Any]]:
        run = [node(), str(CLIENT), str(self._config), *verb]
        done = subprocess.run(run, capture_output=True, text=True, check=False, timeout=60)
        assert done.returncode == 0, done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()]


def hands_over(net: Ferries, client: Client) -> None:
    from liandong.transfer.models import Transfer

    net.clock.move_to(SystemClock().now())
    (said, *_) = client.does("offer", "车库门口被堵，𠮷某要求挪车")
    net.turn("gov")
    with net.at("gov"):
        row = Transfer.objects.select_related("origin_order").get(number=said["offered"])
        assert (row.state, row.origin, row.target) == ("offered", "110", "12345")
        assert row.origin_order.title == "车库门口被堵，𠮷某要求挪车"
        cast.step(row, "accept", by=HOTLINE)
    net.turn("gov")
    heard = client.does("turn")
    steps = [one for one in heard if "verb" in one]
    assert [(one["transfer"], one["verb"], one["prev"]) for one in steps] == [(row.number, "accept", "verified")]
    assert client.does("turn") == [], "settled: nothing comes again"
    net.turn("gov")
    assert net.journal("gov")[1] == 0, "the client's receipt is taken"
    state = json.loads((net.root / "client-state.json").read_text())
    assert state["out"] == {}, "and the node's is, at the client"


def by_database(net: Joined) -> Client:
    there = net.joint.addresses["police"]
    env = {"PGHOST": there.host, "PGPORT": str(there.port), "PGUSER": there.user, "PGPASSWORD": there.password}
    psql = pgfiles.installed()[0] / pgfiles.INSIDE / "bin" / "psql"
    return Client(net, channel="middb", side="police", psql=str(psql), env={**env, "PGDATABASE": there.database})


def test_a_client_written_from_the_pages_alone_hands_over_by_the_joint_database(joined: Joined) -> None:
    hands_over(joined, by_database(joined))
    assert joined.joint.handled("refused") == []


def test_what_is_changed_in_the_joint_database_the_client_sets_apart(joined: Joined) -> None:
    client = by_database(joined)
    joined.offer(joined.order())
    joined.turn("gov")
    joined.joint.run("UPDATE gov_to_police SET envelope = replace(envelope, 'offer', 'award')")
    heard = client.does("turn")
    assert "signature_bad" in {one.get("why") for one in heard}


def test_a_client_written_from_the_pages_alone_hands_over_by_https(secured: Secured) -> None:
    secured.fetching = frozenset({"police"})
    secured.deployed("gov")
    https = {
        "address": f"https://127.0.0.1:{secured.ports['gov']}",
        "certificate": "certs/police.crt.pem",
        "key": "certs/police.tls.pem",
        "ca": "certs/ca.crt.pem",
    }
    hands_over(secured, Client(secured, channel="https", https=https))
