"""Keys in a folder: nobody else reads them, none is written over, each is found by its id."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from liandong.kernel.keys import FolderKeys, KeyOpenToOthers, KeyProvider, KeyThere, KeyUnknown, fingerprint, publics
from liandong.kernel.sm2 import NotForThisKey, Sm2KeyUnfit


def test_a_key_that_was_made_signs_and_opens_and_is_readable_by_its_owner_only(tmp_path: Path) -> None:
    folder = tmp_path / "keys"
    keys: KeyProvider = FolderKeys(folder)
    public = FolderKeys(folder).make("xz12345-1")
    assert keys.public("xz12345-1") == public == publics(folder)["xz12345-1"]
    assert keys.verify(public, b"data", keys.sign("xz12345-1", b"data"))
    assert keys.decrypt("xz12345-1", keys.encrypt(public, b"data")) == b"data"
    assert (folder / "xz12345-1.key.pem").stat().st_mode & 0o777 == 0o600
    assert folder.stat().st_mode & 0o777 == 0o700
    assert FolderKeys(folder).ids() == ["xz12345-1"]


def test_a_private_key_others_may_read_is_not_used(tmp_path: Path) -> None:
    FolderKeys(tmp_path).make("a")
    (tmp_path / "a.key.pem").chmod(0o640)
    with pytest.raises(KeyOpenToOthers):
        FolderKeys(tmp_path).sign("a", b"data")


def test_no_key_is_ever_written_over_whoever_comes_first(tmp_path: Path) -> None:
    def attempt(_: int) -> str | None:
        try:
            return FolderKeys(tmp_path).make("a")
        except KeyThere:
            return None

    with ThreadPoolExecutor(8) as pool:
        made = [public for public in pool.map(attempt, range(16)) if public]
    assert made == [FolderKeys(tmp_path).public("a")]


@pytest.mark.parametrize("key_id", ["b", "../a", "", ".a", "a/b", "a" * 65, "密钥"])
def test_a_key_that_is_not_there_or_cannot_be_one_is_unknown(tmp_path: Path, key_id: str) -> None:
    FolderKeys(tmp_path).make("a")
    with pytest.raises(KeyUnknown):
        FolderKeys(tmp_path).sign(key_id, b"data")


def test_what_was_encrypted_for_another_key_does_not_open(tmp_path: Path) -> None:
    keys = FolderKeys(tmp_path)
    closed = keys.encrypt(keys.make("a"), b"data")
    keys.make("b")
    with pytest.raises(NotForThisKey):
        keys.decrypt("b", closed)


def test_a_broken_public_key_is_named_by_its_file(tmp_path: Path) -> None:
    (tmp_path / "peer.pub.pem").write_text("no key")
    with pytest.raises(Sm2KeyUnfit, match=r"peer\.pub\.pem"):
        publics(tmp_path)


def test_a_fingerprint_is_of_the_key_and_not_of_how_its_file_was_typed(tmp_path: Path) -> None:
    public = FolderKeys(tmp_path).make("a")
    assert fingerprint(public) == fingerprint(f"a note above\n{public}\n\n")
    assert len(fingerprint(public).split()) == 8
    assert fingerprint(public) != fingerprint(FolderKeys(tmp_path).make("b"))
    assert os.listdir(tmp_path)
