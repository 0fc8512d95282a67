"""Which kinds of channels there are. A new kind is a file of this folder and one line here."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from liandong.peers.channels import Channel, ferry, https, middb
from liandong.peers.channels.deployment import Line
from liandong.peers.channels.own import Own

# Kind → what opens a channel of it. It checks its keys of the file (`line.only(…)`), raises DeploymentUnfit, and asks
# nobody yet: a peer that is away is found by the first use (ChannelDown).
KINDS: Mapping[str, Callable[[Line, Own], Channel]] = {
    "ferry": ferry.open_ferry,
    https.TABLE: https.open_https,
    "middb": middb.open_middb,
}
