"""Personal fields on the way: nobody but the receiver reads them, and they open in their own place only."""

from __future__ import annotations

import base64
from typing import Any

import orjson
import pytest

from liandong.kernel import sm2
from liandong.kernel.keys import FolderKeys
from liandong.peers.envelope import build, opened, read, sign
from liandong.peers.errors import DataUnfit, PersonalUnsealed, SealUnfit
from liandong.peers.sealing import Recipient, personal, seal, unseal
from liandong.peers.tests.published import KNOWN, RECIPIENT, PublishedKey
from liandong.peers.tests.test_envelope import heading, made
from liandong.peers.tests.test_schemas import load

KEYS = PublishedKey()
MATTER = load("matter.police.json")
SECRETS = ("王某某", "13500000000", "示例路18号", "112.73")


def received(raw: bytes) -> Any:
    return read(raw, me="xz12345", known=KNOWN, keys=KEYS)


def test_nothing_personal_of_a_secret_caller_stands_in_what_is_sent() -> None:
    raw = made("matter.police.json")
    assert [secret for secret in SECRETS if secret in raw.decode()] == []
    envelope = received(raw)
    assert personal("matter", envelope.data) == ()
    assert opened(envelope, KEYS) == MATTER


def test_the_address_stays_open_where_no_secrecy_was_asked_for() -> None:
    data = {**MATTER, "order": {**MATTER["order"], "caller": {**MATTER["order"]["caller"], "secret": False}}}
    raw = build("matter", data, heading("matter"), KEYS, RECIPIENT).decode()
    assert "示例路18号" in raw
    assert "王某某" not in raw


def test_personal_fields_never_leave_open() -> None:
    with pytest.raises(PersonalUnsealed) as caught:
        build("matter", MATTER, heading("matter"), KEYS)
    assert "/order/caller/phone" in caught.value.extra["fields"]
    build("matter", load("matter.smallest.json"), heading("matter"), KEYS)


def test_only_the_receiver_opens_them() -> None:
    class Another(PublishedKey):
        def __init__(self) -> None:
            self._key = sm2.generate()

    with pytest.raises(SealUnfit):
        opened(received(made("matter.police.json")), Another())


def test_a_key_the_receiver_no_longer_has_is_told(tmp_path: Any) -> None:
    keys = FolderKeys(tmp_path)
    sealed = seal(
        MATTER, personal("matter", MATTER), message="m", recipient=Recipient("old", keys.make("old")), keys=keys
    )
    assert unseal(sealed, message="m", keys=keys) == MATTER
    (tmp_path / "old.key.pem").unlink()
    with pytest.raises(SealUnfit):
        unseal(sealed, message="m", keys=FolderKeys(tmp_path))


def sealed() -> dict[str, Any]:
    return seal(MATTER, personal("matter", MATTER), message="m", recipient=RECIPIENT, keys=KEYS)


def test_every_message_has_a_key_of_its_own() -> None:
    first, second = sealed()["sealed"], sealed()["sealed"]
    assert first["key"] != second["key"]
    mixed = {**sealed(), "sealed": {**first, "key": second["key"]}}
    with pytest.raises(SealUnfit):
        unseal(mixed, message="m", keys=KEYS)


def test_a_sealed_field_opens_in_no_other_message_and_in_no_other_place() -> None:
    document = sealed()
    with pytest.raises(SealUnfit):
        unseal(document, message="another", keys=KEYS)
    fields = document["sealed"]["fields"]
    name, phone = "/order/caller/name", "/order/caller/phone"
    fields[name], fields[phone] = fields[phone], fields[name]
    with pytest.raises(SealUnfit):
        unseal(document, message="m", keys=KEYS)


def test_any_flipped_bit_of_a_sealed_field_or_key_is_found() -> None:
    document = sealed()
    places = [("key", document["sealed"]), ("/order/caller/phone", document["sealed"]["fields"])]
    for name, holder in places:
        whole = holder[name]
        closed = base64.b64decode(whole)
        for place in range(len(closed)):
            changed = bytearray(closed)
            changed[place] ^= 1
            holder[name] = base64.b64encode(bytes(changed)).decode()
            with pytest.raises(SealUnfit):
                unseal(document, message="m", keys=KEYS)
        holder[name] = whole
    assert unseal(document, message="m", keys=KEYS) == MATTER


@pytest.mark.parametrize("path", ["/linkage_number", "/order/title", "/order/title/deeper", "nowhere", ""])
def test_a_sealed_field_cannot_take_the_place_of_what_was_seen_in_the_open(path: str) -> None:
    data = {**MATTER, "other": {"value": "x"}}
    document = seal(data, ["/other/value"], message="m", recipient=RECIPIENT, keys=KEYS)
    key = KEYS.decrypt("", base64.b64decode(document["sealed"]["key"]))
    from liandong.kernel.seals import seal as close

    document["sealed"]["fields"] = {path: base64.b64encode(close(key, '"x"', bound_to="m" + path)).decode()}
    with pytest.raises(SealUnfit):
        unseal(document, message="m", keys=KEYS)


def test_what_was_sealed_is_judged_by_the_schema_when_it_is_opened() -> None:
    data = {**MATTER, "order": {**MATTER["order"], "caller": {"phone": "13500000000"}}}
    raw = build("matter", data, heading("matter"), KEYS, RECIPIENT)
    document = orjson.loads(raw)
    bad = {**data, "order": {**data["order"], "caller": {"phone": "<script>"}}}
    document["data"] = seal(bad, ["/order/caller/phone"], message=document["id"], recipient=RECIPIENT, keys=KEYS)
    envelope = received(sign(document, KEYS))
    with pytest.raises(DataUnfit) as caught:
        opened(envelope, KEYS)
    assert caught.value.complaints[0].field == "/order/caller/phone"


def test_names_with_slashes_and_tildes_go_and_come() -> None:
    data = {"a/b": {"c~d": 1.5}, "rest": True}
    document = seal(data, ["/a~1b/c~0d"], message="m", recipient=RECIPIENT, keys=KEYS)
    assert document["a/b"] == {}
    assert unseal(document, message="m", keys=KEYS) == data
