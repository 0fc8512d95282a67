"""The channels of a peer as the deployment of this node has them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from django.conf import settings

from liandong.identity.queries import other_nodes
from liandong.intake.queries import rulebook
from liandong.kernel import clock
from liandong.peers.channels import Channel, Way, https, laid
from liandong.peers.channels.deployment import Deployment, DeploymentUnfit, Line, read_deployment
from liandong.peers.channels.kinds import KINDS
from liandong.peers.channels.own import Own
from liandong.peers.channels.tls import Certificate, files_of, look_at

# (node, peer, name) → the file it was opened by, and what was opened: it may keep a connection from turn to turn.
_open: dict[tuple[str, str, str], tuple[Deployment, Channel]] = {}


def is_connected() -> bool:
    """Whether this process is a node that has a channel."""
    return bool(settings.NODE and (settings.CHANNELS or settings.FERRY_DIR))


def deployment() -> Deployment:
    """How this node is connected. Raises DeploymentUnfit."""
    return read_deployment(settings.CHANNELS, settings.FERRY_DIR)


def channels_of(peer: str) -> tuple[Way, ...]:
    """The channels to a peer, the preferred first. Raises DeploymentUnfit."""
    found = deployment()
    return tuple(Way(line.name, _opened(peer, line, found)) for line in found.lines(peer))


def sender_with(names: Iterable[str]) -> tuple[str, str] | None:
    """Which peer has a certificate with these names, and by which channel it comes. Raises DeploymentUnfit."""
    known = {one.code for one in other_nodes()}
    lines = [line for peer, given in deployment().peers.items() if peer in known for line in given]
    found = https.peer_with(names, lines)
    return None if found is None else (found.peer, found.name)


def certificates() -> list[Certificate]:
    """The certificates this node stands with, and until when they are good. Raises DeploymentUnfit."""
    own = deployment().tables.get(https.TABLE)
    if own is None:
        return []
    files = files_of(own)
    return [look_at("本节点的证书", files.certificate), look_at("证书机构的证书", files.ca)]


def faults() -> Iterator[str]:
    """What is wrong with the deployment, a Chinese sentence each."""
    try:
        found = deployment()
    except DeploymentUnfit as why:
        yield why.message
        return
    known = {one.code for one in other_nodes()}
    for strange in sorted(set(found.peers) - known):
        yield f"通道部署文件中的对端 {strange} 不在节点表中，请核对节点代码。"
    for peer in sorted(known):
        try:
            channels_of(peer)
        except DeploymentUnfit as why:
            yield why.message


def parameter(name: str) -> float:
    """A dated row of the city, as it is now. Raises ParameterMissing."""
    return rulebook().parameter(name, clock.now())


def _own(by: Deployment) -> Own:
    return Own(settings.NODE, laid, parameter, settings.FERRY_DIR, by.tables.get(https.TABLE))


def _opened(peer: str, line: Line, by: Deployment) -> Channel:
    key = settings.NODE, peer, line.name
    kept = _open.get(key)
    if kept is None or kept[0] != by:
        if line.kind not in KINDS:
            raise line.unfit(f"没有“{line.kind}”这种通道，可用的有：{'、'.join(sorted(KINDS))}")
        kept = _open[key] = by, KINDS[line.kind](line, _own(by))
    return kept[1]
