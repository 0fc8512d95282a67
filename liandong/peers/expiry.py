"""How long a certificate is good yet, and how pressing it is to renew it. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

Urgency = Literal["good", "warn", "urgent", "over"]


@dataclass(frozen=True, slots=True)
class Validity:
    """`days`: whole days left; negative: since it is over."""

    urgency: Urgency
    days: int

    @property
    def words(self) -> str:
        if self.urgency == "over":
            return f"已过期 {-self.days} 天" if self.days < 0 else "今天过期"
        return f"还有 {self.days} 天"


def validity(ends: date, today: date, warn_days: float, urgent_days: float, *, over: bool) -> Validity:
    """`over`: its last moment has passed, be it today. The bounds are dated rows of the city."""
    days = (ends - today).days
    if over:
        return Validity("over", min(days, 0))
    if days < urgent_days:
        return Validity("urgent", days)
    return Validity("warn" if days < warn_days else "good", days)
