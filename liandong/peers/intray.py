"""来件: what is to be done with a message that has arrived, and why. Pure.

The receipt says that a message is stored, never that it is accepted: what waits, what is poison and what contradicts
is stored too, so that the sender stops sending it and a person sees it. Only what cannot be trusted gets none.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from liandong.kernel.errors import LiandongError
from liandong.transfer.errors import ChainBroken, OutOfOrder
from liandong.transfer.replica import Replica, Step, apply

Decision = Literal["apply", "duplicate", "wait", "void", "conflict", "dead", "forged"]

# What gets a receipt, because it is kept; of a journal that has ended nobody waits for one.
KEPT = frozenset({"apply", "duplicate", "wait", "conflict", "dead"})


@dataclass(frozen=True, slots=True)
class Verdict:
    """`why`: for the person who looks at it, in Chinese; empty where all is as it should be."""

    decision: Decision
    why: str = ""

    @property
    def receipt(self) -> bool:
        return self.decision in KEPT


APPLY, DUPLICATE = Verdict("apply"), Verdict("duplicate")
OTHER_BYTES = "同一编号的报文内容与先前收到的不同，可能被改动，已保留两份供核对。"
OTHER_RECEIVER = "报文的接收方不是本节点，已隔离，请核对通道配置。"
ENDED = "对方已启用新的报文序列，此报文属于已终止的序列，只留存不生效；如内容重要请电话核对。"
EARLIER_MISSING = "前面的步尚未收到，等待补齐。"
TRANSFER_MISSING = "所属移交尚未收到，等待补齐。"
OTHER_HISTORY = "同一步次收到内容不同的两份，历史不一致，已停止处理，请双方核对并保全证据。"
NOT_AUTHOR = "作者的签名不成立：该台不属于签名的节点，或内容被改动，请电话核对。"


def envelope(
    *, receiver: str, here: str, journal: int, current: int, digest: bytes, before: bytes | None, has: bool
) -> Verdict:
    """Judge the message by its outside alone; `apply` means: look inside.

    `journal` is the one it was sent in, `current` the latest known of its sender; a later one ends those before.
    `before`: the digest of what was stored under the same number, None when none; `has`: whether one was stored.
    """
    if receiver != here:
        return Verdict("forged", OTHER_RECEIVER)
    if journal < current:
        return Verdict("void", ENDED)
    if has:
        return DUPLICATE if before is None or before == digest else Verdict("conflict", OTHER_BYTES)
    return APPLY


def step(replica: Replica | None, held: bytes | None, arrived: Step, digest: bytes, *, proven: bool) -> Verdict:
    """Judge a step. `replica`: the transfer as known here, None when unknown; `held`: the digest of the step held under
    the same number, None when none; `proven`: whether the node of the author's desk has signed it.

    The first step of a transfer says all there is to know of it and never waits: a danger must not.
    """
    if not proven:
        return Verdict("dead", NOT_AUTHOR)
    if held is not None:
        return DUPLICATE if held == digest else Verdict("conflict", OTHER_HISTORY)
    if replica is None:
        return Verdict("wait", TRANSFER_MISSING)
    try:
        apply(replica, arrived, digest)
    except OutOfOrder:
        return Verdict("wait", EARLIER_MISSING)
    except ChainBroken:
        return Verdict("conflict", OTHER_HISTORY)
    except LiandongError as why:
        return Verdict("dead", why.message)
    return APPLY


def note(*, transfer_known: bool, held: bytes | None, digest: bytes, proven: bool) -> Verdict:
    """Judge a note: it waits only for its transfer, never for a step, as it changes no state."""
    if not proven:
        return Verdict("dead", NOT_AUTHOR)
    if held is not None:
        return DUPLICATE if held == digest else Verdict("conflict", OTHER_BYTES)
    return APPLY if transfer_known else Verdict("wait", TRANSFER_MISSING)


def snapshot(held: tuple[int, bytes] | None, revision: int, digest: bytes, *, proven: bool) -> Verdict:
    """Judge a snapshot of an order: the highest revision counts, an older one is as good as seen."""
    if not proven:
        return Verdict("dead", NOT_AUTHOR)
    if held is None or revision > held[0]:
        return APPLY
    if revision < held[0] or held[1] == digest:
        return DUPLICATE
    return Verdict("conflict", OTHER_BYTES)


def unopened(first: Step) -> Replica:
    """The transfer before its first step, as that step tells it."""
    return Replica(transfer=first.transfer, kind=first.kind, origin=first.author, target=first.body["target"])
