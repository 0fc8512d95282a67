"""Where one installation's embedded database lives: its folder, its port and its password, written down once."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import socket
from dataclasses import dataclass
from pathlib import Path

from config import pgfiles

ROLE = DATABASE = "liandong"
# Below a private home folder (root's, mostly) the account that runs the server cannot reach its own data.
ELSEWHERE = Path("/var/lib/liandong")


@dataclass
class Place:
    state_dir: Path
    home: Path
    port: int
    password: str

    @property
    def data(self) -> Path:
        return self.home / "data"

    @property
    def log(self) -> Path:
        return self.state_dir / "logs" / "postgres.log"

    @classmethod
    def load(cls, state_dir: Path) -> Place | None:
        """What `state_dir/postgres.json` says, None on first use."""
        try:
            kept = json.loads((state_dir / "postgres.json").read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        return cls(state_dir=state_dir, home=Path(kept["home"]), port=kept["port"], password=kept["password"])

    @classmethod
    def choose(cls, state_dir: Path) -> Place:
        """Choose and write down a place, a free port and a password for `state_dir`."""
        home = state_dir / "postgres"
        if os.geteuid() == 0 and not pgfiles.reachable(state_dir):
            home = ELSEWHERE / hashlib.sha256(str(state_dir).encode()).hexdigest()[:12]
        place = cls(state_dir=state_dir, home=home, port=_free_port(), password=secrets.token_urlsafe(24))
        place.save()
        return place

    def save(self) -> None:
        """Written whole or not at all, and readable by its owner only: the password is in it."""
        draft = self.state_dir / f"postgres.json.{os.getpid()}"
        kept = {"home": str(self.home), "port": self.port, "password": self.password}
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as out:
            json.dump(kept, out)
        draft.replace(self.state_dir / "postgres.json")

    def prepare(self) -> None:
        """Make the home folder, owned by the account that runs the server."""
        if self.home.parent == ELSEWHERE:
            ELSEWHERE.mkdir(mode=0o711, parents=True, exist_ok=True)
        self.home.mkdir(mode=0o700, exist_ok=True)
        self.give(self.home)

    def give(self, path: Path) -> None:
        account = pgfiles.account()
        if account is not None:
            os.chown(path, *account)

    def port_is_free(self) -> bool:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", self.port))
            except OSError:
                return False
        return True

    def settle_port(self) -> None:
        """Keep the saved port; choose and save another when somebody else has it."""
        if not self.port_is_free():
            self.port = _free_port()
            self.save()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
