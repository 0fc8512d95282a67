"""The file ferry (文件摆渡, S2.2): files in drop folders, which a gate between two networks carries over.

A batch is three files of one name: the messages (JSON Lines), a manifest, and a marker, written last. Whoever carries
them may do so late, twice, in any order, and may leave files half-written; see docs/operations/file-ferry.md.
"""

from __future__ import annotations

import errno
import os
import re
import stat
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from liandong.kernel import clock
from liandong.kernel.canonical import canonical, moment
from liandong.kernel.errors import LiandongError
from liandong.kernel.ids import uuid7
from liandong.kernel.jsontext import parse_json
from liandong.kernel.seals import sm3
from liandong.peers.channels import Apart, Parcel
from liandong.peers.channels.deployment import Line
from liandong.peers.channels.own import Own
from liandong.peers.errors import ChannelDown

MESSAGES, MANIFEST, MARKER, WHY = ".jsonl", ".manifest.json", ".done", ".why.json"
SET = (MESSAGES, MANIFEST, MARKER)
MOST_MESSAGES, MOST_BYTES = 1000, 16 * 1024 * 1024
MANIFEST_BYTES = 16 * 1024
OUT, IN, DONE, QUARANTINE = "out", "in", "done", "quarantine"

_NAME = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]{0,119}")
_NODE = re.compile(r"[0-9A-Za-z][0-9A-Za-z-]{0,39}")


class _Unfit(Exception):
    """The set is whole and wrong; the text (Chinese) says how."""


class _Unfinished(Exception):
    """Not all of the set is here yet."""


class Ferry:
    """`root` holds a folder for each peer, made or mounted by the administrator; what is in it is made here.

    `me` is this node's code. A set that stays unfinished for longer than `patience` is set apart.
    """

    def __init__(self, root: Path, me: str, patience: Callable[[], timedelta]) -> None:
        self._root, self._me, self._patience = root, me, patience

    def send(self, peer: str, envelopes: Sequence[bytes]) -> None:
        """Batches of at most 1,000 messages and 16 MiB, each durable on disk. Raises ChannelDown."""
        with self._folder(peer, OUT) as folder:
            for batch in batches(envelopes):
                self._write(folder, peer, batch)

    def fetch(self, peer: str) -> Iterator[Parcel]:
        """What is whole, and what is wrong with its reason; unfinished sets are left alone. Raises ChannelDown."""
        with self._folder(peer, IN) as folder:
            markers = sorted(name for name in os.listdir(folder) if name.endswith(MARKER) and name[0] != ".")
        for marker in markers:
            with self._folder(peer, IN) as folder:
                parcel = self._looked_at(peer, folder, marker.removesuffix(MARKER))
            if parcel is not None:
                yield parcel

    def settle(self, peer: str, name: str) -> None:
        with self._folder(peer, IN) as folder, self._folder(peer, DONE) as done:
            _move(folder, name, done, name)

    def quarantine(self, peer: str, name: str, why: str) -> None:
        with self._folder(peer, IN) as folder, self._folder(peer, QUARANTINE) as apart:
            # What stands there already under this name is evidence too.
            kept = plain = name if _NAME.fullmatch(name) else f"unnamed-{uuid7(clock.now()).hex}"
            number = 1
            while (apart / f"{kept}{WHY}").exists():
                number += 1
                kept = f"{plain}~{number}"
            told = name.encode("utf-8", "replace").decode()
            reason = {"name": told, "at": moment(clock.now()), "why": why}
            _durably(apart, f"{kept}{WHY}", canonical(reason))
            _move(folder, name, apart, kept)

    def set_apart(self, peer: str) -> int:
        with self._folder(peer, QUARANTINE) as folder:
            return sum(name.endswith(WHY) for name in os.listdir(folder))

    def apart(self, peer: str, most: int) -> list[Apart]:
        with self._folder(peer, QUARANTINE) as folder:
            notes = [file for file in folder.glob(f"*{WHY}") if file.name[0] != "."]
            notes.sort(key=lambda file: file.stat().st_mtime, reverse=True)
            return [_apart(file) for file in notes[:most]]

    @contextmanager
    def _folder(self, peer: str, which: str) -> Iterator[Path]:
        """One of a peer's folders. What the disk refuses inside the block is told as ChannelDown."""
        base = self._root / peer
        if not _NODE.fullmatch(peer) or not base.is_dir():
            # Not made here: under a mount that is away it would take in messages nobody ever carries.
            raise ChannelDown(f"没有对端{peer}的摆渡目录（{base}）：请建立或重新挂载。")
        folder = base / which
        try:
            folder.mkdir(exist_ok=True)
            yield folder
        except OSError as why:
            said = "磁盘已满" if why.errno in (errno.ENOSPC, errno.EDQUOT) else why.strerror
            raise ChannelDown(f"摆渡目录无法读写（{folder}）：{said}。报文留在本节点，稍后自动再发。") from why

    def _write(self, folder: Path, peer: str, batch: Sequence[bytes]) -> None:
        at = clock.now()
        name = f"{self._me}-{peer}-{uuid7(at).hex}"
        content = b"".join(one + b"\n" for one in batch)
        manifest = {
            "name": name,
            "count": len(batch),
            "bytes": len(content),
            "sm3": sm3(content).hex(),
            "made_at": moment(at),
            "sender": self._me,
            "receiver": peer,
        }
        try:
            _durably(folder, name + MESSAGES, content)
            _durably(folder, name + MANIFEST, canonical(manifest))
            # What the marker speaks for is on the disk before it.
            _durably(folder, name + MARKER, b"")
        except OSError:
            # The marker first: what has one is whole.
            for suffix in reversed(SET):
                with suppress(OSError):
                    (folder / f"{name}{suffix}").unlink()
            raise

    def _looked_at(self, peer: str, folder: Path, name: str) -> Parcel | None:
        try:
            if not _NAME.fullmatch(name):
                raise _Unfit("文件名不合要求，应由字母、数字、点、下划线和短横线组成。")
            return Parcel(name, self._lines(peer, folder, name))
        except _Unfit as why:
            return Parcel(name, why=str(why))
        except _Unfinished as why:
            if self._was_settled(folder, name):
                return None
            came = datetime.fromtimestamp((folder / f"{name}{MARKER}").stat().st_mtime, UTC)
            return Parcel(name, why=f"已过等待时限仍不完整：{why}") if clock.now() - came >= self._patience() else None

    def _was_settled(self, folder: Path, name: str) -> bool:
        """A crash half-way through settling left the marker behind; it follows the rest."""
        if (folder / f"{name}{MESSAGES}").exists() or not (folder.parent / DONE / f"{name}{MESSAGES}").exists():
            return False
        _move(folder, name, folder.parent / DONE, name)
        return True

    def _lines(self, peer: str, folder: Path, name: str) -> list[bytes]:
        """The messages of a set. Raises _Unfinished, _Unfit."""
        told = _manifest(_content(folder / f"{name}{MANIFEST}", MANIFEST_BYTES))
        content = _content(folder / f"{name}{MESSAGES}", MOST_BYTES)
        for field, wanted, said in (
            ("name", name, "清单中的文件名与文件不符。"),
            ("sender", peer, "清单中的发送节点不是本目录的对端。"),
            ("receiver", self._me, "清单中的接收节点不是本节点，可能投错了目录。"),
        ):
            if told.get(field) != wanted:
                raise _Unfit(said)
        size = told.get("bytes")
        if type(size) is not int:
            raise _Unfit("清单没有写明字节数。")
        if len(content) < size:
            raise _Unfinished("报文文件短于清单所列。")
        if told.get("sm3") != sm3(content).hex() or len(content) != size:
            raise _Unfit("报文文件与清单中的SM3摘要不符，在途中被改动或损坏。")
        lines = content.split(b"\n")
        if lines.pop() != b"" or len(lines) != told.get("count") or len(lines) > MOST_MESSAGES:
            raise _Unfit("报文的行数与清单不符，或超过上限。")
        return lines


def open_ferry(line: Line, own: Own) -> Ferry:
    """The ferry of a line of the deployment. Raises DeploymentUnfit."""
    line.only("folder")
    root = line.path("folder", own.ferry_folder or None)
    # Asked each time: the row in force may be another one tomorrow.
    return Ferry(root, own.node, lambda: timedelta(seconds=own.parameter("ferry_patience_seconds")))


def _apart(note: Path) -> Apart:
    name = note.name.removesuffix(WHY)
    try:
        said = parse_json(note.read_bytes(), MANIFEST_BYTES)
        assert isinstance(said, dict)
        return Apart(name, datetime.fromisoformat(str(said["at"])), str(said["why"]))
    except (LiandongError, AssertionError, KeyError, ValueError):
        return Apart(name, None, "原因文件无法读出，请在服务器上查看。")


def batches(envelopes: Iterable[bytes]) -> Iterator[list[bytes]]:
    """In the order given, as few as the limits allow."""
    batch: list[bytes] = []
    size = 0
    for one in envelopes:
        if batch and (len(batch) == MOST_MESSAGES or size + len(one) + 1 > MOST_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(one)
        size += len(one) + 1
    if batch:
        yield batch


def _manifest(raw: bytes) -> dict[str, object]:
    try:
        found = parse_json(raw, MANIFEST_BYTES)
    except LiandongError:
        # One that breaks off is still being copied; one that is whole and no JSON stays so.
        if not raw.rstrip().endswith(b"}"):
            raise _Unfinished("清单不完整。") from None
        raise _Unfit("清单不是合法的JSON。") from None
    if not isinstance(found, dict):
        raise _Unfit("清单不是一个JSON对象。")
    return found


def _content(path: Path, most: int) -> bytes:
    """The bytes of a plain file: a link would let whoever writes here read any file of ours."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except FileNotFoundError:
        raise _Unfinished("缺少清单或报文文件。") from None
    except OSError as why:
        if why.errno == errno.ELOOP:
            raise _Unfit("文件是一个链接，已拒绝读取。") from None
        if why.errno in (errno.EACCES, errno.EPERM):
            # The gate may still be about to hand it over; one file must not stop those behind it.
            raise _Unfinished("无权读取文件。") from None
        raise
    with os.fdopen(handle, "rb") as file:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise _Unfit("不是普通文件，已拒绝读取。")
        found = file.read(most + 1)
    if len(found) > most:
        raise _Unfit("文件过大，超过上限。")
    return found


def _durably(folder: Path, name: str, content: bytes) -> None:
    """Under a name nobody carries first; under its own only when all of it is on the disk."""
    draft = folder / f".{name}.tmp"
    try:
        with draft.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(folder / name)
    except OSError:
        with suppress(OSError):
            draft.unlink()
        raise
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _move(folder: Path, name: str, to: Path, new: str) -> None:
    """The marker last: until then a move that broke off can be gone on with."""
    for suffix in SET:
        with suppress(FileNotFoundError):
            (folder / f"{name}{suffix}").replace(to / f"{new}{suffix}")
