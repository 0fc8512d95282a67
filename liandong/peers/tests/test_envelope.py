"""The envelope: what is sent comes back, whatever was changed on the way is found, each refusal has its name."""

from __future__ import annotations

import base64
import random
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from liandong.kernel.canonical import canonical
from liandong.kernel.errors import LiandongError
from liandong.kernel.jsontext import BadEncoding, BadJson, DuplicateKey, TooDeep, TooLarge
from liandong.kernel.seals import sm3
from liandong.peers.envelope import (
    MESSAGE_BYTES,
    SPOKEN,
    UNNUMBERED,
    Heading,
    PeerKey,
    build,
    message_id,
    opened,
    parse,
    read,
    sign,
)
from liandong.peers.errors import (
    AttributeMissing,
    AttributeUnfit,
    DataUnfit,
    MessageUnknown,
    NotAnEnvelope,
    PersonalUnsealed,
    SenderKeyUnknown,
    SignatureBad,
    WrongReceiver,
    WrongSpecversion,
)
from liandong.peers.tests.published import KEYID, KNOWN, PUBLIC, RECIPIENT, PublishedKey
from liandong.peers.tests.test_schemas import EXAMPLES, NAMES, load

KEYS = PublishedKey()
AT = datetime(2026, 11, 24, 1, 10, tzinfo=UTC)
DATA = [name for name in NAMES if not name.startswith("envelope.")]
SIGNED = [name for name in NAMES if name.startswith("envelope.")]


def heading(kind: str, **other: Any) -> Heading:
    given = {"serial": 0 if kind in UNNUMBERED else 17, "source": "xz110", "receiver": "xz12345", "keyid": KEYID}
    return Heading(**{"id": message_id(AT, bytes(10)), "at": AT, **given, **other})


def made(name: str, **other: Any) -> bytes:
    kind = name.split(".")[0]
    return build(kind, load(name), heading(kind, **other), KEYS, RECIPIENT)


def received(raw: bytes) -> Any:
    return read(raw, me="xz12345", known=KNOWN, keys=KEYS)


def changed(raw: bytes, **attributes: Any) -> bytes:
    """The message with attributes changed (None: left out) and signed anew: what a peer itself might send."""
    document = {**orjson.loads(raw), **attributes}
    return sign({name: value for name, value in document.items() if value is not None}, KEYS)


STEP = made("step.offer.json")


@pytest.mark.parametrize("name", DATA)
def test_every_example_comes_back_as_it_was_sent(name: str) -> None:
    kind = name.split(".")[0]
    envelope = received(made(name, urgent=True, traceparent=f"00-{'a' * 32}-{'b' * 16}-01"))
    assert opened(envelope, KEYS) == load(name)
    assert (envelope.kind, envelope.version, envelope.newer) == (kind, 1, False)
    assert (envelope.source, envelope.receiver, envelope.serial) == (
        "xz110",
        "xz12345",
        0 if kind in UNNUMBERED else 17,
    )
    assert (envelope.at, envelope.urgent, envelope.keyid) == (AT, True, KEYID)
    assert envelope.subject == load(name).get("transfer", load(name).get("linkage_number", ""))
    assert envelope.traceparent.startswith("00-aaa")


@pytest.mark.parametrize("name", SIGNED)
def test_the_signed_examples_are_taken_in_any_layout(name: str) -> None:
    pretty = received((EXAMPLES / name).read_bytes())
    bare = received(canonical(load(name)))
    assert pretty.digest == bare.digest
    opened(pretty, KEYS)


def test_what_is_sent_is_canonical() -> None:
    assert canonical(orjson.loads(STEP)) == STEP


@pytest.mark.parametrize("name", DATA)
def test_a_bit_flipped_in_any_byte_is_found(name: str) -> None:
    raw, chance = made(name), random.Random(name)
    for place in range(len(raw)):
        flipped = bytearray(raw)
        flipped[place] ^= 1 << chance.randrange(8)
        with pytest.raises(LiandongError):
            received(bytes(flipped))


def test_every_single_flipped_bit_of_a_step_is_found() -> None:
    for bit in range(len(STEP) * 8):
        flipped = bytearray(STEP)
        flipped[bit // 8] ^= 1 << bit % 8
        with pytest.raises(LiandongError):
            received(bytes(flipped))


@pytest.mark.parametrize("name", SIGNED)
def test_a_flipped_bit_of_a_message_laid_out_by_another_is_found_or_changes_nothing(name: str) -> None:
    """Blanks between the words are not under the signature; a flip there that is still a blank says the same."""
    raw = (EXAMPLES / name).read_bytes()
    whole, chance = received(raw).digest, random.Random(name)
    for place in range(len(raw)):
        flipped = bytearray(raw)
        flipped[place] ^= 1 << chance.randrange(8)
        try:
            found = received(bytes(flipped))
        except LiandongError:
            continue
        assert found.digest == whole
        assert raw[place : place + 1].isspace()


@settings(max_examples=60)
@given(st.binary(max_size=300), st.integers(0, len(STEP)))
def test_whatever_comes_is_a_message_or_a_named_refusal(junk: bytes, place: int) -> None:
    for raw in (junk, STEP[:place] + junk + STEP[place:], STEP[:place]):
        try:
            found = received(raw)
        except LiandongError as why:
            said = why.message
        else:
            said = "。" if found.raw == raw else ""
        assert said.endswith(("。", "？"))


REFUSED: dict[str, tuple[Callable[[], bytes], type[LiandongError]]] = {
    "not JSON": (lambda: b"<xml/>", BadJson),
    "not UTF-8": (lambda: '{"a": "联动"}'.encode("gb18030"), BadEncoding),
    "an attribute twice": (lambda: STEP.replace(b'"id":', b'"id":"x","id":', 1), DuplicateKey),
    "a field of the data twice": (lambda: STEP.replace(b'"seq":1', b'"seq":1,"seq":1'), DuplicateKey),
    "nested too deep": (lambda: b'{"a":' * 40 + b"1" + b"}" * 40, TooDeep),
    "an array": (lambda: b"[]", NotAnEnvelope),
    "a number no two readers read alike": (
        lambda: STEP.replace(b'"peerseq":17', b'"peerseq":17,"n":9007199254740993'),
        NotAnEnvelope,
    ),
    "too big": (lambda: changed(STEP, padding="x" * MESSAGE_BYTES), TooLarge),
    "another specversion": (lambda: changed(STEP, specversion="2.0"), WrongSpecversion),
    "a specversion that is a number": (lambda: changed(STEP, specversion=1.0), WrongSpecversion),
    "no id": (lambda: changed(STEP, id=None), AttributeMissing),
    "no specversion": (lambda: changed(STEP, specversion=None), AttributeMissing),
    "no data": (lambda: changed(STEP, data=None), AttributeMissing),
    "no signature": (lambda: STEP.replace(b'"signature"', b'"signaturf"'), AttributeMissing),
    "data that is text": (lambda: changed(STEP, data="x"), AttributeUnfit),
    "a serial that is text": (lambda: changed(STEP, peerseq="17"), AttributeUnfit),
    "a serial below nothing": (lambda: changed(STEP, peerseq=-1), AttributeUnfit),
    "a step outside the journal": (lambda: changed(STEP, peerseq=0), AttributeUnfit),
    "an id that is no UUID": (lambda: changed(STEP, id="17"), AttributeUnfit),
    "urgent as text": (lambda: changed(STEP, urgent="true"), AttributeUnfit),
    "a source of another shape": (lambda: changed(STEP, source="xz110"), AttributeUnfit),
    "a time without a zone": (lambda: changed(STEP, time="2026-11-24T01:10:00"), AttributeUnfit),
    "a subject of another transfer": (lambda: changed(STEP, subject="140900T2026112400000013A"), AttributeUnfit),
    "a schema of another message": (lambda: changed(STEP, dataschema="urn:liandong:message:note:v1"), AttributeUnfit),
    "somebody else's mail": (lambda: made("step.offer.json", receiver="xz119"), WrongReceiver),
    "a key nobody entered": (lambda: changed(STEP, keyid="nobody"), SenderKeyUnknown),
    "a key entered for another node": (lambda: made("step.offer.json", source="xz119"), SenderKeyUnknown),
    "a signature over something else": (
        lambda: canonical({**orjson.loads(STEP), "signature": orjson.loads(made("step.accept.json"))["signature"]}),
        SignatureBad,
    ),
    "a signature that is no base64": (
        lambda: canonical({**orjson.loads(STEP), "signature": "abc"}),
        SignatureBad,
    ),
    "a changed field": (lambda: STEP.replace(b'"seq":1', b'"seq":2'), SignatureBad),
    "an attribute added on the way": (lambda: STEP.replace(b'"peerseq":17', b'"peerseq":17,"added":1'), SignatureBad),
    "a type that is none": (lambda: changed(STEP, type="com.example.step"), MessageUnknown),
    "a message nobody knows": (
        lambda: changed(STEP, type="cn.liandong.gossip.v1", dataschema="urn:liandong:message:gossip:v1"),
        MessageUnknown,
    ),
    "data without what it needs": (lambda: changed(STEP, data={"transfer": "x"}), DataUnfit),
    "a code nobody knows": (lambda: changed(STEP, data={**load("step.offer.json"), "verb": "shrug"}), DataUnfit),
    "null for what is absent": (lambda: changed(STEP, data={**load("step.offer.json"), "person": None}), DataUnfit),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_each_refusal_has_its_name_and_says_it_in_chinese(case: str) -> None:
    raw, error = REFUSED[case]
    with pytest.raises(error) as caught:
        received(raw())
    assert type(caught.value) is error
    assert any("一" <= c <= "鿿" for c in caught.value.message)


def test_a_refusal_of_data_names_the_field() -> None:
    with pytest.raises(DataUnfit) as caught:
        received(changed(STEP, data={**load("step.offer.json"), "verb": "shrug"}))
    assert [(c.field, c.code) for c in caught.value.complaints] == [("/verb", "not_in_list")]
    assert "accept（签收）" in caught.value.message


def test_what_this_version_does_not_know_is_kept_and_under_the_signature() -> None:
    data = {
        **load("step.offer.json"),
        "mood": {"深": [1, 2.5]},
        "body": {**load("step.offer.json")["body"], "new": "新"},
    }
    hashed = {name: value for name, value in data.items() if name not in ("hash", "mood")}
    from liandong.kernel.seals import sm3

    raw = changed(STEP, data={**data, "hash": sm3(canonical(hashed)).hex()}, shelf="7")
    envelope = received(raw)
    assert envelope.data["mood"] == {"深": [1, 2.5]}
    assert envelope.document["shelf"] == "7"
    for before, after in ((b'"shelf":"7"', b'"shelf":"8"'), ("新".encode(), "旧".encode())):
        with pytest.raises(SignatureBad):
            received(raw.replace(before, after))


def test_a_message_of_a_newer_version_is_verified_kept_and_not_judged() -> None:
    newer = {"type": "cn.liandong.step.v2", "dataschema": "urn:liandong:message:step:v2"}
    envelope = received(changed(STEP, **newer, data={"quite": "different"}))
    assert (envelope.newer, envelope.version, envelope.data) == (True, 2, {"quite": "different"})
    assert envelope.complaints
    assert opened(envelope, KEYS) == {"quite": "different"}
    assert received(changed(STEP, **newer)).complaints == ()
    with pytest.raises(SignatureBad):
        received(changed(STEP, **newer).replace(b'"seq":1', b'"seq":2'))


def test_the_same_message_signed_twice_is_one_and_another_under_its_id_is_not() -> None:
    again = made("step.offer.json")
    assert again != STEP
    assert parse(again).digest == parse(STEP).digest
    assert parse(made("step.accept.json")).digest != parse(STEP).digest


def test_the_largest_part_of_a_document_fits_and_leaves_no_byte_and_no_name_open() -> None:
    full = bytes(range(256)) * 1024
    part = {**load("attachment.photo.json"), "part_digest": sm3(full).hex(), "bytes": base64.b64encode(full).decode()}
    raw = build("attachment", part, heading("attachment"), KEYS, RECIPIENT)
    assert len(raw) < MESSAGE_BYTES // 2
    assert [one for one in (part["name"], part["about"], part["bytes"][:40]) if one in raw.decode()] == []
    assert opened(received(raw), KEYS) == part
    with pytest.raises(PersonalUnsealed):
        build("attachment", part, heading("attachment"), KEYS)
    more = base64.b64encode(full + b"xxx").decode()
    with pytest.raises(DataUnfit):
        opened(received(build("attachment", {**part, "bytes": more}, heading("attachment"), KEYS, RECIPIENT)), KEYS)
    with pytest.raises(TooLarge):
        build("attachment", {**part, "extra": "x" * MESSAGE_BYTES}, heading("attachment"), KEYS, RECIPIENT)


def test_our_own_mistakes_are_found_before_anything_leaves() -> None:
    with pytest.raises(DataUnfit):
        build("step", {**load("step.offer.json"), "seq": 0}, heading("step"), KEYS)
    with pytest.raises(AttributeUnfit):
        build("step", load("step.offer.json"), heading("step", serial=0), KEYS)
    with pytest.raises(AttributeUnfit):
        build("receipt", load("receipt.gap.json"), heading("receipt", serial=5), KEYS)


def test_message_ids_are_uuids_ordered_by_time() -> None:
    first, second = message_id(AT, b"\xff" * 10), message_id(AT.replace(second=1), bytes(10))
    assert first < second
    import uuid

    assert uuid.UUID(first).version == 7
    assert uuid.UUID(first).variant == uuid.RFC_4122


def test_a_key_of_another_peer_with_the_same_id_does_not_help() -> None:
    with pytest.raises(SenderKeyUnknown):
        read(STEP, me="xz12345", known={KEYID: PeerKey("xz119", PUBLIC)}, keys=KEYS)


def test_every_kind_has_a_version() -> None:
    assert set(SPOKEN.values()) == {1}
    assert set(SPOKEN) > UNNUMBERED
