"""A listener shows the certificate that lies in its files now, without a restart."""

from __future__ import annotations

import socket
import ssl
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest

from config.receive import keep_fresh
from liandong.peers.channels import certs
from liandong.peers.channels.tls import Files, Fresh, client_context, server_context
from liandong.peers.errors import ChannelDown


@pytest.fixture
def files(tmp_path: Path) -> Files:
    certs.make_ca(tmp_path, datetime.now(UTC))
    certs.make_node(tmp_path, "police", datetime.now(UTC))
    return certs.make_node(tmp_path, "gov", datetime.now(UTC))


def shown(context: ssl.SSLContext, files: Files) -> str:
    """The serial number of the certificate a caller is shown."""
    here, there = socket.socketpair()
    caller = client_context(certs.files_in(files.ca.parent, "police"))

    def serve() -> None:
        with context.wrap_socket(there, server_side=True) as line:
            line.recv(1)

    serving = threading.Thread(target=serve)
    serving.start()
    with caller.wrap_socket(here, server_hostname="127.0.0.1") as line:
        number = (line.getpeercert() or {})["serialNumber"]
        line.sendall(b"x")
    serving.join()
    return str(number)


def test_a_new_certificate_is_shown_to_who_connects_next(files: Files) -> None:
    context = server_context(files)
    fresh, before = Fresh(context, files), shown(context, files)
    assert not fresh.renew()
    assert shown(context, files) == before
    certs.make_node(files.ca.parent, "gov", datetime.now(UTC))
    assert shown(context, files) == before
    assert fresh.renew()
    assert shown(context, files) != before
    assert not fresh.renew()


def test_half_of_a_new_pair_leaves_the_old_one_and_the_whole_is_taken(files: Files) -> None:
    context = server_context(files)
    fresh, before = Fresh(context, files), shown(context, files)
    other = certs.make_node(files.ca.parent, "other", datetime.now(UTC))
    files.certificate.write_bytes(other.certificate.read_bytes())
    for _ in range(2):
        with pytest.raises(ChannelDown, match="不能使用"):
            fresh.renew()
        assert shown(context, files) == before
    files.key.write_bytes(other.key.read_bytes())
    assert fresh.renew()
    assert shown(context, files) != before


def test_a_certificate_that_is_gone_leaves_the_old_one(files: Files) -> None:
    context = server_context(files)
    fresh, before = Fresh(context, files), shown(context, files)
    files.certificate.unlink()
    with pytest.raises(ChannelDown):
        fresh.renew()
    assert shown(context, files) == before


def test_the_listener_goes_on_looking_and_says_once_what_it_cannot_use(
    files: Files, caplog: pytest.LogCaptureFixture
) -> None:
    context, stop = server_context(files), threading.Event()
    before, whole = shown(context, files), files.certificate.read_bytes()
    looks = iter(range(6))

    class Stopping(threading.Event):
        def wait(self, timeout: float | None = None) -> bool:
            turn = next(looks)
            if turn == 1:
                files.certificate.write_bytes(b"-")
            if turn == 4:
                files.certificate.write_bytes(whole)
                certs.make_node(files.ca.parent, "gov", datetime.now(UTC))
            return turn == 5 or stop.is_set()

    keep_fresh(Fresh(context, files), Stopping())
    assert shown(context, files) != before
    assert [one.levelname for one in caplog.records if one.name == "liandong.peers"] == ["ERROR", "WARNING"]
