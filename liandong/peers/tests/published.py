"""A provider with the private key of GB/T 32918.5 annex A: published, so it may stand in examples."""

from __future__ import annotations

from liandong.kernel import sm2
from liandong.kernel.keys import PublicKeys
from liandong.kernel.tests.sm2keys import NUMBER, X, Y, private_pem, public_pem
from liandong.peers.envelope import PeerKey
from liandong.peers.sealing import Recipient

KEYID = "annex-a"
PUBLIC = public_pem(X, Y)
KNOWN = {KEYID: PeerKey("xz110", PUBLIC)}
RECIPIENT = Recipient(KEYID, PUBLIC)


class PublishedKey(PublicKeys):
    """Whatever key id it is asked for, it is the one key."""

    def __init__(self) -> None:
        self._key = sm2.private(private_pem(NUMBER, X, Y))

    def sign(self, key_id: str, data: bytes) -> bytes:
        return self._key.sign(data)

    def decrypt(self, key_id: str, data: bytes) -> bytes:
        return self._key.decrypt(data)

    def public(self, key_id: str) -> str:
        return PUBLIC
