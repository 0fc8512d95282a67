"""The protocol page: every block of its worked example is made again, and its tables are those of the code."""

from __future__ import annotations

import base64
import re
from pathlib import Path

import orjson
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from liandong.kernel import sm2
from liandong.kernel.canonical import canonical
from liandong.kernel.errors import LiandongError
from liandong.kernel.seals import sm3
from liandong.kernel.tests.sm2keys import private_pem, public_pem
from liandong.peers.envelope import Envelope, PeerKey, read
from liandong.peers.sealing import ALWAYS, IF_SECRET, unseal
from liandong.peers.tests.published import PublishedKey
from liandong.transfer.states import CLOSED_TO_THE_UNREFUSABLE, HOLDER, TRANSFER

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "protocols" / "linkage.md").read_text(encoding="utf-8")
BLOCKS = dict(re.findall(r"<!-- example: (\w+) -->\n```text\n(.*?)\n```", PAGE, re.DOTALL))
# The recommended curve of GB/T 32918.5: a, b, and the base point.
CURVE = (
    "FFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFC"
    "28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93"
    "32C4AE2C1F1981195F9904466A39C9948FE30BBFF2660BE1715A4589334C74C7"
    "BC3736A2F4F6779C59BDCEE36B692153D0A9877CC62A474002DF32E52139F0A0"
)


def values(block: str) -> dict[str, str]:
    return dict(line.split(" = ", 1) for line in BLOCKS[block].splitlines())


def test_the_step_and_its_hash() -> None:
    content = BLOCKS["step"].encode()
    assert canonical(orjson.loads(content)) == content
    assert sm3(content).hex() == BLOCKS["hash"]


def test_the_signed_bytes_hold_the_step_and_are_canonical() -> None:
    signed = orjson.loads(BLOCKS["signed"])
    assert canonical(signed) == BLOCKS["signed"].encode()
    assert signed["data"] == {**orjson.loads(BLOCKS["step"]), "hash": BLOCKS["hash"]}


def test_za_and_e_by_hand() -> None:
    key = values("key")
    za = sm3(b"\x00\x80" + sm2.USER_ID + bytes.fromhex(CURVE + key["x"] + key["y"]))
    assert za.hex() == BLOCKS["za"]
    assert sm3(za + BLOCKS["signed"].encode()).hex() == BLOCKS["e"]


def test_the_signature_and_the_whole_message() -> None:
    key = values("key")
    public = public_pem(key["x"], key["y"])
    assert sm2.private(private_pem(key["d"], key["x"], key["y"])).public_pem() == public
    assert sm2.public(public).verify(BLOCKS["signed"].encode(), base64.b64decode(BLOCKS["signature"]))
    raw = orjson.dumps({**orjson.loads(BLOCKS["signed"]), "signature": BLOCKS["signature"]})
    known = {"annex-a": PeerKey("xz110", public)}
    envelope: Envelope = read(raw, me="xz12345", known=known, keys=PublishedKey())
    assert envelope.kind == "step"


def test_the_sealed_field_by_hand_and_by_us() -> None:
    given = values("seal")
    box = Cipher(algorithms.SM4(bytes.fromhex(given["key"])), modes.GCM(bytes.fromhex(given["nonce"]))).encryptor()
    box.authenticate_additional_data(given["associated"].encode())
    closed = box.update(given["plaintext"].encode()) + box.finalize()
    assert base64.b64encode(bytes.fromhex(given["nonce"]) + closed + box.tag).decode() == BLOCKS["closed"]
    assert PublishedKey().decrypt("", base64.b64decode(BLOCKS["sealkey"])).hex() == given["key"]
    message, pointer = given["associated"].split("/", 1)
    sealed = {"keyid": "annex-a", "key": BLOCKS["sealkey"], "fields": {f"/{pointer}": BLOCKS["closed"]}}
    found = unseal({"order": {"caller": {}}, "sealed": sealed}, message=message, keys=PublishedKey())
    assert found == {"order": {"caller": {"phone": "13500000000"}}}


def test_the_table_of_states_is_the_one_that_is_followed() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (\S+) \| (origin|target) \| (.*) \|$", PAGE, re.MULTILINE)
    told = {state: (label, side, re.findall(r"`(\w+)` [^`]+ → `(\w+)`", edges)) for state, label, side, edges in rows}
    assert told == {
        state: (label, HOLDER[state], [(e.verb, e.target) for e in TRANSFER.edges if e.source == state])
        for state, label in TRANSFER.states.items()
        if state not in TRANSFER.ends
    }
    assert all(f"`{verb}`" in PAGE for verb in CLOSED_TO_THE_UNREFUSABLE)


def test_the_sealed_fields_are_those_of_the_page() -> None:
    for path in (*ALWAYS["matter"], *IF_SECRET["matter"]):
        assert f"`{path}`" in PAGE


def test_the_codes_of_the_page_are_those_of_the_refusals() -> None:
    from liandong.peers import errors

    part = PAGE[PAGE.index("## Receiving") : PAGE.index("## Journal")]
    told = {
        code
        for row in part.splitlines()
        if row.startswith("| ")
        for code in re.findall(r"`([a-z_]+)`", row.split(" | ")[1])
    }
    told |= set(re.findall(r"\(`([a-z_]+)`\)", part))  # what is refused when it is stored already
    ours = {
        error.code
        for error in vars(errors).values()
        if isinstance(error, type) and issubclass(error, LiandongError) and error.__module__ == errors.__name__
    }
    outside = {"personal_unsealed", "not_a_step", "not_signed", "hash_wrong", "two_nodes", "head_missing"}
    outside |= {
        "channel_down",
        "peer_key_missing",
        "key_of_two_nodes",
        "other_source",
        "receipt_ahead",
        "certificate_unknown",
        "unstorable",
    }
    outside |= {"certificate_unknown", "not_ready"}  # of the connection, not of a message
    assert ours - outside <= told
