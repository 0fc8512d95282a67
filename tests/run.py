"""`make test` after `make check`: the tests marked `external` on an outside PostgreSQL if any, then all embedded.

One process a core, each with a database of its own; a file stays in one process, as its tests may share servers. The
faults, which load the whole machine and watch its clock, come last and alone.
"""

from __future__ import annotations

import getpass
import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote, urlsplit, urlunsplit

import psycopg

from tests.browser import chromium
from tests.model import spin

ROOT = Path(__file__).resolve().parent.parent
OLDEST = 150000
FAULTS = "tests/faults"
SIDE_BY_SIDE = ["-n", str(min(4, os.cpu_count() or 1)), "--dist", "loadfile", "--no-loadscope-reorder"]
# Few but slow tests first: a file of them begun last would keep one process busy while the others are done.
SLOW_FIRST = ["tests/live", "tests/browser", "config", "liandong", "simulation", "tests"]
NOWHERE = "postgresql://127.0.0.1:1/none"
NO_TESTS = 5  # pytest's exit code


def external() -> tuple[str | None, str]:
    """The address of an outside server we may make databases on, else None; and a sentence about it."""
    given = os.environ.get("LIANDONG_TEST_EXTERNAL")
    user = quote(getpass.getuser())
    tried = [given] if given else [f"postgresql://{user}@/postgres", f"postgresql://{user}@127.0.0.1:5432/postgres"]
    why = ""
    for url in tried:
        try:
            with psycopg.connect(url, connect_timeout=3) as link:
                row = link.execute(
                    "SELECT rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user"
                ).fetchone()
                version = link.info.server_version
        except psycopg.OperationalError as trouble:
            why = str(trouble).strip().splitlines()[0]
            continue
        if version < OLDEST:
            why = f"server version {version} is older than 15"
        elif not (row and row[0]):
            why = "the role may not create databases"
        else:
            return url, f"external PostgreSQL {version // 10000}"
    if given:
        raise SystemExit(f"LIANDONG_TEST_EXTERNAL was given but cannot be used: {why}")
    return None, f"skipped, none usable ({why})"


def own_database(url: str) -> str:
    """The same server with a database name of this run's own, so that runs side by side do not meet."""
    return urlunsplit(urlsplit(url)._replace(path=f"/liandong_{os.getpid()}"))


def marked() -> list[str]:
    """The files with tests that also run outside; to gather all the others takes longer than these run."""
    files = (path for place in SLOW_FIRST for path in (ROOT / place).rglob("test_*.py"))
    return sorted({str(path) for path in files if "pytest.mark.external" in path.read_text(encoding="utf-8")})


def main(arguments: list[str]) -> int:
    pytest = [sys.executable, "-m", "pytest"]
    print(chromium.ready(), flush=True)
    print(spin.ready(), flush=True)
    url, about = external()
    print(f"tests marked external: {about}", flush=True)
    codes = []
    if url is not None:
        env = {**os.environ, "DATABASE_URL": own_database(url)}
        asked = [*(arguments or marked()), "-m", "external"]
        code = subprocess.run([*pytest, *asked], cwd=ROOT, env=env, check=False).returncode
        codes.append(0 if code == NO_TESTS else code)
    env = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    runs = [arguments] if arguments else [[*SIDE_BY_SIDE, *SLOW_FIRST, "--ignore", FAULTS], [FAULTS]]
    for run in runs:
        # The nodes of the faults bring their own databases.
        given = {**env, "DATABASE_URL": NOWHERE} if run == [FAULTS] else env
        codes.append(subprocess.run([*pytest, *run], cwd=ROOT, env=given, check=False).returncode)
    return next((code for code in codes if code), 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
