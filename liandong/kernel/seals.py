"""Chinese commercial cryptography: SM3 digests, keyed SM3 for blind indexes, SM4-GCM for sealed fields."""

from __future__ import annotations

import os
from collections.abc import Iterable
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes, hmac
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from liandong.kernel.errors import LiandongError

NONCE_BYTES = 12
TAG_BYTES = 16


class SealBroken(LiandongError):
    code = "seal_broken"
    status = 500
    message = "加密字段无法解密，请联系系统管理员核对密钥。"


def sm3(data: bytes) -> bytes:
    """The 32-byte SM3 digest (GB/T 32905)."""
    return sm3_of([data])


def sm3_of(pieces: Iterable[bytes]) -> bytes:
    """The same of the pieces one after the other."""
    digest = hashes.Hash(hashes.SM3())
    for piece in pieces:
        digest.update(piece)
    return digest.finalize()


def blind(key: bytes, text: str) -> bytes:
    """A keyed digest (HMAC-SM3, 32 bytes): equal texts can be found without being readable."""
    mac = _keyed(key).copy()
    mac.update(text.encode())
    return mac.finalize()


@lru_cache(maxsize=8)
def _keyed(key: bytes) -> hmac.HMAC:
    return hmac.HMAC(key, hashes.SM3())


def seal(key: bytes, text: str, *, bound_to: str) -> bytes:
    """Encrypt `text` with SM4-GCM: nonce (12) + ciphertext + tag (16).

    `bound_to` names the place the field lives in; a sealed value copied to another place does not open.
    """
    return seal_bytes(key, text.encode(), bound_to=bound_to.encode())


def seal_bytes(key: bytes, data: bytes, *, bound_to: bytes) -> bytes:
    """The same for bytes."""
    nonce = os.urandom(NONCE_BYTES)
    box = Cipher(algorithms.SM4(key), modes.GCM(nonce)).encryptor()
    box.authenticate_additional_data(bound_to)
    return nonce + box.update(data) + box.finalize() + box.tag


def unseal(key: bytes, sealed: bytes | memoryview, *, bound_to: str) -> str:
    """Open what `seal` closed. Raises SealBroken when a bit differs, the key is wrong or the place is another."""
    try:
        return unseal_bytes(key, sealed, bound_to=bound_to.encode()).decode()
    except UnicodeDecodeError as why:
        raise SealBroken from why


def unseal_bytes(key: bytes, sealed: bytes | memoryview, *, bound_to: bytes) -> bytes:
    """The same for bytes; `sealed` may come straight from a database row. Raises SealBroken."""
    whole = bytes(sealed)
    nonce, body, tag = whole[:NONCE_BYTES], whole[NONCE_BYTES:-TAG_BYTES], whole[-TAG_BYTES:]
    try:
        box = Cipher(algorithms.SM4(key), modes.GCM(nonce, tag)).decryptor()
        box.authenticate_additional_data(bound_to)
        return box.update(body) + box.finalize()
    except (InvalidTag, ValueError) as why:
        raise SealBroken from why
