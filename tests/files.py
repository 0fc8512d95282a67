"""Small files of each kind, made by hand: as much of them as tells what they are, and a few bytes to differ by."""

from __future__ import annotations

import io
import zipfile


def packed(*names: str, mark: bytes = b"") -> bytes:
    """A zip with these entries, the same each time."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as file:
        for name in names:
            file.writestr(zipfile.ZipInfo(name), b"<x/>" + mark)
    return made.getvalue()


def jpeg(mark: bytes = b"") -> bytes:
    return b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00" + mark + b"\xff\xd9"


# One grey dot that every browser draws.
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108000000003a7e9b550000000a"
    "49444154789c636800000082008177cd72b60000000049454e44ae426082"
)
PDF = b"%PDF-1.7\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"
OFD = packed("OFD.xml", "Doc_0/Document.xml")
DOCX = packed("[Content_Types].xml", "word/document.xml")
XLSX = packed("[Content_Types].xml", "xl/workbook.xml")
WAV = b"RIFF\x24\x00\x00\x00WAVEfmt " + bytes(24)
AMR = b"#!AMR\n" + bytes(32)
MP3 = b"ID3\x04\x00\x00\x00\x00\x00\x00" + bytes(32)
MP3_BARE = b"\xff\xfb\x90\x64" + bytes(32)
MP4 = b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom" + bytes(16)
PROGRAM = b"MZ\x90\x00\x03\x00\x00\x00" + bytes(64)
WITH_MACRO = packed("[Content_Types].xml", "word/document.xml", "word/vbaProject.bin")
