"""One seed played to its end and judged; a violation carries the seed with which it comes again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from liandong.kernel.errors import LiandongError
from simulation.network import evidence, promises
from simulation.network.promises import Broken, Lost, Promises
from simulation.network.world import Storm, World

REPEATED = 40


@dataclass
class Played:
    seed: int
    broken: Broken | None = None
    lost: list[Lost] = field(default_factory=list)
    counted: Counter[str] = field(default_factory=Counter)
    deaths: Counter[str] = field(default_factory=Counter)


def play(seed: int, storm: Storm | None = None, trace: Callable[[str], None] | None = None) -> Played:
    """Play the seed. Never raises for what goes wrong in it: that is what it reports."""
    witness = Promises()
    world = World(seed, witness, storm, trace)
    played = Played(seed, counted=world.counted)
    try:
        world.run()
        _judge(world)
        played.lost = witness.lost(world)
    except Broken as broken:
        played.broken = broken
    except (LiandongError, LookupError, ValueError, TypeError, AttributeError) as why:
        if trace is not None:
            raise
        played.broken = Broken(
            "I3", type(why).__name__, f"a node failed over what nobody should have to fail over: {why}"
        )
    played.deaths = Counter({point.name: times for point, times in world.reaper.deaths.items()})
    world.counted["steps"] += sum(len(digests) for digests in witness.history.values())
    return played


def _judge(world: World) -> None:
    promises.all_arrived(world)
    promises.nothing_wrong_aside(world)
    world.exchange(lambda node, peer: node.heartbeat(peer))
    world.exchange(lambda node, peer: node.reconciles(peer))
    world.finish()
    promises.all_arrived(world)
    promises.equal(world)
    promises.tiled(world)
    world.exchange(lambda node, peer: node.heartbeat(peer))
    world.exchange(lambda node, peer: node.heartbeat(peer))
    promises.repeated(world, REPEATED)
    promises.nothing_wrong_aside(world)
    evidence.nobody_rewrites(world)
