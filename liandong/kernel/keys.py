"""Where a node's keys are: a protocol anything may stand behind, and the provider that reads PEM files of a folder.

Private keys never leave their provider: it is asked to sign and to decrypt. Public keys are SPKI PEM texts.
"""

from __future__ import annotations

import os
import re
from functools import lru_cache
from pathlib import Path
from typing import Protocol

from liandong.kernel import sm2
from liandong.kernel.errors import Conflict, LiandongError, NotFound
from liandong.kernel.seals import sm3

_ID = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]{0,63}")
PRIVATE, PUBLIC = ".key.pem", ".pub.pem"
# Read, written or searched by anybody but the owner.
_OTHERS = 0o077


class KeyUnknown(NotFound):
    code = "key_unknown"
    message = "没有这个密钥，请核对密钥编号和密钥目录。"


class KeyOpenToOthers(LiandongError):
    code = "key_open_to_others"
    status = 500
    message = "私钥文件可被他人读取，已拒绝使用：请将文件权限改为仅本系统账户可读写（0600）。"


class KeyThere(Conflict):
    code = "key_there"
    message = "该编号的密钥已存在，不会覆盖：请另用编号，旧密钥保留以便核验历史签名。"


class Verifier(Protocol):
    """What needs no secret: enough for whoever only checks."""

    def verify(self, public: str, data: bytes, signature: bytes) -> bool:
        """Whether the owner of `public` (SPKI PEM) signed `data`. Raises Sm2KeyUnfit when `public` is none."""
        ...


class KeyProvider(Verifier, Protocol):
    """Signs and decrypts with keys it has by id; verifies and encrypts with public keys it is handed (SPKI PEM)."""

    def sign(self, key_id: str, data: bytes) -> bytes:
        """The DER signature. Raises KeyUnknown."""
        ...

    def encrypt(self, public: str, data: bytes) -> bytes:
        """`data` for the owner of `public`."""
        ...

    def decrypt(self, key_id: str, data: bytes) -> bytes:
        """What was encrypted for `key_id`. Raises KeyUnknown, NotForThisKey."""
        ...

    def public(self, key_id: str) -> str:
        """The public half. Raises KeyUnknown."""
        ...


@lru_cache(maxsize=64)
def _public(pem: str) -> sm2.Key:
    return sm2.public(pem)


class PublicKeys:
    """Only the half of a provider that needs no secret: enough to verify and to encrypt."""

    def verify(self, public: str, data: bytes, signature: bytes) -> bool:
        return _public(public).verify(data, signature)

    def encrypt(self, public: str, data: bytes) -> bytes:
        return _public(public).encrypt(data)


class FolderKeys(PublicKeys):
    """Keys as files `<key id>.key.pem` (0600) and `<key id>.pub.pem` of one folder; each read once.

    A key that is replaced gets a new id; a running process goes on with what it has read.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._kept: dict[str, sm2.Key] = {}

    def sign(self, key_id: str, data: bytes) -> bytes:
        return self._private(key_id).sign(data)

    def decrypt(self, key_id: str, data: bytes) -> bytes:
        return self._private(key_id).decrypt(data)

    def public(self, key_id: str) -> str:
        return self._private(key_id).public_pem()

    def ids(self) -> list[str]:
        """The keys of the folder, sorted."""
        return sorted(file.name.removesuffix(PRIVATE) for file in self._folder.glob(f"*{PRIVATE}"))

    def make(self, key_id: str) -> str:
        """A new key under `key_id`; returns its public half. Raises KeyUnknown (no fit id), KeyThere."""
        key = sm2.generate()
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        private, public = self._path(key_id, PRIVATE), self._path(key_id, PUBLIC)
        try:
            # O_EXCL: of two that make the same key at once one is told; nobody's key is written over.
            handle = os.open(private, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            raise KeyThere(key=key_id) from None
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(key.private_pem())
            file.flush()
            os.fsync(file.fileno())
        public.write_text(key.public_pem(), encoding="ascii")
        return key.public_pem()

    def _private(self, key_id: str) -> sm2.Key:
        key = self._kept.get(key_id)
        if key is None:
            key = self._kept[key_id] = self._load(key_id)
        return key

    def _load(self, key_id: str) -> sm2.Key:
        path = self._path(key_id, PRIVATE)
        try:
            with path.open(encoding="ascii") as file:
                if os.name == "posix" and os.fstat(file.fileno()).st_mode & _OTHERS:
                    raise KeyOpenToOthers(key=key_id)
                return sm2.private(file.read())
        except (FileNotFoundError, UnicodeDecodeError):
            raise KeyUnknown(key=key_id) from None

    def _path(self, key_id: str, suffix: str) -> Path:
        if not _ID.fullmatch(key_id):
            raise KeyUnknown("密钥编号应为1至64位字母、数字、点、下划线或短横线。", key=key_id[:64])
        return self._folder / f"{key_id}{suffix}"


def publics(folder: Path) -> dict[str, str]:
    """The public keys of others in `folder`, by id: `<key id>.pub.pem`. Raises Sm2KeyUnfit, naming the file."""
    found = {}
    for file in sorted(folder.glob(f"*{PUBLIC}")):
        pem = file.read_text(encoding="ascii", errors="replace")
        try:
            _public(pem)
        except sm2.Sm2KeyUnfit as why:
            raise sm2.Sm2KeyUnfit(f"{file.name}：{why.message}") from None
        found[file.name.removesuffix(PUBLIC)] = pem
    return found


def fingerprint(public: str) -> str:
    """What two administrators read to one another over the phone: the SM3 of the key in groups of four."""
    digest = sm3(_public(public).public_pem().encode("ascii")).hex()[:32]
    return " ".join(digest[i : i + 4] for i in range(0, 32, 4))
