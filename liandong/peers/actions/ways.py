"""The channels to a peer during one turn of the courier: tried in their order, and what came of it noted for the next.

A channel that fails is left alone for a while, the longer the longer it has failed, and then tried again; so the
preferred one is returned to by itself as soon as it works.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from liandong.kernel import clock
from liandong.peers.channels import Channel, SeesCertificate, Way
from liandong.peers.errors import ChannelDown
from liandong.peers.models import ChannelState
from liandong.peers.queries import pace

log = logging.getLogger("liandong.peers")

# Of the time a channel has been down already, so much more before the next try; at most so many first pauses.
SHARE, MOST = 4, 6


class Ways:
    def __init__(self, peer: str, found: Sequence[Way]) -> None:
        paused = ChannelState.objects.filter(peer=peer, paused_until__gt=clock.now()).values_list("channel", flat=True)
        resting = set(paused)
        self._peer, self._all = peer, found
        self._usable = [way for way in found if way.name not in resting]
        self._down: dict[str, str] = {}
        self._good, self._came = set[str](), set[str]()

    def __iter__(self) -> Iterator[Way]:
        """Those that may be tried now, those that have not failed in this turn first."""
        return iter(sorted(self._usable, key=lambda way: way.name in self._down))

    def down(self, way: Way, why: ChannelDown) -> None:
        self._down[way.name] = why.message

    def good(self, way: Way) -> None:
        """Something went through."""
        self._good.add(way.name)

    def came(self, way: Way) -> None:
        """Something was taken in."""
        self.good(way)
        self._came.add(way.name)

    def send(self, receipt: Sequence[bytes], messages: Sequence[bytes], again: Sequence[bytes]) -> None:
        """Hand over by the first that works. `again`: what should have its receipt by now; it goes by one more as well.

        A receipt also goes back by where it is owed for: that way is known to lead there. Raises ChannelDown when no
        channel works.
        """
        ways = list(self)
        went = self._send(ways, [*receipt, *messages])
        left = [way for way in ways if way is not went]
        if again:
            try:
                self._send(left, [*receipt, *again])
            except ChannelDown:
                log.debug("%s: no second channel", self._peer)  # it went by the first
        elif receipt and (back := [way for way in left if way.name in self._came]):
            try:
                self._send(back, receipt)
            except ChannelDown:
                log.debug("%s: no way back for the receipt", self._peer)  # likewise

    def behind(self, envelopes: Sequence[bytes]) -> bool:
        """Hand over what is large and in no hurry by the first that takes it; False when none does.

        That nothing goes through is noted of no channel: small messages may well go, and must not wait for a pause.
        """
        for way in self:
            if way.name in self._down:
                continue
            try:
                way.channel.send(self._peer, envelopes)
            except ChannelDown as why:
                log.warning("对端 %s 的通道 %s：材料没有发出：%s", self._peer, way.name, why.message)
            else:
                self.good(way)
                return True
        return False

    def _send(self, ways: Sequence[Way], envelopes: Sequence[bytes]) -> Way:
        for way in ways:
            try:
                way.channel.send(self._peer, envelopes)
            except ChannelDown as why:
                self.down(way, why)
            else:
                self.good(way)
                return way
        raise ChannelDown

    def note(self) -> str:
        """Keep how the channels did. Returns why nothing goes through by any, empty when one works."""
        now = clock.now()
        known = {one.channel: one for one in ChannelState.objects.filter(peer=self._peer)}
        troubles = list[str]()
        for way in self._all:
            state = known.get(way.name) or ChannelState(peer=self._peer, channel=way.name)
            if way.name in self._down:
                self._failed(state, self._down[way.name], now)
            elif way in self._usable and (state.trouble or way.name in self._good):
                self._works(state, way.channel, now, new=way.name in self._good)
            if state.trouble:
                troubles.append(f"{way.name}：{state.trouble}" if len(self._all) > 1 else state.trouble)
        return "；".join(troubles) if len(troubles) == len(self._all) else ""

    def _failed(self, state: ChannelState, why: str, now: datetime) -> None:
        if state.trouble != why[:300]:
            log.error("对端 %s 的通道 %s：%s", self._peer, state.channel, why)
        state.trouble, state.trouble_at = why[:300], state.trouble_at or now
        state.paused_until = now + pause(now - state.trouble_at)
        state.save()

    def _works(self, state: ChannelState, channel: Channel, now: datetime, *, new: bool) -> None:
        if state.trouble:
            log.warning("对端 %s 的通道 %s 已恢复", self._peer, state.channel)
        state.trouble, state.trouble_at, state.paused_until = "", None, None
        state.good_at = now if new else state.good_at
        if isinstance(channel, SeesCertificate) and channel.certified_until is not None:
            state.certified_until = channel.certified_until
        state.save()


def pause(down_for: timedelta) -> timedelta:
    """How long a channel is left alone that has been down for as long. Raises ParameterMissing."""
    first = pace().first
    return max(first, min(first * MOST, down_for / SHARE))
