"""Whose key is whose: this node's own provider, and the public keys that were entered for other nodes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from liandong.kernel.keys import KeyProvider
from liandong.peers.envelope import PeerKey
from liandong.peers.errors import KeyOfTwoNodes, PeerKeyMissing
from liandong.peers.sealing import Recipient


@dataclass(frozen=True, slots=True)
class Keyring:
    """`me`: this node's code. `signing`: the id of its key that signs. `known`: others' public keys by key id."""

    me: str
    own: KeyProvider
    signing: str
    known: Mapping[str, PeerKey]

    def recipient(self, node: str) -> Recipient:
        """For whom to seal: of several keys of the node the last by its id. Raises PeerKeyMissing."""
        ids = sorted(keyid for keyid, key in self.known.items() if key.node == node)
        if not ids:
            raise PeerKeyMissing(node=node)
        return Recipient(ids[-1], self.known[ids[-1]].public)


def known_keys(by_node: Mapping[str, Mapping[str, str]]) -> dict[str, PeerKey]:
    """Node → key id → SPKI PEM, as one table by key id. Raises KeyOfTwoNodes."""
    found: dict[str, PeerKey] = {}
    for node, publics in sorted(by_node.items()):
        for keyid, public in publics.items():
            if keyid in found:
                raise KeyOfTwoNodes(f"公钥“{keyid}”登记在两个节点名下，请只保留一处。", keyid=keyid)
            found[keyid] = PeerKey(node, public)
    return found
