"""The keys of this node and of the others, as they stand in their folders now."""

from __future__ import annotations

from django.conf import settings

from liandong.identity.queries import other_nodes
from liandong.kernel.keys import FolderKeys, KeyUnknown, publics
from liandong.peers.keyring import Keyring, known_keys


def keyring() -> Keyring:
    """The keys as they stand in their folders now. Raises KeyUnknown, Sm2KeyUnfit, KeyOfTwoNodes."""
    own = FolderKeys(settings.KEYS)
    ids = own.ids()
    signing = settings.SIGNING_KEY or (ids[-1] if ids else "")
    if signing not in ids:
        raise KeyUnknown("本节点没有签名密钥，暂不能收发：请先生成密钥，并把公钥交给对端。")
    own.public(signing)  # read now: else each message would be found unfit for it
    entered = {one.code: publics(settings.PEER_KEYS / one.code) for one in other_nodes()}
    return Keyring(settings.NODE, own, signing, known_keys(entered))
