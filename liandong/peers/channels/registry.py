"""Which kinds of channels there are, and the channels of a peer as the deployment has them.

A new kind is a file of this folder and one line of `KINDS`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from django.conf import settings

from liandong.identity.queries import other_nodes
from liandong.intake.queries import rulebook
from liandong.kernel import clock
from liandong.peers.channels import Channel, Way, ferry
from liandong.peers.channels.deployment import Deployment, DeploymentUnfit, Line, read_deployment

# Kind → what opens a channel of it. It checks its keys of the file (`line.only(…)`), raises DeploymentUnfit, and asks
# nobody yet: a peer that is away is found by the first use (ChannelDown).
KINDS: Mapping[str, Callable[[Line], Channel]] = {
    "ferry": lambda line: ferry.open_ferry(line, settings.NODE, parameter, settings.FERRY_DIR),
}

# (node, peer, name) → the line it was opened from, and what was opened: it may keep a connection from turn to turn.
_open: dict[tuple[str, str, str], tuple[Line, Channel]] = {}


def is_connected() -> bool:
    """Whether this process is a node that has a channel."""
    return bool(settings.NODE and (settings.CHANNELS or settings.FERRY_DIR))


def deployment() -> Deployment:
    """How this node is connected. Raises DeploymentUnfit."""
    return read_deployment(settings.CHANNELS, settings.FERRY_DIR)


def channels_of(peer: str) -> tuple[Way, ...]:
    """The channels to a peer, the preferred first. Raises DeploymentUnfit."""
    return tuple(Way(line.name, _opened(peer, line)) for line in deployment().lines(peer))


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


def _opened(peer: str, line: Line) -> Channel:
    key = settings.NODE, peer, line.name
    kept = _open.get(key)
    if kept is None or kept[0] != line:
        if line.kind not in KINDS:
            raise line.unfit(f"没有“{line.kind}”这种通道，可用的有：{'、'.join(sorted(KINDS))}")
        kept = _open[key] = line, KINDS[line.kind](line)
    return kept[1]
