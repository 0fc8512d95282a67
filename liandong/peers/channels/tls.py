"""Mutual TLS between two nodes: the files of this side, what both sides demand, and every failure in plain Chinese."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cryptography import x509

from liandong.kernel import clock
from liandong.peers.channels.deployment import Line
from liandong.peers.errors import ChannelDown

# What OpenSSL calls the reasons for which it does not trust a certificate (x509_vfy.h).
_WHY: Mapping[int, str] = {
    9: "对端的证书尚未生效，请核对两侧的系统时间和证书",
    10: "对端的证书已过期，请对方更换证书",
    23: "对端的证书已被吊销，请与对方核实",
    62: "对端证书上的名称与所连的地址不符，请核对地址和证书",
    64: "对端证书上的名称与所连的地址不符，请核对地址和证书",
}
_OTHER_CA = "对端的证书不是所登记的证书机构签发的，请双方核对证书机构（可能连到了别处）"
# What the other side says of our certificate, by a word of OpenSSL's name for it.
_SAID: Mapping[str, str] = {
    "UNKNOWN_CA": "对端不认本节点的证书：签发它的证书机构未在对端登记",
    "CERTIFICATE_EXPIRED": "对端不认本节点的证书：证书已过期，请更换",
    "CERTIFICATE_REQUIRED": "对端要求出示证书，而本节点没有出示",
    "CERTIFICATE": "对端不认本节点的证书，请核对证书及其用途",
    "WRONG_VERSION": "对端说的不是安全连接，请核对地址和端口",
    "HTTP_REQUEST": "对端说的不是安全连接，请核对地址和端口",
    "PROTOCOL_VERSION": "双方没有共同的安全协议版本，请升级较旧的一侧",
}
_CUT = ("EOF", "CLOSED")


@dataclass(frozen=True, slots=True)
class Files:
    """This node's certificate and key, and the authorities whose certificates it takes."""

    certificate: Path
    key: Path
    ca: Path


@dataclass(frozen=True, slots=True)
class Certificate:
    """`what`, Chinese: whose it is. `ends_at` None, with `why`: it cannot be read."""

    what: str
    path: Path
    ends_at: datetime | None
    why: str = ""


def files_of(table: Line) -> Files:
    """Raises DeploymentUnfit."""
    return Files(table.path("certificate"), table.path("key"), table.path("ca"))


def server_context(files: Files) -> ssl.SSLContext:
    """Demands a certificate of whoever connects. Raises ChannelDown, naming the file that is wrong."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.verify_mode = ssl.CERT_REQUIRED
    return _with(context, files)


class Fresh:
    """A listener's context goes on with the files as they are now; whoever connects from then on is shown them.

    The authority's file is read once: whom one trusts no longer must be forgotten at once, and that takes a restart.
    """

    def __init__(self, context: ssl.SSLContext, files: Files) -> None:
        self._context, self._files = context, files
        self._known = self._seen()

    def renew(self) -> bool:
        """Whether others were found and taken. Raises ChannelDown where they cannot be used; then the old ones stay."""
        seen = self._seen()
        if seen == self._known:
            return False
        server_context(self._files)  # half of a new pair must not spoil what works
        self._context.load_cert_chain(self._files.certificate, self._files.key)
        self._known = seen
        return True

    def _seen(self) -> Sequence[tuple[int, int] | None]:
        return [_mark(path) for path in (self._files.certificate, self._files.key)]


def _mark(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_ino


def client_context(files: Files) -> ssl.SSLContext:
    """Demands the certificate of the host that is called. Raises ChannelDown, naming the file that is wrong."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    own = look_at("本节点的证书", files.certificate)
    if own.ends_at is not None and own.ends_at <= clock.now():
        raise ChannelDown(f"本节点的证书已过期（{files.certificate}），请更换。")
    return _with(context, files)


def _with(context: ssl.SSLContext, files: Files) -> ssl.SSLContext:
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(files.certificate, files.key)
    except (OSError, ssl.SSLError):
        raise ChannelDown(f"本节点的证书或私钥不能使用（{files.certificate}、{files.key}），请核对两个文件。") from None
    try:
        context.load_verify_locations(files.ca)
    except (OSError, ssl.SSLError):
        raise ChannelDown(f"证书机构的证书不能使用（{files.ca}），请核对该文件。") from None
    return context


def look_at(what: str, path: Path) -> Certificate:
    """When the certificate of a file ends."""
    try:
        found = x509.load_pem_x509_certificate(path.read_bytes())
    except (OSError, ValueError):
        return Certificate(what, path, None, f"{what}不能读取（{path}），请核对该文件。")
    return Certificate(what, path, found.not_valid_after_utc)


def ends_in(certificate: Mapping[str, Any] | None) -> datetime | None:
    """When a certificate of a handshake ends."""
    said = (certificate or {}).get("notAfter")
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(said), UTC) if said else None


def names_in(certificate: Mapping[str, Any] | None) -> Iterable[str]:
    """The names a peer's certificate gives it: the common name, and the host names."""
    if certificate:
        for part in certificate.get("subject", ()):
            yield from (value for key, value in part if key == "commonName")
        yield from (value for key, value in certificate.get("subjectAltName", ()) if key == "DNS")


def trouble_of(why: Exception) -> str:
    """What went wrong between two nodes, for whoever has to mend it."""
    if isinstance(why, ssl.SSLCertVerificationError):
        return _WHY.get(why.verify_code, _OTHER_CA)
    if isinstance(why, ssl.SSLError):
        reason = (why.reason or "").upper()
        said = next((text for word, text in _SAID.items() if word in reason), None)
        cut = not reason or any(word in reason for word in _CUT)
        return said or ("对端在握手时断开，可能不认本节点的证书" if cut else "安全连接未能建立，请核对双方证书")
    if isinstance(why, TimeoutError):
        return "对端没有按时答复"
    if isinstance(why, ConnectionRefusedError):
        return "对端没有在该地址接入（连接被拒绝），请核对地址、端口和防火墙"
    if isinstance(why, socket.gaierror):
        return "对端地址的主机名无法解析，请核对地址"
    if isinstance(why, ConnectionError):
        return "连接中断，对端可能正在重启，或不认本节点的证书"
    if isinstance(why, OSError):
        return f"网络不通（{why.strerror}）" if why.strerror else "网络不通"
    return "对端的答复不合约定，请核对地址，并确认两侧版本"
