"""SM2 as published, as the openssl program does it, and as several threads use it."""

from __future__ import annotations

import ctypes
import re
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from liandong.kernel import sm2
from liandong.kernel.tests.sm2keys import NUMBER, X, Y, der, private_pem, public_pem
from tests.shared import shared

MESSAGE = b"message digest"
R = "F5A03B0648D2C4630EEAC513E1BB81A15944DA3827D5B74143AC7EACEEE720B3"
S = "B1B6AA29DF212FD8763182BC0D421CA1BB9038FD1F7F42D4840B69C485BBC1AA"
OPENSSL = shutil.which("openssl")
RAW = ["-rawin", "-digest", "sm3", "-pkeyopt", "distid:1234567812345678"]


@pytest.fixture(scope="module")
def key() -> sm2.Key:
    return sm2.private(private_pem(NUMBER, X, Y))


def test_the_signature_published_in_gb_t_32918_5_is_good() -> None:
    """Also the proof that the user id and its ZA are those of the standard: with another id it would be false."""
    public = sm2.public(public_pem(X, Y))
    assert public.verify(MESSAGE, der(R, S))
    assert not public.verify(b"message digesT", der(R, S))


def test_the_published_numbers_are_those_beside_the_repository() -> None:
    text = shared("interop", "gmt-sm", "SM2-GBT32918.5-annexA.txt").read_text()
    case = dict(re.findall(r"^(\w+)\s*= ([0-9A-F]+)", text, re.MULTILINE))
    assert (case["dA"], case["xA"], case["yA"], case["r"], case["s"]) == (NUMBER, X, Y, R, S)
    assert (bytes.fromhex(case["M"]), bytes.fromhex(case["ID"])) == (MESSAGE, sm2.USER_ID)


def test_a_private_key_knows_its_public_half(key: sm2.Key) -> None:
    assert key.public_pem() == public_pem(X, Y)
    assert sm2.private(key.private_pem()).public_pem() == public_pem(X, Y)


@settings(max_examples=40)
@given(st.binary(max_size=2000))
def test_what_was_signed_is_good_and_good_for_nothing_else(key: sm2.Key, data: bytes) -> None:
    signature = key.sign(data)
    assert key.verify(data, signature)
    assert not key.verify(data + b"\0", signature)
    assert not sm2.generate().verify(data, signature)


def test_any_flipped_bit_of_a_signature_is_found(key: sm2.Key) -> None:
    signature = key.sign(MESSAGE)
    for bit in range(len(signature) * 8):
        changed = bytearray(signature)
        changed[bit // 8] ^= 1 << bit % 8
        assert not key.verify(MESSAGE, bytes(changed)), bit


@pytest.mark.parametrize("signature", [b"", b"\0", b"\x30\x00", b"x" * 64, b"\x30\x84\xff\xff\xff\xff" + b"\x02" * 70])
def test_what_is_no_signature_is_not_good_and_breaks_nothing(key: sm2.Key, signature: bytes) -> None:
    assert not key.verify(MESSAGE, signature)
    assert not key.verify(MESSAGE, key.sign(MESSAGE) + b"\0")
    assert key.verify(MESSAGE, key.sign(MESSAGE))


@settings(max_examples=40)
@given(st.binary(min_size=1, max_size=300))
def test_what_was_encrypted_comes_back_and_twice_encrypted_looks_different(key: sm2.Key, data: bytes) -> None:
    first, second = (sm2.public(public_pem(X, Y)).encrypt(data) for _ in range(2))
    assert first != second
    assert key.decrypt(first) == key.decrypt(second) == data


def test_a_changed_ciphertext_or_one_for_another_does_not_open(key: sm2.Key) -> None:
    closed = key.encrypt(b"0123456789abcdef")
    for place in range(len(closed)):
        changed = bytearray(closed)
        changed[place] ^= 1
        with pytest.raises(sm2.NotForThisKey):
            key.decrypt(bytes(changed))
    with pytest.raises(sm2.NotForThisKey):
        sm2.generate().decrypt(closed)


@pytest.mark.parametrize(
    "pem", ["", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", public_pem(X, Y)]
)
def test_what_is_no_private_key_is_said_so(pem: str) -> None:
    with pytest.raises(sm2.Sm2KeyUnfit) as caught:
        sm2.private(pem)
    assert "PEM" in caught.value.message


def test_a_key_of_another_curve_is_refused() -> None:
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    pem = ec.generate_private_key(ec.SECP256R1()).public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )  # fmt: skip
    with pytest.raises(sm2.Sm2KeyUnfit, match="不是SM2密钥"):
        sm2.public(pem.decode())


def test_a_public_key_neither_signs_nor_decrypts(key: sm2.Key) -> None:
    public = sm2.public(public_pem(X, Y))
    with pytest.raises(sm2.Sm2KeyUnfit):
        public.sign(MESSAGE)
    with pytest.raises(sm2.Sm2KeyUnfit):
        public.decrypt(key.encrypt(MESSAGE))


def test_threads_share_a_key(key: sm2.Key) -> None:
    def both(number: int) -> bool:
        data = b"%d" % number
        other = sm2.public(public_pem(X, Y))
        return other.verify(data, key.sign(data)) and key.decrypt(other.encrypt(data)) == data

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(both, range(400)))


def _use_everything() -> None:
    key = sm2.private(private_pem(NUMBER, X, Y))
    closed = key.encrypt(key.sign(MESSAGE))
    assert not sm2.public(key.public_pem()).verify(MESSAGE, b"no")
    for wrong in (lambda: key.decrypt(closed[:-1]), lambda: sm2.private("no"), lambda: key.encrypt(b"")):
        with pytest.raises((sm2.Sm2Failed, sm2.Sm2KeyUnfit)):
            wrong()
    key.private_pem()


def test_contexts_and_keys_are_given_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """Counted at the library: as many contexts, buffers and keys are freed as were made, also when something fails."""
    crypto, alive = sm2._library(), dict[str, int]()

    def counting(name: str, kind: str, step: int) -> None:
        real = getattr(crypto, name)

        def counted(*given: object) -> object:
            result = real(*given)
            alive[kind] = alive.get(kind, 0) + (step if step < 0 or result else 0)
            return result

        monkeypatch.setattr(crypto, name, counted)

    for name, kind, step in (
        ("EVP_MD_CTX_new", "digest", 1),
        ("EVP_MD_CTX_free", "digest", -1),
        ("EVP_PKEY_CTX_new_from_pkey", "context", 1),
        ("EVP_PKEY_CTX_new_from_name", "context", 1),
        ("EVP_PKEY_CTX_free", "context", -1),
        ("BIO_new_mem_buf", "buffer", 1),
        ("BIO_new", "buffer", 1),
        ("BIO_free", "buffer", -1),
        ("PEM_read_bio_PrivateKey", "key", 1),
        ("PEM_read_bio_PUBKEY", "key", 1),
        ("EVP_PKEY_free", "key", -1),
    ):
        counting(name, kind, step)
    _use_everything()
    assert alive == {"digest": 0, "context": 0, "buffer": 0, "key": 0}


@pytest.mark.skipif(OPENSSL is None, reason="no openssl program")
def test_the_openssl_program_and_we_agree_on_signatures_and_ciphertexts(tmp_path: Path) -> None:
    def run(*words: str | Path) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run([str(OPENSSL), *map(str, words)], cwd=tmp_path, capture_output=True, check=False)

    key = sm2.generate()
    (tmp_path / "key").write_text(key.private_pem())
    (tmp_path / "pub").write_text(key.public_pem())
    (tmp_path / "data").write_bytes("联动".encode() * 100)
    (tmp_path / "ours").write_bytes(key.sign((tmp_path / "data").read_bytes()))
    checked = run("pkeyutl", "-verify", "-pubin", "-inkey", "pub", "-in", "data", "-sigfile", "ours", *RAW)
    assert checked.returncode == 0, checked.stderr
    assert run("pkeyutl", "-sign", "-inkey", "key", "-in", "data", "-out", "theirs", *RAW).returncode == 0
    assert key.verify((tmp_path / "data").read_bytes(), (tmp_path / "theirs").read_bytes())

    (tmp_path / "closed").write_bytes(key.encrypt(b"0123456789abcdef"))
    assert run("pkeyutl", "-decrypt", "-inkey", "key", "-in", "closed").stdout == b"0123456789abcdef"
    (tmp_path / "plain").write_bytes(b"fedcba9876543210")
    run("pkeyutl", "-encrypt", "-pubin", "-inkey", "pub", "-in", "plain", "-out", "closed2")
    assert key.decrypt((tmp_path / "closed2").read_bytes()) == b"fedcba9876543210"


def test_without_the_library_the_first_use_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ctypes.util.find_library", lambda name: None)
    with pytest.raises(sm2.Sm2Missing) as caught:
        sm2._open(("libcrypto-there-is-none.so",))
    assert "OpenSSL 3.0" in caught.value.message


def test_a_library_without_sm2_is_told_from_one_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    sm2._library.cache_clear()
    monkeypatch.setattr(sm2, "_open", lambda names: ctypes.CDLL(None))  # a C library has none of the functions
    try:
        with pytest.raises(sm2.Sm2Missing):
            sm2.require()
    finally:
        monkeypatch.undo()
        sm2._library.cache_clear()
    sm2.require()
