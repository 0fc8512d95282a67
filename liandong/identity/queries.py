"""Reads of identity. What is asked at every request (desks, posts, tokens) is kept in the process for up to 5 s.

No signal between processes is needed: a kept answer dies of age, so a post's right taken away or a token revoked is
out of every process 5 s after the commit at the latest (age counts from before the read). Age is asked of
`kernel.clock`; an answer from the future, after a clock was set back, is thrown away too.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from django.conf import settings
from django.db.models import Q, QuerySet

from liandong.audit.by import By
from liandong.identity import tokens
from liandong.identity.errors import DeskElsewhere, NodeUnknown, NotItsDesk, TokenExpired, TokenUnknown
from liandong.identity.models import Desk, Division, Life, Node, Person, Post, SystemToken, Unit
from liandong.identity.rights import above
from liandong.identity.townships import KINDS as TOWNSHIPS
from liandong.kernel import clock
from liandong.kernel.errors import NotFound

KEPT_FOR = timedelta(seconds=5)
# A city has tens of tokens; the bound only keeps a strange day from filling the memory.
TOKENS_KEPT = 1000


@dataclass(frozen=True, slots=True)
class TokenSeen:
    """A token as the API sees it: it speaks for `desk` with `rights` until `expires`."""

    id: int
    name: str
    desk: str
    rights: frozenset[str]
    expires: datetime

    @property
    def by(self) -> By:
        """The actor of what is done with the token."""
        return By(name=self.name, post="system", desk=self.desk, system=self.name, rights=self.rights)


@dataclass(frozen=True)
class _Tables:
    read_at: datetime
    desks: Mapping[str, Desk]
    posts: Mapping[str, Post]
    divisions: tuple[Division, ...]
    townships: tuple[Division, ...]
    nodes: Mapping[str, Node]

    @cached_property
    def division_names(self) -> dict[str, str]:
        return {division.code: division.name for division in (*self.divisions, *self.townships)}

    @cached_property
    def unit_names(self) -> dict[str, str]:
        """Read when a code is first asked for that is no desk's: most processes never ask."""
        return dict(Unit.objects.values_list("code", "name"))


_tables: _Tables | None = None
_tokens: dict[bytes, tuple[datetime, TokenSeen]] = {}


def desk(code: str) -> Desk:
    """The desk, from the kept table. Raises NotFound."""
    found = _small_tables().desks.get(code)
    if found is None:
        raise NotFound("没有这个台席。", desk=code)
    return found


def desks() -> tuple[Desk, ...]:
    """All desks by code, from the kept table."""
    return tuple(_small_tables().desks.values())


def this_node() -> Node | None:
    """The node this process is; None when the house is alone and every desk is here. Raises NodeUnknown."""
    if not settings.NODE:
        return None
    found = _small_tables().nodes.get(settings.NODE)
    if found is None:
        raise NodeUnknown
    return found


def node(code: str) -> Node:
    """The node, from the kept table. Raises NotFound."""
    found = _small_tables().nodes.get(code) if settings.NODE else None
    if found is None:
        raise NotFound("没有这个节点。", node=code)
    return found


def other_nodes() -> tuple[Node, ...]:
    """The nodes that this process is not; none when the house is alone."""
    return tuple(one for one in _small_tables().nodes.values() if one.code != settings.NODE) if settings.NODE else ()


def node_of(desk: str) -> str:
    """The code of the node that hosts the desk: this one's for a desk of no node and for what is no desk (a unit).

    Empty when the house is alone.
    """
    if not settings.NODE:
        return ""
    found = _small_tables().desks.get(desk)
    return found.node_id if found is not None and found.node_id else settings.NODE


def is_here(desk: str) -> bool:
    """Whether this node hosts the desk and may act in its name; without LIANDONG_NODE always, asking nothing."""
    return not settings.NODE or node_of(desk) == settings.NODE


def is_on_paper(desk: str) -> bool:
    """Whether the desk is here and has no people here: what it answers on paper is typed in on its behalf."""
    found = _small_tables().desks.get(desk)
    return found is not None and found.paper and is_here(desk)


def must_be_here(desk: str | None) -> None:
    """Raises DeskElsewhere when another node hosts the desk: only that one may act in its name."""
    if desk is not None and not is_here(desk):
        code = node_of(desk)
        raise DeskElsewhere(node=code, desk=desk)


def must_live_at(desk: str, node: str) -> None:
    """Raises NotItsDesk unless the desk is one of those the node hosts; a stranger's desk is nobody's."""
    found = _small_tables().desks.get(desk)
    if found is None or node_of(desk) != node:
        raise NotItsDesk(node=node, desk=desk)


def life() -> Life | None:
    """The life this node is in since it was put back to a backup; None while it never was, and in a house alone."""
    return Life.objects.order_by("-number").first() if settings.NODE else None


def held_back_since() -> datetime | None:
    """The moment at which the life began in which this node is held back; None when it is not."""
    if not settings.NODE:
        return None
    return Life.objects.filter(released_at=None).order_by("-number").values_list("begun_at", flat=True).first()


def divisions() -> tuple[Division, ...]:
    """The divisions an order may stand in, the city and its counties and zones, by code, from the kept table."""
    return _small_tables().divisions


def townships() -> tuple[Division, ...]:
    """Townships and streets by code, from the kept table; none before a city has imported them."""
    return _small_tables().townships


def desk_name(code: str) -> str:
    """The name of a desk or unit for people to read; the code itself where it is neither (a party long gone)."""
    tables = _small_tables()
    found = tables.desks.get(code)
    return found.name if found else tables.unit_names.get(code, code)


def node_name(code: str) -> str:
    """The node's name; its code for one of an older pack."""
    found = _small_tables().nodes.get(code)
    return found.name if found else code


def division_name(code: str) -> str:
    """The division's name for people to read; the code itself where there is no such division."""
    return _small_tables().division_names.get(code, code)


def by_person(person: Person) -> By:
    """The actor a signed-in person is, with the rights the post has now."""
    tables = _small_tables()
    post = tables.posts.get(person.post_id) or person.post
    # The frame of every page names both; they need not be read again.
    person.post = post
    desk = tables.desks.get(person.desk_id or "")
    if desk is not None:
        person.desk = desk
    return By(
        name=person.name,
        post=post.code,
        desk=person.desk_id,
        unit=person.unit_id,
        person=person.pk,
        rights=frozenset(post.rights),
    )


def with_kept_place(person: Person) -> Person:
    """The person with post and desk from the kept tables, so that showing them asks nothing."""
    tables = _small_tables()
    if person.post_id in tables.posts:
        person.post = tables.posts[person.post_id]
    if person.desk_id is not None and person.desk_id in tables.desks:
        person.desk = tables.desks[person.desk_id]
    return person


def access_desks(by: By) -> QuerySet[Desk]:
    """Desks whose affairs the actor may see: the own one; every one with `desk.all`; none for people of a unit."""
    return Desk.objects.all() if by.may("desk.all") else Desk.objects.filter(code=by.desk)


def access_desk(by: By, code: str) -> Desk:
    """The desk, when the actor may see its affairs. Raises NotFound, also when it exists but is not theirs to see."""
    if code != by.desk and not by.may("desk.all"):
        raise NotFound
    return desk(code)


def access_tokens(by: By) -> QuerySet[SystemToken]:
    """Tokens of the desks the actor may see, newest first. Raises NotAllowed without `tokens.manage`."""
    by.needs("tokens.manage")
    return SystemToken.objects.filter(desk__in=access_desks(by)).select_related("desk").order_by("-made_at", "-id")


def access_people(by: By) -> QuerySet[Person]:
    """Accounts the actor manages: those of the own desk; with `desk.all` all. Raises NotAllowed."""
    by.needs("people.manage")
    rows = Person.objects.select_related("post", "desk", "unit").order_by("desk", "unit", "post", "username")
    return rows if by.may("desk.all") else rows.filter(desk__in=access_desks(by))


def posts_to_give(by: By) -> list[Post]:
    """Posts whose accounts the actor may open: those without a high right the actor has not."""
    return [post for post in _small_tables().posts.values() if not above(post.rights, by)]


def post_name(code: str) -> str:
    """The post's name for people to read; the code itself where there is no such post (a system, a clock)."""
    found = _small_tables().posts.get(code)
    return found.name if found else code


def people_called(by: By, asked: str, most: int = 50) -> list[Person]:
    """Accounts whose sign-in name is `asked` or whose name holds it; for auditors, who manage none of them."""
    by.needs("audit.read")
    rows = Person.objects.filter(Q(username=asked) | Q(name__contains=asked)).select_related("post", "desk", "unit")
    return list(rows.order_by("pk")[:most])


def units_called(by: By, codes: Iterable[str]) -> dict[str, str]:
    """Names of units by code, for auditors."""
    by.needs("audit.read")
    return dict(Unit.objects.filter(code__in=set(codes)).values_list("code", "name"))


def names_of(by: By, people: Iterable[int]) -> dict[int, str]:
    """Names of accounts by id, for auditors."""
    by.needs("audit.read")
    return dict(Person.objects.filter(pk__in=set(people)).values_list("pk", "name"))


def demo_people() -> QuerySet[Person]:
    """The demo accounts that can sign in here, in the order of the pack; for the sign-in page of the try mode."""
    rows = Person.objects.filter(demo=True, is_active=True).select_related("post", "desk", "unit")
    if settings.NODE:
        rows = rows.filter(Q(desk=None) | Q(desk__node=None) | Q(desk__node=settings.NODE))
    return rows.order_by("pk")


def token(raw: str) -> TokenSeen:
    """The token, read from the database at most every 5 s. Raises TokenUnknown, TokenExpired."""
    seen = kept_token(raw)
    if seen is not None:
        return seen
    digest, moment = tokens.digest(raw), clock.now()
    row = SystemToken.objects.filter(digest=digest, revoked_at__isnull=True).first()
    if row is None:
        raise TokenUnknown
    seen = TokenSeen(row.pk, row.name, row.desk_id, frozenset(row.rights), row.expires_at)
    if len(_tokens) >= TOKENS_KEPT:
        _tokens.clear()
    _tokens[digest] = (moment, seen)
    return _unexpired(seen)


def kept_token(raw: str) -> TokenSeen | None:
    """The token when this process knows it freshly; None means: ask `token` (in a thread, when on an event loop).

    Touches no database, so it may be called from asyncio. Raises TokenUnknown for a text that cannot be a token,
    TokenExpired.
    """
    kept = _tokens.get(tokens.digest(raw))
    if kept is not None and _fresh(kept[0]):
        return _unexpired(kept[1])
    if not tokens.well_formed(raw):
        raise TokenUnknown
    return None


def forget() -> None:
    """Throw away what this process keeps; called by the actions that change it, and between tests."""
    global _tables
    _tables = None
    _tokens.clear()


def _unexpired(seen: TokenSeen) -> TokenSeen:
    if clock.now() >= seen.expires:
        why = TokenExpired()
        why.token = seen.id
        raise why
    return seen


def _fresh(read_at: datetime) -> bool:
    return timedelta(0) <= clock.now() - read_at < KEPT_FOR


def _small_tables() -> _Tables:
    global _tables
    kept = _tables
    if kept is None or not _fresh(kept.read_at):
        read_at = clock.now()
        divisions = tuple(Division.objects.order_by("code"))
        kept = _tables = _Tables(
            read_at,
            {desk.code: desk for desk in Desk.objects.order_by("code")},
            {post.code: post for post in Post.objects.order_by("code")},
            tuple(one for one in divisions if one.kind not in TOWNSHIPS),
            tuple(one for one in divisions if one.kind in TOWNSHIPS),
            # A house that is alone asks nothing about nodes.
            {node.code: node for node in Node.objects.order_by("ordinal")} if settings.NODE else {},
        )
    return kept
