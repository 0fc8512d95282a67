"""A clock that was wrong and was set back: what was put off by the wrong time would wait that much too long."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Q

from liandong.kernel import clock
from liandong.kernel.notices import tell
from liandong.peers.models import ChannelState, Outgoing, Peer
from liandong.peers.notices import OUTGOING


def are_ahead(moment: datetime) -> bool:
    """Whether messages wait that were made, or sent last, after `moment`, by a clock that was ahead of ours."""
    waiting = Outgoing.objects.filter(stored_at__isnull=True, next_try_at__gt=moment)
    return waiting.filter(Q(sent_at__gt=moment) | Q(sent_at=None, made_at__gt=moment)).exists()


def wait_no_longer() -> int:
    """What waits to go out is due, paused channels are tried, and nobody was heard in the future. Returns how many
    messages were waiting. May be repeated: at worst something is said once more than it need be.
    """
    now = clock.now()
    woken = Outgoing.objects.filter(stored_at__isnull=True, next_try_at__gt=now).update(next_try_at=now)
    ChannelState.objects.filter(paused_until__gt=now).update(paused_until=None)
    Peer.objects.filter(paused_until__gt=now).update(paused_until=None)
    Peer.objects.filter(beat_at__gt=now).update(beat_at=None)
    Peer.objects.filter(heard_at__gt=now).update(heard_at=now)
    Peer.objects.filter(said_at__gt=now).update(said_at=now)
    tell(OUTGOING)
    return woken
