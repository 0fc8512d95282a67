"""The deployment file (部署文件): by which channels each peer is reached, in the order in which they are tried.

TOML; one table `[[peers.<node>]]` a channel, the preferred first. Secrets are never written in it: `{ env = "…" }` or
`{ file = "…" }` says where one is. Needs neither Django nor the kinds of channels, so that a supervisor may ask too.
"""

from __future__ import annotations

import os
import re
import stat
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from liandong.kernel.errors import LiandongError

FERRY = "ferry"
PEERS, KIND, NAME = "peers", "kind", "name"
_NAME = re.compile(r"[0-9A-Za-z][0-9A-Za-z_-]{0,19}")
_OTHERS = 0o077
_GENERAL = frozenset((KIND, NAME))


class DeploymentUnfit(LiandongError):
    """Nothing can be carried as long as the file stands so; `liandong check` says the same."""

    code = "deployment_unfit"
    status = 500
    message = "通道部署文件有误，请按说明更正。"


@dataclass(frozen=True)
class Line:
    """A table of the file, read by what its keys should be. `where` names it in Chinese for whoever has to mend it."""

    where: str
    table: Mapping[str, Any]
    base: Path
    peer: str = ""
    name: str = ""
    kind: str = ""

    def only(self, *keys: str) -> None:
        """Raises DeploymentUnfit when there is another key: a misspelled one would be passed over in silence."""
        strange = sorted(set(self.table) - _GENERAL - set(keys))
        if strange:
            raise self.unfit(f"没有“{strange[0]}”这一项，可用的有：{'、'.join(keys)}")

    def has(self, key: str) -> bool:
        return key in self.table

    def text(self, key: str, default: str | None = None) -> str:
        """Raises DeploymentUnfit."""
        found = self.table.get(key, default)
        if not isinstance(found, str) or not found:
            raise self.unfit(f"缺少“{key}”，应为一段文字")
        return found

    def number(self, key: str, default: float, *, least: float = 0, most: float = 1e9) -> float:
        """Raises DeploymentUnfit."""
        found = self.table.get(key, default)
        if isinstance(found, bool) or not isinstance(found, int | float) or not least <= found <= most:
            raise self.unfit(f"“{key}”应为{least:g}至{most:g}之间的数")
        return float(found)

    def flag(self, key: str, *, default: bool) -> bool:
        """Raises DeploymentUnfit."""
        found = self.table.get(key, default)
        if not isinstance(found, bool):
            raise self.unfit(f"“{key}”应为 true 或 false")
        return found

    def path(self, key: str, default: str | None = None) -> Path:
        """As written, or from the folder of the deployment file on. Raises DeploymentUnfit."""
        return self.base / self.text(key, default)

    def secret(self, key: str) -> str:
        """What `{ env = "…" }` or `{ file = "…" }` leads to; never part of a message. Raises DeploymentUnfit."""
        found = self.table.get(key)
        if not isinstance(found, dict) or len(found) != 1 or not isinstance(next(iter(found.values())), str):
            raise self.unfit(f"“{key}”是机密，不得直接写在文件中，请写作 {{ env = 环境变量名 }} 或 {{ file = 文件 }}")
        ((how, place),) = found.items()
        if how == "env":
            if not os.environ.get(place):
                raise self.unfit(f"“{key}”所指的环境变量 {place} 没有设置")
            return os.environ[place]
        if how == "file":
            return self._in_file(key, self.base / place)
        raise self.unfit(f"“{key}”只能写 env 或 file")

    def unfit(self, why: str) -> DeploymentUnfit:
        return DeploymentUnfit(f"通道部署文件{self.where}：{why}。")

    def _in_file(self, key: str, path: Path) -> str:
        try:
            with path.open(encoding="utf-8") as file:
                if os.name == "posix" and stat.S_IMODE(os.fstat(file.fileno()).st_mode) & _OTHERS:
                    raise self.unfit(f"“{key}”所指的文件 {path} 可被他人读取，请将权限改为 0600")
                found = file.read().strip()
        except (OSError, UnicodeDecodeError):
            raise self.unfit(f"“{key}”所指的文件 {path} 不能读取") from None
        if not found:
            raise self.unfit(f"“{key}”所指的文件 {path} 是空的")
        return found


@dataclass(frozen=True)
class Deployment:
    """`peers`: node → its channels, the preferred first. `tables`: what this node has of its own, by name (`https`)."""

    peers: Mapping[str, tuple[Line, ...]] = field(default_factory=dict)
    tables: Mapping[str, Line] = field(default_factory=dict)
    ferry: Line | None = None

    def lines(self, peer: str) -> tuple[Line, ...]:
        """The channels to a peer. Raises DeploymentUnfit when there is none."""
        if self.ferry is not None and not self.peers:
            return (self.ferry,)
        if peer not in self.peers:
            raise DeploymentUnfit(f"通道部署文件中没有对端 {peer} 的通道：请增加 [[{PEERS}.{peer}]]。")
        return self.peers[peer]


def read_deployment(file: str, ferry_folder: str) -> Deployment:
    """What the file says; without one, the file ferry alone. Raises DeploymentUnfit."""
    if not file:
        table = {"kind": FERRY, "folder": ferry_folder}
        return Deployment(ferry=Line("", table, Path(), name=FERRY, kind=FERRY) if ferry_folder else None)
    path = Path(file)
    try:
        stood = path.stat()
        return _read(path, stood.st_mtime_ns, stood.st_size)
    except OSError as why:
        raise DeploymentUnfit(f"通道部署文件 {path} 不能读取：{why.strerror}。") from None
    except UnicodeDecodeError:
        raise DeploymentUnfit(f"通道部署文件 {path} 不是 UTF-8 编码。") from None
    except tomllib.TOMLDecodeError as why:
        place = re.search(r"line (\d+)", str(why))
        raise DeploymentUnfit(f"通道部署文件 {path} 第{place[1] if place else '末'}行不合写法。") from None


_kept: dict[Path, tuple[int, int, Deployment]] = {}


def _read(path: Path, changed: int, size: int) -> Deployment:
    """Kept as long as the file is the same: a courier asks at every turn."""
    kept = _kept.get(path)
    if kept is None or kept[:2] != (changed, size):
        kept = _kept[path] = (changed, size, _parsed(tomllib.loads(path.read_text(encoding="utf-8")), path.parent))
    return kept[2]


def _parsed(found: Mapping[str, Any], base: Path) -> Deployment:
    peers = found.get(PEERS, {})
    if not isinstance(peers, dict):
        raise DeploymentUnfit(f"通道部署文件：对端的通道应写作 [[{PEERS}.节点代码]]。")
    tables = {}
    for name, table in found.items():
        if name == PEERS:
            continue
        if not isinstance(table, dict):
            raise DeploymentUnfit(f"通道部署文件：“{name}”应是一节 [{name}]。")
        tables[name] = Line(f" [{name}]", table, base, name=name)
    return Deployment({peer: _lines(peer, given, base) for peer, given in peers.items()}, tables)


def _lines(peer: str, given: Any, base: Path) -> tuple[Line, ...]:
    if not isinstance(given, list) or not given or not all(isinstance(one, dict) for one in given):
        raise DeploymentUnfit(f"通道部署文件：对端 {peer} 的每个通道应写作 [[{PEERS}.{peer}]]。")
    lines = list[Line]()
    for number, table in enumerate(given, start=1):
        where = f" [[{PEERS}.{peer}]] 第{number}节"
        kind, name = table.get(KIND), table.get(NAME, table.get(KIND))
        if not isinstance(kind, str):
            raise DeploymentUnfit(f"通道部署文件{where}：缺少“{KIND}”（通道种类）。")
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            raise DeploymentUnfit(f"通道部署文件{where}：“{NAME}”应为1至20位字母、数字、下划线或短横线。")
        if any(name == one.name for one in lines):
            raise DeploymentUnfit(f"通道部署文件{where}：名称“{name}”重复，请用 {NAME} 另取一个。")
        lines.append(Line(where, table, base, peer, name, kind))
    return tuple(lines)
