"""What a file is, is told by its bytes; and what a name may be."""

from __future__ import annotations

import io
import struct

import pytest

from liandong.intake.documents import PIECE, Limits, checked, count_pieces, cut, fit_name, size_in_words
from liandong.intake.errors import DocumentTooLarge, DocumentUnfit
from liandong.intake.filetypes import TYPES, is_program, type_of
from tests import files

LIMITS = Limits(1000, 5, {code: code.upper() for code in TYPES if code != "mp4"})


def told(data: bytes) -> str:
    found = type_of(io.BytesIO(data))
    return found.code if found else ""


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (files.jpeg(), "jpeg"),
        (files.PNG, "png"),
        (files.PDF, "pdf"),
        (files.OFD, "ofd"),
        (files.DOCX, "docx"),
        (files.XLSX, "xlsx"),
        (files.WAV, "wav"),
        (files.AMR, "amr"),
        (files.MP3, "mp3"),
        (files.MP3_BARE, "mp3"),
        (files.MP4, "mp4"),
    ],
)
def test_each_type_is_told_by_its_bytes(data: bytes, code: str) -> None:
    assert told(data) == code


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff",
        b"\xff\xd8",
        files.PNG[:12],
        b"just words",
        files.PROGRAM,
        files.packed("readme.txt"),
        files.WITH_MACRO,
        files.packed("word/document.xml", "xl/workbook.xml"),
        files.DOCX[:40],
        files.DOCX[:-4],
        b"PK\x03\x04" + bytes(100),
        b"RIFF\x24\x00\x00\x00AVI LIST",
        b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00",
        b"\xff\xfe<\x00h\x00t\x00m\x00l\x00",
        b"\xff\xfb\xf0\x64",
    ],
)
def test_what_is_none_of_ours_is_none(data: bytes) -> None:
    assert told(data) == ""


def test_a_zip_that_claims_an_endless_list_is_not_read() -> None:
    at = files.DOCX.rfind(b"PK\x05\x06") + 12
    claimed = files.DOCX[:at] + struct.pack("<L", 2**31) + files.DOCX[at + 4 :]
    assert told(claimed) == ""


@pytest.mark.parametrize(
    "data",
    [
        files.PROGRAM,
        b"\x7fELF\x02\x01",
        b"#!/bin/sh\n",
        b"<html><script>",
        b"\xef\xbb\xbf  <svg onload='x'>",
        b"\xff\xfe<\x00h\x00t\x00m\x00l\x00",
        b"@echo off",
    ],
)
def test_programs_scripts_and_pages_are_seen_as_such(data: bytes) -> None:
    assert is_program(io.BytesIO(data))


def test_a_recording_that_begins_like_a_script_is_none() -> None:
    assert not is_program(io.BytesIO(files.AMR))


def why_not(name: str, data: bytes) -> str:
    with pytest.raises(DocumentUnfit) as why:
        checked(name, io.BytesIO(data), LIMITS)
    return why.value.message


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("现场.png", files.jpeg(), "名称以“.png”结尾，内容却是JPEG"),
        ("现场", files.jpeg(), "名称没有扩展名，内容却是JPEG"),
        ("照片.jpg", files.PROGRAM, "程序、脚本或网页"),
        ("照片.jpg", b"<html>", "程序、脚本或网页"),
        ("报告.docx", files.WITH_MACRO, "不属于可添加的类型"),
        ("录像.mp4", files.MP4, "不属于可添加的类型"),
        ("空.jpg", b"", "文件是空的"),
    ],
)
def test_what_cannot_be_taken_is_told_in_words_that_help(name: str, data: bytes, words: str) -> None:
    assert words in why_not(name, data)


def test_too_large_is_told_with_both_sizes() -> None:
    with pytest.raises(DocumentTooLarge) as why:
        checked("照片.jpg", io.BytesIO(files.jpeg(bytes(2000))), LIMITS)
    assert "2.0 KB" in why.value.message
    assert "上限1000 B" in why.value.message
    assert checked("照片.JPG", io.BytesIO(files.jpeg(bytes(1000 - len(files.jpeg())))), LIMITS)[1] == 1000


@pytest.mark.parametrize(
    "name", ["照片.jpg", "𠮷野家😀.JPEG", "a" * 196 + ".jpg", "王\ue000某.jpg", "a b (1).tar.jpg", "👨‍👩‍👧.jpg"]
)
def test_a_name_is_kept_as_it_was_sent(name: str) -> None:
    assert fit_name(name) == name


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("现\ufffd场.jpg", "编码有误"),
        ("a\0.jpg", "控制字符"),
        ("a\n.jpg", "控制字符"),
        ("照片\u202egpj.exe", "控制字符"),
        ("../../etc/passwd", "不能带路径"),
        ("C:\\照片.jpg", "不能带路径"),
        ("", "不能为空"),
        ("..", "不能为空"),
        (" ", "不能为空"),
        ("长" * 296 + ".jpg", "文件名太长（300字）"),
    ],
)
def test_a_name_that_cannot_be_kept_is_told_why(name: str, words: str) -> None:
    with pytest.raises(DocumentUnfit, match=words):
        fit_name(name)


def test_half_a_character_is_no_name() -> None:
    with pytest.raises(DocumentUnfit, match="编码有误"):
        fit_name(f"现{chr(0xD800)}场.jpg")


@pytest.mark.parametrize(("size", "pieces"), [(1, 1), (PIECE - 1, 1), (PIECE, 1), (PIECE + 1, 2), (3 * PIECE, 3)])
def test_a_file_is_cut_into_as_many_pieces_as_are_counted(size: int, pieces: int) -> None:
    data = bytes(size)
    cuts = list(cut(io.BytesIO(data)))
    assert (len(cuts), count_pieces(size)) == (pieces, pieces)
    assert b"".join(cuts) == data


def test_sizes_are_said_in_words() -> None:
    assert [size_in_words(n) for n in (3, 2048, 1_572_864)] == ["3 B", "2.0 KB", "1.5 MB"]
