"""I8: somebody with every right on one node changes the past, or speaks in another's name: the others notice."""

from __future__ import annotations

from dataclasses import replace

from liandong.peers.holdings import Held, SignedStep
from liandong.peers.ledger import Head
from liandong.transfer.baton import compose
from liandong.transfer.replica import Replica, apply
from simulation.network.memory import Backup
from simulation.network.promises import Broken
from simulation.network.world import Place, World


def nobody_rewrites(world: World) -> None:
    """One step of one transfer is changed on one node, with all hashes, signatures and the node's chain made anew."""
    shared = [
        (place, held)
        for place in world.places.values()
        for held in place.store.all("transfer").values()
        if any(place.node.where[desk] != place.code for desk in (held.replica.origin, held.replica.target))
    ]
    if not shared:
        return
    place, held = world.dice.choice(shared)
    kept = place.store.backup()
    _rewrite(place, held, world.dice.randrange(len(held.steps)))
    _noticed(world, place, held)
    place.store.put_back(kept)
    _not_in_anothers_name(world, place, held, kept)


def _rewrite(place: Place, held: Held, at: int) -> None:
    replica = held.replica
    now = Replica(replica.transfer, replica.kind, replica.origin, replica.target)
    steps = []
    for place_of, signed in enumerate(held.steps):
        body = {**signed.step.body, "text": "从未说过的话"} if place_of == at else signed.step.body
        step = replace(signed.step, body=body, prev=now.head)
        now = apply(now, step)
        steps.append(SignedStep(step, step.digest(), place.node.post.sign(step.digest())))
    place.store.put("transfer", replica.transfer, replace(held, replica=now, steps=tuple(steps)))
    changed = {old.digest: new.digest for old, new in zip(held.steps, steps, strict=True)}
    head = Head()
    for count, (old, _) in sorted(place.store.all("link").items()):
        link = changed.get(old, old)
        head = head.then(link)
        place.store.put("link", count, (link, head.head))
    place.store.put("meta", "head", head)
    place.store.commit()


def _noticed(world: World, liar: Place, held: Held) -> None:
    number = held.replica.transfer
    nodes = {world.where[desk] for desk in (held.replica.origin, held.replica.target)} - {liar.code}
    for code in sorted(nodes):
        honest = world.places[code]
        kept = honest.store.backup()
        for said in (liar.node.heartbeat(code), liar.node.reconciles(code)):
            for peer, answer in honest.node.receive([said], world.now):
                if peer == liar.code:
                    for _, back in liar.node.receive([answer], world.now):
                        honest.node.receive([back], world.now)
        aside = [a for a in honest.store.all("aside").values() if a.decision == "conflict"]
        changed = honest.store.get("transfer", number).steps != kept["transfer"][number].steps
        honest.store.put_back(kept)
        if not any(number == a.message.get("subject") for a in aside) and not _compared(liar, number):
            raise Broken("I8", number, f"{liar.code} changed a step and {code} did not notice")
        if not any(a.message.get("kind") == "heartbeat" for a in aside):
            raise Broken("I8", number, f"{liar.code} rewrote its chain and the head deposited with {code} did not tell")
        if changed:
            raise Broken("I8", number, f"{code} took over the changed step of {liar.code}")


def _compared(liar: Place, number: str) -> bool:
    """The lines come to the liar when the honest side answers; there the difference stands too."""
    return any(
        a.decision == "conflict" and a.message.get("subject") == number for a in liar.store.all("aside").values()
    )


def _not_in_anothers_name(world: World, place: Place, held: Held, kept: Backup) -> None:
    """The node says to another what only that one's desk, or a third's, may say."""
    code = next((c for c in place.node.others if world.places[c].node.held(held.replica.transfer)), None)
    if code is None:
        return
    empty = Replica(f"{held.replica.transfer}X", "divert", "110" if place.code != "police" else "12345", "hotline")
    body = {**held.steps[0].step.body, "target": "hotline"}
    step = compose(empty, "offer", empty.origin, "某人", body, {}, world.now)
    signed = SignedStep(step, step.digest(), place.node.post.sign(step.digest()))
    honest = world.places[code]
    before = honest.store.backup()
    place.node.tell(code, "step", empty.transfer, signed.told(), world.now, urgent=False)
    honest.node.receive([row.raw for row in place.node.outgoing(code, world.now)], world.now)
    taken = honest.node.held(empty.transfer) is not None
    honest.store.put_back(before)
    place.store.put_back(kept)
    if taken:
        raise Broken("I8", empty.transfer, f"{code} took a step of {empty.origin} that {place.code} had made up")
