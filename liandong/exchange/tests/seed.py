"""Run in a process of its own by the fixture: the tables, the city of Xinzhou, and the tokens of its systems.

Prints the tokens as JSON: name → text.
"""

from __future__ import annotations

import json
import sys
from datetime import date, timedelta

import django

# What every system of a desk may do.
RIGHTS = (
    *("order.read", "order.accept", "order.handle", "order.close"),
    *("transfer.offer", "transfer.act", "note.add"),
)


def main() -> int:
    django.setup()
    from config import migrate
    from config.citypack import load_city
    from liandong.audit.by import By
    from liandong.identity.actions import issue_token, revoke_token
    from liandong.identity.models import SystemToken
    from liandong.kernel import clock

    migrate.main()
    weekdays_only(load_city("xinzhou").unknown_years)
    keeper = By(name="测试管理员", post="admin", rights=frozenset({"tokens.manage", "desk.all"}))
    tokens = {
        "hot": issue_token(by=keeper, name="热线系统", desk="12345", rights=RIGHTS, days=30),
        "police": issue_token(by=keeper, name="接警系统", desk="110", rights=RIGHTS, days=30),
        "county": issue_token(by=keeper, name="忻府接警系统", desk="110-140902", rights=RIGHTS, days=30),
        "reader": issue_token(by=keeper, name="只读系统", desk="12345", rights=("order.read",), days=30),
        "mute": issue_token(by=keeper, name="只写系统", desk="12345", rights=("order.accept",), days=30),
        # For test_use.py alone: what the others do is counted too, and written a moment after they are done.
        "counted": issue_token(by=keeper, name="计数系统", desk="12345", rights=("order.accept",), days=30),
        "last": issue_token(by=keeper, name="末次系统", desk="12345", rights=("order.read",), days=30),
        "expired": issue_token(by=keeper, name="过期系统", desk="12345", rights=RIGHTS, days=1),
        "revoked": issue_token(by=keeper, name="吊销系统", desk="12345", rights=RIGHTS, days=1),
    }
    SystemToken.objects.filter(name="过期系统").update(expires_at=clock.now() - timedelta(days=1))
    revoke_token(by=keeper, token=SystemToken.objects.get(name="吊销系统").pk)
    json.dump(tokens, sys.stdout)
    return 0


def weekdays_only(years: list[int]) -> None:
    """Holidays of a year not announced yet are not known; the tests must run in December too."""
    from liandong.kernel.models import Workday

    for year in years:
        days = [date(year, 1, 1) + timedelta(days=n) for n in range(365)]
        Workday.objects.bulk_create([Workday(day=day, working=day.weekday() < 5) for day in days])


if __name__ == "__main__":
    sys.exit(main())
