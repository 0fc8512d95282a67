"""The certificates this node stands with at its peers, and how long each is good yet."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from liandong.kernel import clock
from liandong.kernel.errors import LiandongError
from liandong.kernel.ids import local_day
from liandong.peers.channels.registry import certificates, is_connected, parameter
from liandong.peers.channels.tls import Certificate
from liandong.peers.expiry import Validity, validity


@dataclass(frozen=True, slots=True)
class CertificateSeen:
    """`what`, Chinese: whose it is; `file`: its name. One that cannot be read has `trouble` (Chinese) and no end."""

    what: str
    file: str
    ends_at: datetime | None
    validity: Validity | None
    trouble: str = ""


def own_certificates() -> list[CertificateSeen]:
    """Those of the deployment; none where no channel asks for one. Raises ParameterMissing."""
    if not is_connected():
        return []
    try:
        found = certificates()
    except LiandongError:
        return []  # what is wrong with the deployment is told with the channels
    if not found:
        return []
    warn, urgent = parameter("peer_certificate_warn_days"), parameter("peer_certificate_urgent_days")
    return [_seen(one, warn, urgent) for one in found]


def _seen(one: Certificate, warn: float, urgent: float) -> CertificateSeen:
    if one.ends_at is None:
        return CertificateSeen(one.what, one.path.name, None, None, one.why)
    return CertificateSeen(one.what, one.path.name, one.ends_at, _judged(one.ends_at, warn, urgent))


def validity_of(ends_at: datetime | None) -> Validity | None:
    """How long a peer's certificate is good yet; None where none was seen. Raises ParameterMissing."""
    if ends_at is None:
        return None
    return _judged(ends_at, parameter("peer_certificate_warn_days"), parameter("peer_certificate_urgent_days"))


def _judged(ends_at: datetime, warn: float, urgent: float) -> Validity:
    now = clock.now()
    return validity(local_day(ends_at), local_day(now), warn, urgent, over=ends_at <= now)
