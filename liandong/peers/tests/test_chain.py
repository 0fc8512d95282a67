"""An exported chain, judged from the file alone: whatever was done to it, the first line that shows it is named."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from liandong.kernel import ids, sm2
from liandong.kernel.canonical import canonical
from liandong.kernel.keys import PublicKeys
from liandong.kernel.seals import sm3
from liandong.peers.chain import Findings, check_chain, step_data
from liandong.peers.envelope import build, sign
from liandong.peers.tests.published import PUBLIC, PublishedKey
from liandong.peers.tests.test_envelope import heading
from liandong.transfer.replica import GENESIS, Step

AT = datetime(2026, 11, 24, 1, 10, tzinfo=UTC)
NUMBER = ids.compose("140900", "T", AT.date(), 12)
MATTER = ids.compose("140900", "L", AT.date(), 1)
KEYS = PublishedKey()
# The published key under a name for each of the two nodes.
HOMES = {"110": "xz110", "12345": "xz12345"}
PUBLICS = dict.fromkeys(HOMES.values(), PUBLIC)


def chain(*moves: tuple[str, str, dict[str, Any]]) -> list[Step]:
    steps: list[Step] = []
    for seq, (verb, author, body) in enumerate(moves, start=1):
        prev = steps[-1].digest() if steps else GENESIS
        at = AT + timedelta(minutes=seq)
        steps.append(Step(NUMBER, seq, "divert", verb, author, "李某", at, body, {"accept_by": at}, prev))
    return steps


OFFER = ("offer", "110", {"matter": MATTER, "target": "12345", "urgency": "ordinary"})
STEPS = chain(
    OFFER,
    ("refuse", "12345", {"code": "not_ours", "basis": "清单"}),
    ("offer_again", "110", {}),
    ("accept", "12345", {}),
    ("conclude", "12345", {"result": "solved", "text": "已办"}),
    ("not_solved", "110", {"code": "again"}),
    ("conclude", "12345", {"result": "solved", "text": "再办"}),
    ("confirm", "110", {}),
)


def bare(steps: Sequence[Step]) -> list[bytes]:
    return [canonical(step_data(step)) for step in steps]


def signed(steps: Sequence[Step]) -> list[bytes]:
    return [
        build("step", step_data(step), heading("step", source=home, keyid=home, serial=step.seq), KEYS)
        for step in steps
        for home in [HOMES[step.author]]
    ]


def checked(lines: Sequence[bytes], publics: dict[str, str] | None = None, head: str = "") -> Findings:
    return check_chain(lines, PublicKeys(), publics, head)


def rehashed(lines: Sequence[bytes], place: int, **fields: Any) -> list[bytes]:
    """The chain with fields of one step changed and its own hash made anew, as a clever forger would."""
    data = {**orjson.loads(lines[place]), **fields}
    data["hash"] = sm3(canonical({name: value for name, value in data.items() if name != "hash"})).hex()
    return [*lines[:place], canonical(data), *lines[place + 1 :]]


def test_a_whole_chain_passes_with_and_without_signatures() -> None:
    found = checked(bare(STEPS))
    assert found == Findings(8, NUMBER, "confirmed", STEPS[-1].digest().hex())
    assert checked(signed(STEPS)).intact
    assert checked(signed(STEPS), PUBLICS) == replace(found, signed=8)
    assert checked([b"", *bare(STEPS), b"\n"]).intact
    assert "已确认" in found.chinese


def test_every_beginning_of_a_chain_is_a_chain() -> None:
    for length in range(1, len(STEPS) + 1):
        assert checked(bare(STEPS[:length])).steps == length


BROKEN: dict[str, tuple[Callable[[], Sequence[bytes]], int, str]] = {
    "nothing": (list, 1, "not_a_step"),
    "only blanks": (lambda: [b"", b"  "], 2, "not_a_step"),
    "no JSON": (lambda: [*bare(STEPS)[:2], b"{"], 3, "bad_json"),
    "another message": (lambda: [*bare(STEPS)[:2], b"{}"], 3, "not_a_step"),
    "a note among the steps": (
        lambda: [build("receipt", {"stored_through": 0, "stored": [], "refused": []}, heading("receipt"), KEYS)],
        1,
        "not_a_step",
    ),
    "a step left out": (lambda: [*bare(STEPS)[:2], *bare(STEPS)[3:]], 3, "out_of_order"),
    "the beginning left out": (lambda: bare(STEPS)[1:], 1, "out_of_order"),
    "a step twice": (lambda: [*bare(STEPS)[:2], *bare(STEPS)[1:]], 3, "out_of_order"),
    "two steps swapped": (lambda: [bare(STEPS)[i] for i in (0, 2, 1, 3)], 2, "out_of_order"),
    "a field changed": (
        lambda: [line.replace("再办".encode(), "在办".encode()) for line in bare(STEPS)],
        7,
        "hash_wrong",
    ),
    "a step rewritten with its hash": (lambda: rehashed(bare(STEPS), 3, person="张某"), 5, "chain_broken"),
    "a step of another transfer": (
        lambda: rehashed(bare(STEPS), 3, transfer=ids.compose("140900", "T", AT.date(), 13)),
        4,
        "chain_broken",
    ),
    "a step by who has no baton": (lambda: bare(chain(OFFER, ("accept", "110", {}))), 2, "not_holder"),
    "a step the table does not know": (
        lambda: bare(chain(OFFER, ("conclude", "12345", {"result": "solved", "text": "x"}))),
        2,
        "no_such_edge",
    ),
    "a step after the end": (
        lambda: bare(chain(*((s.verb, s.author, dict(s.body)) for s in STEPS), ("accept", "12345", {}))),
        9,
        "no_such_edge",
    ),
    "a step without its basis": (lambda: bare(chain(OFFER, ("refuse", "12345", {}))), 2, "data_unfit"),
}  # fmt: skip


@pytest.mark.parametrize("case", BROKEN)
def test_the_first_broken_line_is_named(case: str) -> None:
    lines, number, code = BROKEN[case]
    found = checked(lines())
    assert (found.broken_line, found.code) == (number, code)
    assert f"第{number}行" in found.chinese


@given(st.data())
def test_a_byte_changed_anywhere_is_found(data: st.DataObject) -> None:
    lines = bare(STEPS)
    place = data.draw(st.integers(0, len(lines) - 1))
    where = data.draw(st.integers(0, len(lines[place]) - 1))
    changed = bytearray(lines[place])
    changed[where] ^= 1 << data.draw(st.integers(0, 7))
    lines[place] = bytes(changed)
    assert not checked(lines).intact


def test_with_keys_every_line_must_be_signed_by_one_of_them() -> None:
    lines = signed(STEPS)
    assert checked(bare(STEPS), PUBLICS).code == "not_signed"
    assert checked([*lines[:4], bare(STEPS)[4]], PUBLICS) == replace(
        checked(lines[:4], PUBLICS), broken_line=5, code="not_signed", why="该行没有签名，无法用给出的公钥核验。"
    )
    assert checked(lines, {"other": PUBLIC}).code == "sender_key_unknown"
    assert checked(lines, {**PUBLICS, "xz110": sm2.generate().public_pem()}).code == "signature_bad"
    moved = [lines[0].replace(b'"peerseq":1', b'"peerseq":2'), *lines[1:]]
    assert (checked(moved).intact, checked(moved, PUBLICS).code) == (True, "signature_bad")


def test_a_second_node_that_signs_for_a_desk_is_noticed() -> None:
    lines = signed(STEPS)
    lines[2] = sign({**orjson.loads(lines[2]), "source": "/nodes/xz119", "keyid": "xz119"}, KEYS)
    found = checked(lines, {**PUBLICS, "xz119": PUBLIC})
    assert (found.broken_line, found.code) == (3, "two_nodes")


def test_one_node_cannot_write_a_chain_alone_under_the_names_of_two() -> None:
    lines = [sign({**orjson.loads(line), "keyid": "xz110"}, KEYS) for line in signed(STEPS)]
    found = checked(lines, PUBLICS)
    assert (found.broken_line, found.code) == (2, "key_of_two_nodes")


def test_one_bit_flipped_anywhere_in_a_signed_file_is_found() -> None:
    """Each byte once, another bit of it each time: line ends, attributes, signatures and contents alike."""
    content = b"".join(line + b"\n" for line in signed(STEPS[:1]))
    for place in range(len(content)):
        changed = bytearray(content)
        changed[place] ^= 1 << place % 8
        assert not checked(bytes(changed).split(b"\n"), PUBLICS).intact, (place, place % 8)


def test_a_deposited_head_must_be_on_the_way() -> None:
    lines, deposited = bare(STEPS), STEPS[4].digest().hex()
    assert checked(lines, head=deposited.upper()).intact
    assert checked(lines[:4], head=deposited).code == "head_missing"
    rewritten = chain(OFFER, ("accept", "12345", {}))
    assert checked(bare(rewritten), head=deposited).code == "head_missing"
