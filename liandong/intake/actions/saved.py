"""Keep a list under a name, share it with the desk, open by default."""

from __future__ import annotations

from django.db import transaction

from liandong.audit.actions import record
from liandong.audit.by import By
from liandong.intake.filters import LISTINGS
from liandong.intake.models import SavedList
from liandong.intake.queries.saved import access_lists
from liandong.kernel import clock
from liandong.kernel.errors import Invalid, NotAllowed, NotFound

MOST = 50
LONGEST_NAME = 40


@transaction.atomic
def save_list(
    *, by: By, listing: str, name: str, query: str, about: str, shared: bool = False, default: bool = False
) -> SavedList:
    """Save under a name; the same name of the same person is replaced. `about` is the filter in words, for the trail.

    Raises Invalid (name, too many), NotAllowed (sharing without the right).
    """
    by.needs("order.read")
    if by.person is None:
        raise NotAllowed
    name = " ".join(name.split())
    if not name or len(name) > LONGEST_NAME:
        raise Invalid(f"请填写视图名称，不超过{LONGEST_NAME}个字。", field="name")
    if listing not in LISTINGS:
        raise Invalid("没有这个列表。", field="listing")
    if shared:
        by.needs("list.share")
    own = SavedList.objects.filter(person=by.person, listing=listing)
    if own.exclude(name=name).count() >= MOST:
        raise Invalid(f"每个列表最多保存{MOST}个视图，请先删除不用的。", field="name")
    if default:
        own.filter(default=True).exclude(name=name).update(default=False)
    values = {"desk": by.party, "query": query, "shared": shared, "default": default, "made_at": clock.now()}
    saved, _ = SavedList.objects.update_or_create(person_id=by.person, listing=listing, name=name, defaults=values)
    if shared:
        detail = {"name": name, "listing": LISTINGS[listing], "filter": about}
        record("list.shared", by=by, subject=f"desk:{by.party}", detail=detail)
    return saved


@transaction.atomic
def drop_list(*, by: By, saved: int) -> SavedList:
    """Delete one of one's own; a shared one goes for the whole desk. Raises NotFound."""
    found = access_lists(by).filter(pk=saved, person=by.person).first()
    if found is None:
        raise NotFound("没有这个视图，或不是您保存的。")
    found.delete()
    return found
