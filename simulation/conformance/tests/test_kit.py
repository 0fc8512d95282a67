"""The kit is tried on the simulated peer: whole, it passes every case; broken in one place, the right case fails."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from liandong.kernel.canonical import canonical
from liandong.kernel.clock import VirtualClock, now, running_on
from liandong.kernel.errors import LiandongError
from liandong.peers.envelope import Envelope, check, opened, parse, verify
from liandong.transfer.baton import compose
from liandong.transfer.replica import Replica, Step
from simulation.conformance import kit
from simulation.conformance.kit import CASES, Result, as_json, as_markdown, named, play
from simulation.conformance.session import Session
from simulation.peer.counterpart import Counterpart
from simulation.peer.desk import Manners
from simulation.peer.endpoint import Endpoint, Said
from simulation.peer.records import step_data
from simulation.peer.tests.test_counterpart import NOW, identity

QUICK = Manners(answers=timedelta(seconds=3), concludes=timedelta(days=1), refuses=0, hands_back=0)


class Line:
    """The implementation under test at the other end of a wire that loses nothing; it is its own operator."""

    kind = ""

    def __init__(self, peer: Counterpart, clock: VirtualClock) -> None:
        self.peer, self.clock = peer, clock

    def send(self, envelopes: Sequence[bytes]) -> None:
        self.peer.receive(envelopes, now())

    def fetch(self) -> list[bytes]:
        self.peer.act(now())
        return self.peer.outgoing(now())

    def turns(self, *, acts: bool) -> Iterator[None]:
        for _ in range(6 if acts else 3):
            yield
            self.clock.advance(seconds=2)

    def ask(self, what: str) -> None:
        """A danger that nobody answers; whoever believes that it was refused takes it back."""
        danger = "险情" in what
        self.peer.offer("联调" if danger else "【不答】联调", now(), "danger" if danger else "divert")


def tried(peer: Counterpart, *codes: str) -> tuple[Session, list[Result]]:
    clock = VirtualClock(NOW)
    with running_on(clock):
        line = Line(peer, clock)
        session = Session(identity("12345"), line, line)
        return session, play(session, named(codes))


def failing(results: Sequence[Result]) -> set[str]:
    return {one.case.code for one in results if one.outcome.verdict != "pass"}


def test_the_simulated_peer_passes_every_case() -> None:
    session, results = tried(Counterpart(identity("110"), 1, QUICK))
    assert {one.case.code: one.outcome.came for one in results if one.outcome.verdict != "pass"} == {}
    assert len(results) == len({one.code for one in CASES if one.on("")}) >= 50
    told = json.loads(json.dumps(as_json(session, results)))
    assert told["counts"] == {"pass": len(results), "fail": 0, "not_observable": 0}
    page = as_markdown(session, results)
    assert page.count("\n| 通过 |") == len(results)


def test_every_case_names_a_heading_of_the_protocol() -> None:
    pages = Path(__file__).resolve().parents[3] / "docs" / "protocols"
    for one in CASES:
        page = (pages / one.page).read_text()
        assert f"# {one.clause.split(' / ')[-1]}\n" in page, one.clause


class Silent(Counterpart):
    def outgoing(self, now: Any) -> list[bytes]:
        return []


class NeverActs(Counterpart):
    def act(self, now: Any) -> None: ...


def test_a_desk_that_never_acts_is_not_observable_and_nothing_else() -> None:
    _, results = tried(NeverActs(identity("110"), 1, QUICK), "snapshot", "offer", "fork", "danger", "resend")
    assert [one.outcome.verdict for one in results] == ["pass", "not_observable", "pass", *["not_observable"] * 2]


def test_a_silent_peer_fails_and_the_kit_comes_to_an_end() -> None:
    _, results = tried(Silent(identity("110"), 1, QUICK), "snapshot", "signature_bad", "gap", "exact")
    assert [one.outcome.verdict for one in results] == ["fail", "fail", "fail", "not_observable"]


# Broken implementations, each with the case that must notice.


def on_endpoint(**methods: Any) -> Callable[[], Counterpart]:
    """A peer whose line is an endpoint with these methods instead."""

    def made() -> Counterpart:
        peer = Counterpart(identity("110"), 1, QUICK)
        peer.line.__class__ = type("Broken", (Endpoint,), methods)
        return peer

    return made


def on_desk(**methods: Any) -> Callable[[], Counterpart]:
    return lambda: type("Broken", (Counterpart,), methods)(identity("110"), 1, QUICK)


def reads(*, trust: bool = True, fit: bool = True, mine: bool = True, seals: bool = True) -> Callable[..., Said]:
    """A reader that leaves out some of the looks."""

    def read(self: Endpoint, raw: bytes) -> Said:
        envelope = parse(raw)
        if mine:
            self.must_be_ours(envelope)
        if trust:
            verify(envelope, self.me.known, self.me.keys)
        if fit:
            check(envelope)
        try:
            return Said(envelope, opened(envelope, self.me.keys))
        except LiandongError:
            if seals:
                raise
            return Said(envelope, envelope.data)

    return read


def lenient(self: Endpoint, raw: bytes) -> Said:
    """A reader on an ordinary JSON library that checks the signature over what it was given, less the signature."""
    document = json.loads(raw.decode("utf-8", "replace"))
    envelope = Envelope(document, raw, str(document["type"]).split(".")[2], int(str(document["type"])[-1]))
    kept = {name: value for name, value in document.items() if name != "signature"}
    bare = json.dumps(kept, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
    key = self.me.known[document["keyid"]]
    if not self.me.keys.verify(key.public, bare, base64.b64decode(document["signature"])):
        return Said(parse(b""), {})
    return Said(envelope, document["data"])


def by_code_point(self: Endpoint, raw: bytes) -> Said:
    """Names sorted as UTF-8 has them, not as UTF-16."""
    envelope = parse(raw)
    document = {k: v for k, v in envelope.document.items() if k != "signature"}
    sorted_so = json.dumps(document, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()
    key = self.me.known[envelope.keyid]
    if not self.me.keys.verify(key.public, sorted_so, base64.b64decode(str(envelope.document["signature"]))):
        parse(b"")
    return Said(envelope, opened(envelope, self.me.keys))


def closed_schema(self: Endpoint, raw: bytes) -> Said:
    said = Endpoint.read(self, raw)
    if set(said.envelope.document) - {"subject"} - KNOWN or said.envelope.newer:
        parse(b"")
    return said


KNOWN = {"specversion", "id", "source", "type", "time", "datacontenttype", "dataschema", "receiver", "peerseq"} | {
    "urgent", "traceparent", "keyid", "data", "signature"
}  # fmt: skip


def no_second_receipt(self: Endpoint, raw: bytes) -> Said | None:
    owed = self.owes
    known = len(self.seen)
    said = Endpoint.take(self, raw)
    if len(self.seen) == known:
        self.owes = owed
    return said


def ignores_gaps(self: Endpoint, at: Any) -> bytes:
    through = max([self.received.through, *self.received.beyond])
    return self.write("receipt", {"stored_through": through, "stored": [], "refused": []}, at, serial=0)


def counts_ahead(self: Endpoint, at: Any) -> bytes:
    data = {"stored_through": self.received.through, "stored": [self.received.through + 500], "refused": []}
    return self.write("receipt", data, at, serial=0)


def believes(self: Endpoint, data: Any) -> None:
    for serial in [one for one in self.rows if one <= data["stored_through"]]:
        del self.rows[serial]


def forgets(self: Endpoint, rows: Any, at: Any) -> None:
    for row in rows:
        self.rows.pop(row.serial, None)


def seals_anew(self: Endpoint, at: Any) -> list[Any]:
    """What goes again is written again, with another moment under the same id."""
    from dataclasses import replace

    rows = Endpoint.due(self, at)
    made = []
    for row in rows:
        one = parse(row.raw)
        raw = self.write(row.kind, one.data, at, serial=row.serial, name=one.id) if row.tries else row.raw
        made.append(replace(row, raw=raw))
    return made


def takes_any(self: Counterpart, replica: Replica, step: Step) -> Replica:
    from dataclasses import replace

    from liandong.transfer.states import TRANSFER

    edge = next((one for one in TRANSFER.edges if one.verb == step.verb), None)
    return replace(replica, state=edge.target if edge else "offered", seq=step.seq, head=step.digest())


def last_wins(self: Counterpart, said: Said, at: Any) -> bool:
    """A second first step takes the place of the first."""
    number = said.data["transfer"]
    held = self.transfers.get(number)
    if held is not None and said.data["seq"] == 1 and held.replica.seq == 1:
        del self.transfers[number]
    return Counterpart._take_step(self, said, at)


def always_new(self: Endpoint, said: Said) -> bool:
    """No memory of ids; and the hand-over that comes again is accepted again."""
    return True


def begins_again(self: Counterpart, said: Said, at: Any) -> bool:
    held = self.transfers.get(said.data["transfer"])
    if held is not None and said.data["seq"] == 1 and held.steps[0].digest().hex() == said.data["hash"]:
        del self.transfers[said.data["transfer"]]
    return Counterpart._take_step(self, said, at)


def never_waits(self: Counterpart, said: Said, at: Any) -> bool:
    kept = list(self.waiting)
    done = Counterpart._take_step(self, said, at)
    self.waiting = kept
    return done


def blind(self: Counterpart, said: Said, at: Any) -> bool:
    """The hash is believed, not made anew."""
    step = Step.read(said.data)
    right = {**said.data, "hash": step.digest().hex()}
    return Counterpart._take_step(self, Said(said.envelope, right), at)


def refuses_all(self: Counterpart, held: Any, at: Any) -> None:
    if held.replica.state == "offered" and held.replica.holder == self.me.desk:
        body = {"code": "x", "basis": "x"}
        step = compose(held.replica, "refuse", self.me.desk, "x", body, {}, at)
        self.line.tell("step", step_data(step, held.origin_order), at)
        self.transfers.pop(held.replica.transfer)


def open_caller(self: Endpoint, kind: str, data: Any, at: Any, *, urgent: bool = False) -> Any:
    """The hash of a step is not that of its content."""
    return Endpoint.tell(self, kind, {**data, "hash": "ab" * 32} if kind == "step" else data, at, urgent=urgent)


def drops_unknown(self: Counterpart, said: Said, at: Any) -> bool:
    """Keeps of a step's body what it knows, and makes the hash of that."""
    body = {name: value for name, value in said.data["body"].items() if name in BODY}
    kept = {**said.data, "body": body}
    return Counterpart._take_step(self, Said(said.envelope, {**kept, "hash": Step.read(kept).digest().hex()}), at)


BODY = {"matter", "target", "urgency", "reason", "signal", "result", "text", "code", "basis"}


def signs_badly(self: Endpoint, kind: str, data: Any, at: Any, **more: Any) -> bytes:
    """By another user id than the agreed one, say: nobody can verify it."""
    raw, other = (json.loads(Endpoint.write(self, kind, data, at, **more)) for _ in range(2))
    return canonical({**raw, "id": other["id"], "signature": raw["signature"]})


def skips(self: Endpoint, kind: str, data: Any, at: Any, *, urgent: bool = False) -> Any:
    self.serial += 1
    return Endpoint.tell(self, kind, data, at, urgent=urgent)


MUTANTS: dict[str, tuple[Callable[[], Counterpart], set[str]]] = {
    "no signature": (
        on_endpoint(read=reads(trust=False)),
        {"signature_bad", "bit_flipped", "key_unknown"},
    ),
    "any receiver": (on_endpoint(read=reads(mine=False)), {"receiver_other"}),
    "no schema": (
        on_endpoint(read=reads(fit=False, seals=False)),
        {"data_unfit", "subject", "seal_other"},
    ),
    "lenient json": (on_endpoint(read=lenient), {"duplicate_key", "too_deep", "too_large", "nul", "big_integer"}),
    "by code point": (on_endpoint(read=by_code_point), {"canonical"}),
    "closed schema": (on_endpoint(read=closed_schema), {"unknown_field", "next_version"}),
    "one receipt only": (on_endpoint(take=no_second_receipt), {"duplicate", "replay", "signed_anew"}),
    "gaps ignored": (on_endpoint(receipt=ignores_gaps), {"gap"}),
    "receipt for the unsent": (on_endpoint(receipt=counts_ahead), {"exact"}),
    "believes a receipt ahead": (on_endpoint(hear=believes), {"receipt_ahead"}),
    "sent once": (on_endpoint(tried=forgets), {"resend"}),
    "written anew": (on_endpoint(due=seals_anew), {"resend", "their_words"}),
    "any step": (on_desk(applied=takes_any), {"no_baton", "no_edge"}),
    "any author": (on_desk(_must_be_theirs=lambda self, author: None), {"others_desk"}),
    "last wins": (on_desk(_take_step=last_wins), {"fork"}),
    "hash believed": (on_desk(_take_step=blind), {"wrong_hash"}),
    "never waits": (on_desk(_take_step=never_waits), {"step_first"}),
    "danger refused": (on_desk(_act_in=refuses_all), {"danger"}),
    "wrong hashes": (on_endpoint(tell=open_caller), {"their_words"}),
    "unknown fields forgotten": (on_desk(_take_step=drops_unknown), {"unknown_in_step"}),
    "refusal of a danger believed": (on_desk(applied=takes_any), {"unrefusable"}),
    "signed badly": (on_endpoint(write=signs_badly), {"snapshot", "their_words"}),
    "serials left out": (on_endpoint(tell=skips), {"their_words"}),
}


@pytest.mark.parametrize("name", MUTANTS)
def test_a_broken_implementation_fails_the_right_case(name: str) -> None:
    made, expected = MUTANTS[name]
    _, results = tried(made(), "snapshot", "offer", *expected)
    assert expected <= {one.case.code for one in results if one.outcome.verdict == "fail"}


def test_an_implementation_without_memory_has_more_than_one_effect() -> None:
    peer = on_desk(_take_step=begins_again)()
    peer.line.__class__ = type("Broken", (Endpoint,), {"is_new": always_new})
    _, results = tried(peer, "offer", "one_effect")
    assert failing(results) == {"one_effect"}
    assert kit.counted(results)["fail"] == 1
