"""The deployment file: which channels it gives to whom, and what is said of one that is wrong."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from liandong.peers.channels.deployment import Deployment, DeploymentUnfit, read_deployment
from liandong.peers.channels.ferry import Ferry
from liandong.peers.channels.registry import channels_of

TWO = """
[https]
listen = "127.0.0.1:8443"

[[peers.police]]
kind = "ferry"
folder = "first"

[[peers.police]]
kind = "ferry"
name = "second"
folder = "/second"
"""


def read(folder: Path, text: str) -> Deployment:
    file = folder / "channels.toml"
    file.write_text(text, encoding="utf-8")
    return read_deployment(str(file), "")


def test_the_channels_of_a_peer_come_in_the_order_of_the_file(tmp_path: Path, settings: Any) -> None:
    found = read(tmp_path, TWO)
    assert [line.name for line in found.lines("police")] == ["ferry", "second"]
    assert [line.path("folder") for line in found.lines("police")] == [tmp_path / "first", Path("/second")]
    assert found.tables["https"].text("listen") == "127.0.0.1:8443"
    settings.NODE, settings.CHANNELS = "gov", str(tmp_path / "channels.toml")
    first = channels_of("police")
    assert [way.name for way in first] == ["ferry", "second"]
    assert all(isinstance(way.channel, Ferry) for way in first)
    assert [way.channel for way in channels_of("police")] == [way.channel for way in first], "kept from turn to turn"


def test_without_a_file_every_peer_has_the_ferry_of_the_folder(settings: Any) -> None:
    settings.NODE, settings.CHANNELS, settings.FERRY_DIR = "gov", "", "/x"
    assert [(way.name, type(way.channel)) for way in channels_of("police")] == [("ferry", Ferry)]


def test_a_file_that_changed_is_read_anew(tmp_path: Path) -> None:
    assert len(read(tmp_path, TWO).lines("police")) == 2
    assert len(read(tmp_path, TWO.split('[[peers.police]]\nkind = "ferry"\nname')[0]).lines("police")) == 1


WRONG = {
    "[[peers.police]\n": "第1行",
    "peers = 1": r"\[\[peers",
    "[peers.police]\nkind = 'ferry'": r"\[\[peers.police\]\]",
    "[[peers.police]]\nfolder = 'x'": "kind",
    "[[peers.police]]\nkind = 'ferry'\nname = '名'": "name",
    "[[peers.police]]\nkind = 'ferry'\n[[peers.police]]\nkind = 'ferry'": "重复",
    "[[peers.county]]\nkind = 'ferry'": "没有对端 police 的通道",
    "[[peers.police]]\nkind = 'pigeon'": "没有“pigeon”这种通道",
    "[[peers.police]]\nkind = 'ferry'\nfolders = 'x'": "没有“folders”这一项",
    "[[peers.police]]\nkind = 'ferry'\nfolder = 1": "folder",
    "https = 1": r"\[https\]",
}


@pytest.mark.parametrize("text", WRONG)
def test_what_is_wrong_with_it_is_said_with_its_place(tmp_path: Path, settings: Any, text: str) -> None:
    settings.NODE, settings.CHANNELS = "gov", str(tmp_path / "channels.toml")
    (tmp_path / "channels.toml").write_text(text, encoding="utf-8")
    with pytest.raises(DeploymentUnfit, match=WRONG[text]):
        channels_of("police")


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(DeploymentUnfit, match="不能读取"):
        read_deployment(str(tmp_path / "none.toml"), "")


def secret_of(folder: Path, said: str) -> str:
    return read(folder, f"[[peers.police]]\nkind = 'middb'\ndsn = {said}").lines("police")[0].secret("dsn")


def test_a_secret_comes_from_the_environment_or_a_file_of_the_owner_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DSN_OF_TEST", "hidden-1")
    assert secret_of(tmp_path, "{ env = 'DSN_OF_TEST' }") == "hidden-1"
    file = tmp_path / "dsn"
    file.write_text("hidden-2\n")
    file.chmod(0o600)
    assert secret_of(tmp_path, "{ file = 'dsn' }") == "hidden-2"
    file.chmod(0o644)
    with pytest.raises(DeploymentUnfit, match="0600"):
        secret_of(tmp_path, "{ file = 'dsn' }")


@pytest.mark.parametrize("said", ["'hidden'", "{ env = 'NO_SUCH_ENV' }", "{ file = 'none' }", "{ plain = 'hidden' }"])
def test_a_secret_that_stands_in_the_file_or_is_not_there_is_refused_and_not_repeated(
    tmp_path: Path, said: str
) -> None:
    with pytest.raises(DeploymentUnfit) as why:
        secret_of(tmp_path, said)
    assert "hidden" not in str(why.value)


def test_every_kind_of_channel_can_be_used_where_there_is_no_node() -> None:
    asked = "import sys, liandong.peers.channels.kinds; sys.exit('django' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", asked], check=False).returncode == 0
