"""SM2 (GB/T 32918) on the system's libcrypto, version 3 or newer: sign, verify, encrypt, decrypt, keys in PEM.

A signature is DER (`SEQUENCE {r, s}`) over SM3(ZA‖M) with the user id `1234567812345678`; a ciphertext is DER
(GM/T 0009: `SEQUENCE {x, y, SM3, ciphertext}`). A `Key` may be used by several threads at once.
"""

from __future__ import annotations

import ctypes
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from ctypes import POINTER, byref, c_char_p, c_int, c_long, c_size_t, c_uint, c_ulong, c_void_p
from functools import cache
from typing import Any

from liandong.kernel.errors import LiandongError

USER_ID = b"1234567812345678"
_OLDEST = 3
# By its soname first: looking for a library starts the compiler or ldconfig, which a small container may not have.
_SONAMES = ("libcrypto.so.3", "libcrypto.so.4", "libcrypto-3-x64.dll", "libcrypto.3.dylib")

_P, _PP = c_void_p, POINTER(c_void_p)
_SIGNATURES: dict[str, tuple[Any, tuple[Any, ...]]] = {
    "OPENSSL_version_major": (c_uint, ()),
    "ERR_clear_error": (None, ()),
    "ERR_get_error": (c_ulong, ()),
    "ERR_error_string_n": (None, (c_ulong, c_char_p, c_size_t)),
    "BIO_new_mem_buf": (_P, (c_char_p, c_int)),
    "BIO_new": (_P, (_P,)),
    "BIO_s_mem": (_P, ()),
    "BIO_ctrl": (c_long, (_P, c_int, c_long, _P)),
    "BIO_read": (c_int, (_P, c_char_p, c_int)),
    "BIO_free": (c_int, (_P,)),
    "PEM_read_bio_PrivateKey": (_P, (_P, _P, _P, _P)),
    "PEM_read_bio_PUBKEY": (_P, (_P, _P, _P, _P)),
    "PEM_write_bio_PKCS8PrivateKey": (c_int, (_P, _P, _P, _P, c_int, _P, _P)),
    "PEM_write_bio_PUBKEY": (c_int, (_P, _P)),
    "EVP_sm3": (_P, ()),
    "EVP_MD_CTX_new": (_P, ()),
    "EVP_MD_CTX_free": (None, (_P,)),
    "EVP_MD_CTX_set_pkey_ctx": (None, (_P, _P)),
    "EVP_DigestSignInit": (c_int, (_P, _PP, _P, _P, _P)),
    "EVP_DigestSign": (c_int, (_P, c_char_p, POINTER(c_size_t), c_char_p, c_size_t)),
    "EVP_DigestVerifyInit": (c_int, (_P, _PP, _P, _P, _P)),
    "EVP_DigestVerify": (c_int, (_P, c_char_p, c_size_t, c_char_p, c_size_t)),
    "EVP_PKEY_CTX_new_from_name": (_P, (_P, c_char_p, c_char_p)),
    "EVP_PKEY_CTX_new_from_pkey": (_P, (_P, _P, c_char_p)),
    "EVP_PKEY_CTX_set1_id": (c_int, (_P, c_char_p, c_int)),
    "EVP_PKEY_CTX_free": (None, (_P,)),
    "EVP_PKEY_keygen_init": (c_int, (_P,)),
    "EVP_PKEY_generate": (c_int, (_P, _PP)),
    "EVP_PKEY_encrypt_init": (c_int, (_P,)),
    "EVP_PKEY_encrypt": (c_int, (_P, c_char_p, POINTER(c_size_t), c_char_p, c_size_t)),
    "EVP_PKEY_decrypt_init": (c_int, (_P,)),
    "EVP_PKEY_decrypt": (c_int, (_P, c_char_p, POINTER(c_size_t), c_char_p, c_size_t)),
    "EVP_PKEY_is_a": (c_int, (_P, c_char_p)),
    "EVP_PKEY_free": (None, (_P,)),
}
_BIO_CTRL_PENDING = 10


class Sm2Missing(LiandongError):
    code = "sm2_missing"
    status = 503
    message = "本机没有支持SM2的加密库：请安装OpenSSL 3.0或更高版本（libcrypto，须含SM2），然后重新启动。"


class Sm2KeyUnfit(LiandongError):
    """No key, no SM2 key, or one that is closed by a password."""

    code = "sm2_key_unfit"
    status = 500
    message = "密钥无法读取：应为PEM格式、不加口令的SM2密钥（私钥PKCS#8，公钥SPKI）。"


class Sm2Failed(LiandongError):
    """libcrypto refused; `why` is its own word."""

    code = "sm2_failed"
    status = 500
    message = "SM2运算失败，请联系系统管理员核对密钥和加密库。"


class NotForThisKey(Sm2Failed):
    """What was to be decrypted was changed, or encrypted for another key."""

    code = "sm2_not_for_this_key"
    status = 422
    message = "密文无法解密：内容被改动，或不是用本端公钥加密的。"


@cache
def _library() -> Any:
    """libcrypto with its functions declared. Raises Sm2Missing."""
    found = _open(_SONAMES)
    try:
        for name, (result, given) in _SIGNATURES.items():
            function = getattr(found, name)
            function.restype, function.argtypes = result, given
    except AttributeError as why:
        raise Sm2Missing(why=str(why)) from None
    if found.OPENSSL_version_major() < _OLDEST:
        raise Sm2Missing(why=f"libcrypto {found.OPENSSL_version_major()}")
    context = found.EVP_PKEY_CTX_new_from_name(None, b"SM2", None)
    if not context:
        found.ERR_clear_error()
        raise Sm2Missing(why="libcrypto without SM2")
    found.EVP_PKEY_CTX_free(context)
    return found


def _open(names: tuple[str, ...]) -> ctypes.CDLL:
    for name in names:
        try:
            return ctypes.CDLL(name)
        except OSError:
            continue
    from ctypes.util import find_library  # imports subprocess, which pure files must not

    found = find_library("crypto")
    if found is None:
        raise Sm2Missing(why="no libcrypto")
    try:
        return ctypes.CDLL(found)
    except OSError as why:
        raise Sm2Missing(why=str(why)) from None


def require() -> None:
    """Raises Sm2Missing where this machine cannot do SM2."""
    _library()


class Key:
    """An SM2 key, private or public. Made by `generate`, `private`, `public`; freed with the object."""

    def __init__(self, pointer: int, *, private: bool) -> None:
        self._pointer = pointer
        self.private = private
        weakref.finalize(self, _library().EVP_PKEY_free, pointer)

    def sign(self, data: bytes) -> bytes:
        """The DER signature, 70 to 72 bytes as a rule. Raises Sm2KeyUnfit for a public key, Sm2Failed."""
        self._needs_private()
        crypto, length = _library(), c_size_t(128)
        with self._digesting(crypto.EVP_DigestSignInit) as context:
            made = ctypes.create_string_buffer(length.value)
            _done(crypto.EVP_DigestSign(context, made, byref(length), data, len(data)))
        return made.raw[: length.value]

    def verify(self, data: bytes, signature: bytes) -> bool:
        """Whether `signature` is this key's over `data`; what is no DER is simply not."""
        crypto = _library()
        with self._digesting(crypto.EVP_DigestVerifyInit) as context:
            result = crypto.EVP_DigestVerify(context, signature, len(signature), data, len(data))
            crypto.ERR_clear_error()
        return bool(result == 1)

    def encrypt(self, data: bytes) -> bytes:
        """`data` (at least one byte) for whoever has the private key. Raises Sm2Failed."""
        crypto = _library()
        return self._through(crypto.EVP_PKEY_encrypt_init, crypto.EVP_PKEY_encrypt, data, Sm2Failed)

    def decrypt(self, data: bytes) -> bytes:
        """What `encrypt` closed. Raises NotForThisKey, Sm2KeyUnfit for a public key."""
        self._needs_private()
        crypto = _library()
        return self._through(crypto.EVP_PKEY_decrypt_init, crypto.EVP_PKEY_decrypt, data, NotForThisKey)

    def private_pem(self) -> str:
        """PKCS#8, not closed by a password."""
        self._needs_private()
        crypto = _library()
        return _pem(lambda bio: crypto.PEM_write_bio_PKCS8PrivateKey(bio, self._pointer, None, None, 0, None, None))

    def public_pem(self) -> str:
        """SPKI."""
        return _pem(lambda bio: _library().PEM_write_bio_PUBKEY(bio, self._pointer))

    def _needs_private(self) -> None:
        if not self.private:
            raise Sm2KeyUnfit("此处需要私钥，给出的是公钥。")

    @contextmanager
    def _digesting(self, begin: Callable[..., int]) -> Iterator[int]:
        """A context that digests for this key, with the user id set; freed whatever happens."""
        crypto = _library()
        crypto.ERR_clear_error()
        context = crypto.EVP_MD_CTX_new()
        inner = crypto.EVP_PKEY_CTX_new_from_pkey(None, self._pointer, None)
        try:
            _done(context and inner and crypto.EVP_PKEY_CTX_set1_id(inner, USER_ID, len(USER_ID)))
            crypto.EVP_MD_CTX_set_pkey_ctx(context, inner)
            _done(begin(context, None, crypto.EVP_sm3(), None, self._pointer))
            yield context
        finally:
            crypto.EVP_MD_CTX_free(context)
            crypto.EVP_PKEY_CTX_free(inner)

    def _through(
        self, begin: Callable[..., int], run: Callable[..., int], data: bytes, error: type[Sm2Failed]
    ) -> bytes:
        crypto, length = _library(), c_size_t()
        crypto.ERR_clear_error()
        context = crypto.EVP_PKEY_CTX_new_from_pkey(None, self._pointer, None)
        try:
            _done(context and begin(context), error)
            _done(run(context, None, byref(length), data, len(data)), error)
            made = ctypes.create_string_buffer(max(1, length.value))
            _done(run(context, made, byref(length), data, len(data)), error)
            return made.raw[: length.value]
        finally:
            crypto.EVP_PKEY_CTX_free(context)


def generate() -> Key:
    """A new private key. Raises Sm2Missing, Sm2Failed."""
    crypto, made = _library(), c_void_p()
    crypto.ERR_clear_error()
    context = crypto.EVP_PKEY_CTX_new_from_name(None, b"SM2", None)
    try:
        _done(context and crypto.EVP_PKEY_keygen_init(context))
        _done(crypto.EVP_PKEY_generate(context, byref(made)))
    finally:
        crypto.EVP_PKEY_CTX_free(context)
    return Key(int(made.value or 0), private=True)


def private(pem: str) -> Key:
    """The private key of a PEM text. Raises Sm2KeyUnfit."""
    return _read(pem, "PEM_read_bio_PrivateKey", private=True)


def public(pem: str) -> Key:
    """The public key of a PEM text. Raises Sm2KeyUnfit."""
    return _read(pem, "PEM_read_bio_PUBKEY", private=False)


def _read(pem: str, reader: str, *, private: bool) -> Key:
    crypto, text = _library(), pem.encode()
    crypto.ERR_clear_error()
    bio = crypto.BIO_new_mem_buf(text, len(text))
    try:
        # The last two: no callback, and as its argument an empty password, so that nobody is asked at a terminal.
        pointer = getattr(crypto, reader)(bio, None, None, ctypes.cast(c_char_p(b""), c_void_p)) if bio else None
    finally:
        crypto.BIO_free(bio)
    if not pointer:
        raise Sm2KeyUnfit(why=_why())
    key = Key(pointer, private=private)
    if crypto.EVP_PKEY_is_a(pointer, b"SM2") != 1:
        raise Sm2KeyUnfit("该密钥不是SM2密钥。")
    return key


def _pem(write: Callable[[int], int]) -> str:
    crypto = _library()
    crypto.ERR_clear_error()
    bio = crypto.BIO_new(crypto.BIO_s_mem())
    try:
        _done(bio and write(bio))
        length = crypto.BIO_ctrl(bio, _BIO_CTRL_PENDING, 0, None)
        made = ctypes.create_string_buffer(length)
        _done(crypto.BIO_read(bio, made, length) == length)
        return made.raw.decode("ascii")
    finally:
        crypto.BIO_free(bio)


def _done(result: int | bool | None, error: type[Sm2Failed] = Sm2Failed) -> None:
    if result is None or int(result) <= 0:
        raise error(why=_why())


def _why() -> str:
    """What libcrypto says of the last failure; its queue of errors is empty afterwards."""
    crypto = _library()
    code = crypto.ERR_get_error()
    text = ctypes.create_string_buffer(256)
    if code:
        crypto.ERR_error_string_n(code, text, len(text))
    crypto.ERR_clear_error()
    return text.value.decode("ascii", "replace")
