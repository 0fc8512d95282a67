"""Which files an order takes as documents, and how their bytes are cut and bound. Pure: limits come in as values."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import IO

from liandong.intake.errors import DocumentTooLarge, DocumentUnfit
from liandong.intake.filetypes import TYPES, FileType, is_program, type_of

PIECE = 256 * 1024  # bytes sealed and stored together, so that a large file is nowhere in memory whole
LONGEST_NAME = 200
MIB = 1024 * 1024
# Marks that turn the direction of reading: with them "gpj.exe" is read as "exe.jpg".
_TURNING = re.compile("[\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069]")


@dataclass(frozen=True, slots=True)
class Limits:
    """What holds now: the largest document (bytes), how many an order has at most, allowed types (code → label)."""

    most_bytes: int
    most_documents: int
    types: Mapping[str, str]

    @property
    def endings(self) -> tuple[str, ...]:
        """The endings a name may have, each with its dot."""
        return tuple(f".{ending}" for code in self.types if code in TYPES for ending in TYPES[code].endings)


@dataclass(frozen=True, slots=True)
class Announced:
    """What another node says of a document of one of its desks, with each part of it.

    `order`, `sm3` and `nth` name it, `matter` is the linkage number. It has `pieces` parts of `PIECE` bytes, the last
    one of what is left. `party` and `person` added it.
    """

    matter: str
    order: str
    sm3: bytes
    nth: int
    sha256: bytes
    name: str
    kind: str
    about: str
    size: int
    pieces: int
    at: datetime
    desk: str
    party: str
    person: str


def fits_its_place(length: int, n: int, told: Announced) -> bool:
    """Whether the part `n` (from 0) of so many bytes is one of a document of that size, cut as ours are."""
    if told.pieces != count_pieces(told.size) or not 0 <= n < told.pieces:
        return False
    return length == (PIECE if n < told.pieces - 1 else told.size - PIECE * n)


def must_not_exceed(size: int, limits: Limits) -> None:
    """Raises DocumentTooLarge, which says what to do."""
    if size > limits.most_bytes:
        most = size_in_words(limits.most_bytes)
        raise DocumentTooLarge(
            f"文件大小{size_in_words(size)}，超过单份上限{most}，请压缩或拆分后再添加。",
            field="file",
            most=limits.most_bytes,
        )


def fit_name(name: str) -> str:
    """The name as it is kept. Raises DocumentUnfit, which says what is wrong with it."""
    # What could not be read was replaced on the way. Private and new characters stay: rare names are written with them.
    if "\ufffd" in name or any(unicodedata.category(one) == "Cs" for one in name):
        raise DocumentUnfit("文件名的编码有误，不是完整的文字，请改名后再添加。", field="name")
    if any(unicodedata.category(one) == "Cc" for one in name) or _TURNING.search(name):
        raise DocumentUnfit("文件名中有看不见的控制字符，请改名后再添加。", field="name")
    if "/" in name or "\\" in name or name.strip(". ") == "":
        raise DocumentUnfit("文件名不能为空，也不能带路径，请只用文件本身的名称。", field="name")
    if len(name) > LONGEST_NAME:
        raise DocumentUnfit(f"文件名太长（{len(name)}字），最多{LONGEST_NAME}字，请改短后再添加。", field="name")
    return name


def checked(name: str, file: IO[bytes], limits: Limits) -> tuple[FileType, int]:
    """What the file is, and its size in bytes. Raises DocumentUnfit, DocumentTooLarge: each says what to do."""
    fit_name(name)
    size = file.seek(0, 2)
    if size == 0:
        raise DocumentUnfit("文件是空的，请确认已保存完整后重新选择。", field="file")
    must_not_exceed(size, limits)
    found = type_of(file)
    if found is None and is_program(file):
        raise DocumentUnfit("文件是程序、脚本或网页，不能作为材料。", field="file")
    if found is None or found.code not in limits.types:
        allowed = "、".join(limits.types.values())
        raise DocumentUnfit(f"文件内容不属于可添加的类型。可添加：{allowed}。", field="file")
    ending = name.rpartition(".")[2].lower() if "." in name else ""
    if ending not in found.endings:
        told = f"名称以“.{ending}”结尾" if ending else "名称没有扩展名"
        raise DocumentUnfit(
            f"文件{told}，内容却是{limits.types[found.code]}，请核对后改名为“.{found.endings[0]}”再添加。", field="name"
        )
    return found, size


def size_in_words(size: int) -> str:
    """3 B, 512.0 KB, 1.2 MB."""
    if size < 1024:
        return f"{size} B"
    return f"{size / 1024:.1f} KB" if size < MIB else f"{size / MIB:.1f} MB"


def cut(file: IO[bytes]) -> Iterator[bytes]:
    """The bytes of the file from its beginning, `PIECE` at a time."""
    file.seek(0)
    while piece := file.read(PIECE):
        yield piece


def count_pieces(size: int) -> int:
    return -(-size // PIECE)


def place(order: str, digest: bytes, n: int, pieces: int) -> bytes:
    """What a sealed piece is bound to: moved, left out, or put into another document it does not open."""
    return f"{order}:document:{digest.hex()}:{n}/{pieces}".encode()
