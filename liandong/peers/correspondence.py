"""One node's correspondence with its peers: what it says by itself, so that all come to hold the same.

Beside the items of matters nodes say: that they are there and how far their own chain reaches (heartbeat), what they
hold (digest), and, restored from a backup, that they have to ask before they act again.

A restored node does not know what it said since the backup. Were it to take a step now, there could be two different
steps of one number. So it begins a new life: new numbers, new journals; it takes no step in an old matter before every
peer has told what it holds and has closed the old journal, so that nothing of it can still arrive. Calls, new matters
and dangers do not wait.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from liandong.kernel.canonical import moment
from liandong.peers.arrivals import Arrivals
from liandong.peers.filing import OFF
from liandong.peers.holdings import Matter, Note, Order, Peer, SignedStep
from liandong.peers.intray import Verdict
from liandong.peers.journal import kind_of, numbered
from liandong.peers.ledger import Head, Item, Name, by_day, days_apart, differences, extends, versioned

CHANGED = Verdict("conflict", "对账发现两边同一记录内容不同，请双方核对并保全证据。")
REWRITTEN = Verdict("conflict", "对方的链与其先前存放的链头不相接，过去的记录被改动，请核对并保全证据。")


class Correspondence(Arrivals):
    def start(self, now: datetime) -> None:
        """The node is there for the first time."""
        for code in self.others:
            self.store.put("peer", code, Peer(code, numbered(now)))
        self.store.commit()

    def restored(self, now: datetime) -> None:
        """The node goes on from a backup: a new life. One transaction; it may be begun again after a crash."""
        life = numbered(now)
        self.store.put("meta", "life", life)
        self.store.put("meta", "revisions from", life)
        self.store.put("meta", OFF, True)
        for code in self.others:
            self.new_journal(code, now)
            self.store.put("peer", code, replace(self.peer(code), awaited=True, answered=0))
            self.store.put("meta", f"told by {code}", None)  # it may be of a life before the backup
            self._dangers_again(code, now)
        self.store.commit()

    def _dangers_again(self, peer: str, now: datetime) -> None:
        """What lay unsent may have been a danger; it does not wait for the questions to be answered."""
        for held in self.store.all("transfer").values():
            matter = self.matter(held.matter)
            if held.replica.kind == "danger" and not held.replica.ended and matter and peer in matter.circle:
                for signed in held.steps:
                    self.tell(peer, "step", held.replica.transfer, signed.told(), now, urgent=True)

    def asks(self) -> list[tuple[str, bytes]]:
        """What a restored node says until it is answered, and to whom: all it holds, to hear what it lacks."""
        life = self.store.get("meta", "life")
        return [
            (
                code,
                self.say(code, "digest", code, {"about": "resume", "life": life, "lines": _listed(self.lines(code))}),
            )
            for code in self.others
            if self.peer(code).awaited
        ]

    def shared(self, peer: str) -> list[Matter]:
        """The matters in whose circle the peer is."""
        return [m for m in self.store.all("matter").values() if peer in m.circle]

    def account(self, peer: str) -> dict[Name, SignedStep | Note | Order]:
        """All that is held of matters shared with the peer, by name."""
        return {name_of(item): item for matter in self.shared(peer) for item in self.items(matter)}

    def lines(self, peer: str) -> dict[Name, str]:
        return {name: line_of(item) for name, item in self.account(peer).items()}

    def days(self, peer: str) -> dict[str, str]:
        """Day → digest of what is shared with the peer of matters opened on it."""
        return by_day(
            Item(day_of(matter), name_of(item), line_of(item))
            for matter in self.shared(peer)
            for item in self.items(matter)
        )

    def reconciles(self, peer: str) -> bytes:
        """The question with which reconciliation begins."""
        return self.say(peer, "digest", peer, {"about": "days", "days": self.days(peer)})

    def heartbeat(self, peer: str) -> bytes:
        """That the node is there, and how its chain goes on from what of it is deposited with the peer."""
        state, head = self.peer(peer), self.store.get("meta", "head") or Head()
        since = min(state.deposited, head.count)
        rows = [self.store.get("link", number) for number in range(since + 1, head.count + 1)]
        base = self.store.get("link", since)[1] if since else Head().head
        links = [link.hex() for link, _ in rows]
        said = {"count": head.count, "head": head.head.hex(), "since": since, "base": base.hex(), "links": links}
        data = {**said, "life": self.store.get("meta", "life") or 0, "deposited": state.deposit.count}
        return self.say(peer, "heartbeat", peer, data)

    def hear(self, message: Mapping[str, Any], now: datetime) -> list[tuple[str, bytes]]:
        """What is not an item. Returns answers (peer, message) that need no journal."""
        source, data = message["source"], message["data"]
        if message["kind"] == "heartbeat":
            self._deposit(source, data, message)
            return []
        if message["kind"] != "digest":
            return super().hear(message, now)
        about = data["about"]
        if about == "days":
            return self._compare_days(source, data["days"])
        if about == "lines":
            return self._compare_lines(source, data, now)
        if about == "resume":
            self._answer_restored(source, message, now)
        elif about == "resumed" and data["to"] == self.store.get("meta", "life"):
            # An answer to the question of an earlier life may come late; it is none to this one.
            self.store.put("meta", f"told by {source}", (message["journal"], message["serial"], data["lines"]))
        return []

    def receive(self, raws: Iterable[bytes], now: datetime) -> list[tuple[str, bytes]]:
        answers = super().receive(raws, now)
        if any(self._has_told(code) for code in self.others):
            self.go_on(now)
        return answers

    def _has_told(self, code: str) -> bool:
        state, told = self.peer(code), self.store.get("meta", f"told by {code}")
        return bool(state.awaited and told and told[0] == state.theirs and state.received.through >= told[1])

    def go_on(self, now: datetime) -> None:
        """A peer has told all it holds; after the last of them the node acts again. One transaction.

        Only then it tells each what that lacks: what one had of the former life another may never have got.
        """
        for code in self.others:
            if self._has_told(code):
                self.store.put("peer", code, replace(self.peer(code), awaited=False))
        if not any(self.peer(code).awaited for code in self.others):
            self.store.put("meta", OFF, None)
            for code in self.others:
                _, _, lines = self.store.get("meta", f"told by {code}")
                self._send_lacking(code, _unlisted(lines), now)
            for matter in list(self.store.all("matter").values()):
                self.settle_orders(matter, now)
        self.store.commit()

    def _answer_restored(self, source: str, message: Mapping[str, Any], now: datetime) -> None:
        """The peer was restored: tell it in a new journal what it lacks, and at last that this was all.

        Once a life, not once a journal: two restored nodes that ask each other begin new journals by their answers.
        """
        life = message["data"]["life"]
        if self.peer(source).answered >= life:
            return
        self.new_journal(source, now)
        self.store.put("peer", source, replace(self.peer(source), answered=life))
        self._send_lacking(source, _unlisted(message["data"]["lines"]), now)
        data = {"about": "resumed", "to": life, "lines": _listed(self.lines(source))}
        self.tell(source, "digest", source, data, now, urgent=False)

    def _send_lacking(self, peer: str, theirs: Mapping[Name, str], now: datetime) -> bool:
        """Tell the peer what it lacks. Returns whether something is lacking here."""
        self._tell_on(peer, theirs, now)
        account = self.account(peer)
        lacking = False
        for found in differences({name: line_of(item) for name, item in account.items()}, theirs):
            if found.finding == "missing_here":
                lacking = True
            elif found.finding == "changed":
                detail = {"subject": found.name[1], "name": found.name, "here": found.here, "there": found.there}
                self.set_aside(peer, CHANGED, detail)
            else:
                item = account[found.name]
                kind, subject = kind_of(item)
                self.tell(peer, kind, subject, item.told(), now, urgent=self._is_urgent(item))
        return lacking

    def _tell_on(self, peer: str, theirs: Iterable[Name], now: datetime) -> None:
        """Who was told of a matter once is told on, although the hand-over that brought it in was lost by a restore."""
        for kind, subject, _ in theirs:
            matter = self.matter(subject) if kind == "matter" else None
            if matter is not None and peer not in matter.circle:
                self.store.put("matter", subject, replace(matter, circle=matter.circle | {peer}))
                self.introduce(matter, peer, now)

    def _compare_days(self, source: str, theirs: Mapping[str, str]) -> list[tuple[str, bytes]]:
        apart = days_apart(self.days(source), theirs)
        return [(source, self._lines_of(source, apart, answer=True))] if apart else []

    def _lines_of(self, peer: str, days: Iterable[str], *, answer: bool) -> bytes:
        wanted = set(days)
        lines = {
            name_of(item): line_of(item)
            for matter in self.shared(peer)
            if day_of(matter) in wanted
            for item in self.items(matter)
        }
        data = {"about": "lines", "days": sorted(wanted), "lines": _listed(lines), "answer": answer}
        return self.say(peer, "digest", peer, data)

    def _compare_lines(self, source: str, data: Mapping[str, Any], now: datetime) -> list[tuple[str, bytes]]:
        theirs, wanted = _unlisted(data["lines"]), set(data["days"])
        # What is here of other days was not asked about.
        elsewhere = {
            name_of(item): line_of(item)
            for matter in self.shared(source)
            if day_of(matter) not in wanted
            for item in self.items(matter)
        }
        lacking = self._send_lacking(source, {**elsewhere, **theirs}, now)
        return [(source, self._lines_of(source, wanted, answer=False))] if lacking and data["answer"] else []

    def _deposit(self, source: str, data: Mapping[str, Any], message: Mapping[str, Any]) -> None:
        """Keep the peer's head if it extends the one kept here; else keep the proof that the past was changed."""
        state = self.peer(source)
        said = Head(data["count"], bytes.fromhex(data["head"]))
        if data["life"] < state.life:
            return
        if data["life"] > state.life:
            state = replace(state, life=data["life"], deposit=said, deposited=min(state.deposited, data["deposited"]))
        elif data["since"] <= state.deposit.count <= said.count:  # else it comes late, or begins where we are not yet
            links = [bytes.fromhex(link) for link in data["links"]]
            if not extends(state.deposit, Head(data["since"], bytes.fromhex(data["base"])), links, said):
                self.set_aside(source, REWRITTEN, message)
                return
            state = replace(state, deposit=said)
        self.store.put("peer", source, replace(state, deposited=data["deposited"]))


def name_of(item: SignedStep | Note | Order) -> Name:
    kind, subject = kind_of(item)
    if isinstance(item, SignedStep):
        return kind, subject, str(item.step.seq)
    return kind, subject, item.name if isinstance(item, Note) else item.desk


def line_of(item: SignedStep | Note | Order) -> str:
    digest = item.digest.hex()
    return versioned(item.revision, digest) if isinstance(item, Order) else digest


def day_of(matter: Matter) -> str:
    return moment(matter.opened_at)[:10]


def _listed(lines: Mapping[Name, str]) -> list[list[str]]:
    return [[*name, line] for name, line in sorted(lines.items())]


def _unlisted(lines: Iterable[list[str]]) -> dict[Name, str]:
    return {(kind, subject, which): line for kind, subject, which, line in lines}
