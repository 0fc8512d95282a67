"""What people see of the other nodes: whether each can be reached, what lies between us, what took no effect."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db import connection
from django.db.models import Count, Max, Min, Q

from liandong.audit.by import By
from liandong.identity.models import Node
from liandong.identity.queries import other_nodes
from liandong.kernel import clock
from liandong.kernel.errors import LiandongError
from liandong.kernel.keys import PUBLIC, FolderKeys, fingerprint, publics
from liandong.peers.attachments import waits_with
from liandong.peers.channels import Apart, KeepsApart
from liandong.peers.channels.https import Fetched, Https
from liandong.peers.channels.registry import channels_of, is_connected
from liandong.peers.expiry import Validity
from liandong.peers.models import ChannelState, Difference, Incoming, Outgoing, Peer
from liandong.peers.pace import Pace
from liandong.peers.queries import pace, stuck_with
from liandong.peers.queries.certificates import validity_of
from liandong.peers.queries.compared import Compared, compared_with
from liandong.peers.queries.tallies import APART, DIFFERS, REFUSED, UNSETTLED, WAITING, tallies
from liandong.peers.reach import Reach, reach
from liandong.peers.standstill import Stuck

MANAGE = "peers.manage"
LATENCY_OF = timedelta(hours=1)
# What waits on a page; beyond it nobody reads on.
SHOWN = 50
APART_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Backlog:
    """Messages for a peer without its receipt."""

    count: int = 0
    urgent: int = 0
    oldest: datetime | None = None


@dataclass(frozen=True, slots=True)
class Latency:
    """From the first sending to the receipt, of the messages of the last hour; in seconds."""

    count: int
    p50: float
    p99: float


@dataclass(frozen=True, slots=True)
class KeySeen:
    """`since`: when the file was put there. A key that cannot be read has its reason (Chinese) and no fingerprint."""

    id: str
    fingerprint: str
    since: datetime | None
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class ChannelSeen:
    """A channel to a peer, its state (None: never tried), and what lies in its quarantine: how many parcels, and those
    it can tell of. `apart_trouble`, in Chinese: why that cannot be seen. `here`: it lies in this node's database.
    `certified`: how long the peer's certificate is good yet, where the channel has seen it.
    """

    name: str
    state: ChannelState | None
    apart: int
    told: Sequence[Apart]
    apart_trouble: str
    here: bool
    certified: Validity | None


@dataclass(frozen=True, slots=True)
class PeerSeen:
    """A peer as its card shows it. `counts`: how many of its messages are in which state."""

    node: Node
    peer: Peer
    reach: Reach
    backlog: Backlog
    latency: Latency | None
    counts: Mapping[str, int]
    refused: int
    stuck: int
    compared: Compared
    keys: Sequence[KeySeen]
    channels: Sequence[ChannelSeen]
    deployment_trouble: str


def access_peers(by: By) -> list[PeerSeen]:
    """Every other node with its figures, by the nodes' order. Raises NotAllowed, ParameterMissing."""
    by.needs(MANAGE)
    nodes = other_nodes()
    if not nodes:
        return []
    now, how = clock.now(), pace()
    rows = Peer.objects.in_bulk()
    backlogs, latencies, counts = backlog_of_peers(), latency_of_peers(now), tallies()
    states = {(one.peer, one.channel): one for one in ChannelState.objects.all()}
    standing_still = Counter(peer for peer, _ in stuck_with([node.code for node in nodes]))
    differing = {peer: of.get(DIFFERS, 0) for peer, of in counts.items()}
    compared = compared_with([rows.get(node.code, Peer(code=node.code)) for node in nodes], differing)
    found = []
    for node in nodes:
        row = rows.get(node.code, Peer(code=node.code))
        of = counts.get(node.code, {})
        channels, trouble = _channels(node.code, states, of)
        found.append(
            PeerSeen(
                node=node,
                peer=row,
                reach=reach_of(row, now, how),
                backlog=backlogs.get(node.code, Backlog()),
                latency=latencies.get(node.code),
                counts=of,
                refused=of.get(REFUSED, 0),
                stuck=standing_still[node.code],
                compared=compared[node.code],
                keys=keys_of(node.code),
                channels=channels,
                deployment_trouble=trouble,
            )
        )
    return found


def awaited() -> list[Node]:
    """The nodes whose answer this one waits for since it was put back to a backup."""
    waiting = set(Peer.objects.filter(awaited=True).values_list("code", flat=True))
    return [node for node in other_nodes() if node.code in waiting]


def reach_of(row: Peer, now: datetime, how: Pace) -> Reach:
    """What the peer is called now, whether or not the courier runs."""
    was = Reach(row.condition, row.condition_at) if row.condition_at else None  # type: ignore[arg-type] # its words
    return reach(row.heard_at, row.trouble_at, now, how, was, row.said.get("state", ""))


def reaches() -> list[tuple[Node, Reach]]:
    """Every other node and whether it can be reached; for everybody who hands over. Raises ParameterMissing."""
    nodes = other_nodes()
    if not nodes:
        return []
    now, how, rows = clock.now(), pace(), Peer.objects.in_bulk()
    return [(node, reach_of(rows.get(node.code, Peer(code=node.code)), now, how)) for node in nodes]


def backlog_of_peers() -> dict[str, Backlog]:
    """What lies without a receipt, by peer."""
    rows = Outgoing.objects.filter(stored_at__isnull=True).values("peer")
    found = rows.annotate(count=Count("id"), pressing=Count("id", filter=Q(urgent=True)), oldest=Min("made_at"))
    return {one["peer"]: Backlog(one["count"], one["pressing"], one["oldest"]) for one in found}


def latency_of_peers(now: datetime) -> dict[str, Latency]:
    """How long receipts took within the last hour, by peer; a peer without any is not there."""
    with connection.cursor() as cursor:
        cursor.execute(_LATENCY, [now - LATENCY_OF])
        return {peer: Latency(count, *spans) for peer, count, spans in cursor.fetchall()}


# A message of before its first sending was noted counts from when it was made.
_LATENCY = """
SELECT peer, count(*), percentile_cont(ARRAY[0.5, 0.99]) WITHIN GROUP (
    ORDER BY extract(epoch FROM stored_at - coalesce(sent_at, made_at))::float8)
FROM peers_outgoing WHERE stored_at >= %s GROUP BY peer
"""


def counts_of_peers() -> dict[str, dict[str, int]]:
    """How many of a peer's messages have taken no effect, by state."""
    found: dict[str, dict[str, int]] = {}
    for one in Incoming.objects.filter(UNSETTLED).values("peer", "state").annotate(count=Count("id")):
        found.setdefault(one["peer"], {})[one["state"]] = one["count"]
    return found


def waiting_messages() -> list[Incoming]:
    """What waits for something that has not come, the oldest first."""
    rows = Incoming.objects.filter(WAITING).defer("document", "digest")
    return list(rows.order_by("id")[:SHOWN])


def refused_by_peers() -> dict[str, int]:
    """How many of our messages take no effect at a peer, by peer."""
    rows = Outgoing.objects.exclude(refused="").values("peer").annotate(count=Count("id"))
    return {one["peer"]: one["count"] for one in rows}


@dataclass(frozen=True, slots=True)
class Reason:
    """Dead messages of one peer with one code; `newest` is one of them and says it in Chinese."""

    count: int
    newest: Incoming


def reasons() -> list[Reason]:
    """Why messages are dead, the most frequent first."""
    dead = Incoming.objects.filter(state="dead").values("peer", "code")
    groups = list(dead.annotate(count=Count("id"), newest=Max("id")).order_by("-count", "peer", "code")[:SHOWN])
    newest = Incoming.objects.defer("document", "digest").in_bulk([one["newest"] for one in groups])
    return [Reason(one["count"], newest[one["newest"]]) for one in groups if one["newest"] in newest]


def access_dead(by: By, *, state: str, peer: str = "", before: int | None = None) -> tuple[list[Incoming], int | None]:
    """Messages that took no effect, newest first, and the id after which the next page begins. Raises NotAllowed."""
    by.needs(MANAGE)
    rows = Incoming.objects.filter(state=state).defer("document", "digest").order_by("-id")
    rows = rows.filter(peer=peer) if peer else rows
    found = list((rows.filter(id__lt=before) if before else rows)[: SHOWN + 1])
    return found[:SHOWN], found[SHOWN - 1].pk if len(found) > SHOWN else None


def waiting_with(rows: Iterable[Incoming]) -> Mapping[str, int]:
    """How many more parts of the same document wait with each of these, by `part_of`."""
    names = {waits_with(row.part_of): row.part_of for row in rows if row.part_of}
    waiting = Incoming.objects.filter(state="waiting", waits_for__in=names).values("waits_for")
    return {names[one["waits_for"]]: one["count"] for one in waiting.annotate(count=Count("id")).order_by()}


def access_refused(by: By, *, peer: str = "", before: int | None = None) -> tuple[list[Outgoing], int | None]:
    """对端拒收: our messages that take no effect at a peer, as `access_dead`. Raises NotAllowed."""
    by.needs(MANAGE)
    rows = Outgoing.objects.exclude(refused="").defer("document", "raw").order_by("-id")
    rows = rows.filter(peer=peer) if peer else rows
    found = list((rows.filter(id__lt=before) if before else rows)[: SHOWN + 1])
    return found[:SHOWN], found[SHOWN - 1].pk if len(found) > SHOWN else None


def own_keys() -> list[KeySeen]:
    """This node's keys, as the administrator of the other side is told them."""
    keys = FolderKeys(settings.KEYS)
    try:
        return [_seen(one, keys.public(one), settings.KEYS) for one in keys.ids()]
    except LiandongError as why:
        return [KeySeen("", "", None, why.message)]


def keys_of(peer: str) -> list[KeySeen]:
    """The keys entered for a peer."""
    folder = settings.PEER_KEYS / peer
    try:
        return [_seen(one, public, folder) for one, public in sorted(publics(folder).items())]
    except LiandongError as why:
        return [KeySeen("", "", None, why.message)]


def _seen(key: str, public: str, folder: Path) -> KeySeen:
    try:
        at = datetime.fromtimestamp((folder / f"{key}{PUBLIC}").stat().st_mtime, clock.now().tzinfo)
    except OSError:
        return KeySeen(key, fingerprint(public), None)  # only its age is not known
    return KeySeen(key, fingerprint(public), at)


def _channels(
    peer: str, states: Mapping[tuple[str, str], ChannelState], counts: Mapping[str, int]
) -> tuple[list[ChannelSeen], str]:
    """The channels of the deployment, the preferred first; and in Chinese why it cannot be read."""
    if not is_connected():
        return [], ""
    try:
        ways = channels_of(peer)
    except LiandongError as why:
        return [], why.message
    found = []
    for way in ways:
        count, told, trouble = counts.get(f"{APART}{way.name}", 0), list[Apart](), ""
        here = isinstance(way.channel, Https | Fetched)
        try:
            count = count if here else way.channel.set_apart(peer)
            if count and isinstance(way.channel, KeepsApart):
                told = way.channel.apart(peer, APART_SHOWN)
        except LiandongError as why:
            trouble = why.message
        state = states.get((peer, way.name))
        certified = validity_of(state.certified_until if state else None)
        found.append(ChannelSeen(way.name, state, count, told, trouble, here, certified))
    return found, ""


def access_differences(
    by: By, *, mended: bool, peer: str = "", before: int | None = None
) -> tuple[list[Difference], int | None]:
    """出入, the latest first, and the id after which the next page begins. Raises NotAllowed."""
    by.needs(MANAGE)
    rows = Difference.objects.filter(mended_at__isnull=not mended).order_by("-id")
    rows = rows.filter(peer=peer) if peer else rows
    found = list((rows.filter(id__lt=before) if before else rows)[: SHOWN + 1])
    return found[:SHOWN], found[SHOWN - 1].pk if len(found) > SHOWN else None


def access_stuck(by: By, *, peer: str = "", after: str = "") -> tuple[list[tuple[str, Stuck]], str, int]:
    """停滞 with one peer or all, the oldest first: a page of them with the peer's code, the place after which the next
    page begins (empty: there is none), and how many there are in all. Raises NotAllowed, ParameterMissing.
    """
    by.needs(MANAGE)
    known = {one.code for one in other_nodes()}
    wanted = known & {peer} if peer else known
    found = stuck_with(wanted) if wanted else []
    rest = [each for each in found if _place(each[1]) > after]
    return rest[:SHOWN], _place(rest[SHOWN - 1][1]) if len(rest) > SHOWN else "", len(found)


def _place(one: Stuck) -> str:
    return f"{one.since.astimezone(UTC):%Y%m%dT%H%M%S.%f}{one.transfer}"


def urgent_first(rows: Iterable[PeerSeen]) -> list[PeerSeen]:
    """Who needs somebody comes first: not reached, then with dead letters, then as they stand."""
    return sorted(rows, key=lambda one: (one.reach.is_online, not one.counts.get("dead")))
