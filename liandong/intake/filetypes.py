"""What a file is, told by its bytes: the few types that can be documents, and what must never be one. Pure.

The name is only asked whether it fits. Each type has a short code, under which a city allows it or not (code table
`document_type`).
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import IO
from zipfile import BadZipFile, ZipFile

HEAD = 512  # bytes in which a type shows, those in a zip apart
MOST_ENTRIES = 1024 * 1024  # bytes of a zip's own list of what is in it; offices need a few thousand
_OFFICE = "application/vnd.openxmlformats-officedocument"


@dataclass(frozen=True, slots=True)
class FileType:
    """`endings`: those a name of this type has. `shown`: browsers show it as a picture, with nothing to run in it."""

    code: str
    media_type: str
    endings: tuple[str, ...]
    shown: bool = False


TYPES: dict[str, FileType] = {
    one.code: one
    for one in (
        FileType("jpeg", "image/jpeg", ("jpg", "jpeg"), shown=True),
        FileType("png", "image/png", ("png",), shown=True),
        FileType("pdf", "application/pdf", ("pdf",)),
        FileType("ofd", "application/ofd", ("ofd",)),
        FileType("docx", f"{_OFFICE}.wordprocessingml.document", ("docx",)),
        FileType("xlsx", f"{_OFFICE}.spreadsheetml.sheet", ("xlsx",)),
        FileType("mp3", "audio/mpeg", ("mp3",)),
        FileType("wav", "audio/wav", ("wav",)),
        FileType("amr", "audio/amr", ("amr",)),
        FileType("mp4", "video/mp4", ("mp4", "m4a")),
    )
}

# Brands of MP4 as phones and recorders write them; a QuickTime film or a HEIC picture has others.
_MP4: frozenset[bytes] = frozenset(
    (b"isom", b"iso2", b"iso4", b"iso5", b"iso6", b"mp41", b"mp42", b"avc1", b"M4A", b"M4V", b"3gp4", b"3gp5")
)
_BEGINNINGS: tuple[tuple[str, Callable[[bytes], bool]], ...] = (
    ("jpeg", lambda head: head.startswith(b"\xff\xd8\xff")),
    ("png", lambda head: head.startswith(b"\x89PNG\r\n\x1a\n") and head[12:16] == b"IHDR"),
    ("pdf", lambda head: head.startswith(b"%PDF-")),
    ("wav", lambda head: head[:4] == b"RIFF" and head[8:12] == b"WAVE"),
    ("amr", lambda head: head.startswith((b"#!AMR\n", b"#!AMR-WB\n"))),
    ("mp4", lambda head: head[4:8] == b"ftyp" and head[8:12].rstrip() in _MP4),
    ("mp3", lambda head: head.startswith(b"ID3") or _is_mpeg_audio(head)),
)
_PROGRAMS = (b"MZ", b"\x7fELF", b"\xca\xfe\xba\xbe", b"\xfe\xed\xfa", b"\xce\xfa\xed\xfe", b"\xcf\xfa\xed\xfe", b"#!/")
_SHORTCUT = b"L\x00\x00\x00\x01\x14\x02\x00"
_MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")
_IN_OFFICE = {"docx": "word/document.xml", "xlsx": "xl/workbook.xml", "ofd": "OFD.xml"}


def type_of(file: IO[bytes]) -> FileType | None:
    """The type of the content, None when it is none of ours. `file` can be read at any place; it is left anywhere."""
    file.seek(0)
    head = file.read(HEAD)
    if head.startswith(b"PK\x03\x04"):
        found = _in_zip(file)
    else:
        found = next((code for code, fits in _BEGINNINGS if fits(head)), "")
    return TYPES.get(found)


def is_program(file: IO[bytes]) -> bool:
    """Whether it is something a computer runs, or a page or picture that may hold a script."""
    file.seek(0)
    head = file.read(HEAD)
    if head.startswith((*_PROGRAMS, _SHORTCUT)) and not head.startswith(b"#!AMR"):
        return True
    for mark in _MARKS:
        head = head.removeprefix(mark)
    return head.replace(b"\0", b"").lstrip().startswith((b"<", b"@echo", b"@ECHO"))


def _is_mpeg_audio(head: bytes) -> bool:
    """A frame of MPEG audio, layer III: eleven bits set, and no field that means nothing."""
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE6 != 0xE2:
        return False
    return head[1] & 0x18 != 0x08 and head[2] & 0xF0 != 0xF0 and head[2] & 0x0C != 0x0C


def _in_zip(file: IO[bytes]) -> str:
    """Which of the packed formats it is; empty for any other zip, one with a program for an office, or a broken one."""
    try:
        if not _list_is_short(file):
            return ""
        with ZipFile(file) as packed:
            names = set(packed.namelist())
    except (BadZipFile, ValueError, NotImplementedError, OverflowError, EOFError, OSError, struct.error):
        return ""
    if any(name.lower().endswith("vbaproject.bin") for name in names):
        return ""
    found = [code for code, name in _IN_OFFICE.items() if name in names]
    return found[0] if len(found) == 1 else ""


def _list_is_short(file: IO[bytes]) -> bool:
    """Read the end of the zip by ourselves: its list is taken into memory whole, and may be made to be endless."""
    size = file.seek(0, 2)
    file.seek(max(0, size - 65_557))
    tail = file.read()
    at = tail.rfind(b"PK\x05\x06")
    if at < 0 or len(tail) < at + 22 or tail[max(0, at - 20) : at].startswith(b"PK\x06\x07"):
        return False
    (length,) = struct.unpack("<L", tail[at + 12 : at + 16])
    return bool(length <= MOST_ENTRIES)
