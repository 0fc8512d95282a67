"""Writes of identity: rows of a city pack, people and their passwords, tokens of other systems."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from django.contrib.auth.hashers import make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Model

from liandong.audit.actions import record
from liandong.audit.by import By
from liandong.identity import queries, tokens, townships
from liandong.identity.errors import PASSWORD_RULES, OldPasswordWrong, PasswordRefused
from liandong.identity.models import Desk, Division, Person, Post, SystemToken, Unit
from liandong.identity.rights import CITY_LOAD, NOBODY, above, not_for_systems, unknown
from liandong.kernel import clock
from liandong.kernel.actions import upsert
from liandong.kernel.errors import Conflict, Invalid, NotAllowed, NotFound
from liandong.kernel.rows import Loaded, Row
from liandong.kernel.telling import tell_account

# Long enough for a yearly renewal, short enough that a forgotten token dies.
LONGEST_TOKEN_DAYS = 400


@transaction.atomic
def load_divisions(*, by: By, rows: Sequence[Row]) -> Loaded:
    """Rows of divisions.csv. Raises BadRow, NotAllowed."""
    by.needs(CITY_LOAD)
    known = _codes(Division, rows)
    wanted = [
        (
            row,
            {
                "code": row.text("code", longest=6),
                "name": row.text("name", longest=60),
                "short": row.text("short", longest=20),
                "parent_id": _one_of(known, row, "parent"),
                "kind": row.text("kind", longest=10),
                "source": row.text("source", longest=200),
            },
        )
        for row in rows
    ]
    _no_rings(wanted)
    return upsert(Division, "code", wanted)


@transaction.atomic
def load_townships(*, by: By, rows: Sequence[Row], source: str) -> Loaded:
    """Rows of a city's townships.csv (code, name, county) under the divisions there are; those not named stay.

    Raises BadRow, NotAllowed, Conflict (no city is loaded yet).
    """
    by.needs(CITY_LOAD)
    counties = list(Division.objects.exclude(kind__in=townships.KINDS))
    city = next((one for one in counties if one.kind == "city"), None)
    if city is None:
        raise Conflict("还没有装载城市数据，请先装载再导入乡镇街道。")
    # A zone of the city's own making has no digits of its own: its townships have some of the city's.
    above = [
        townships.Above(one.code, one.name, one.code if one.code.isdecimal() else city.code[:4])
        for one in counties
        if one != city
    ]
    loaded = upsert(Division, "code", townships.columns(rows, above, source))
    detail = {"city": city.code, "files": {"townships.csv": [loaded.created, loaded.updated, loaded.unchanged]}}
    record("townships.loaded", by=by, subject=f"city:{city.code}", detail=detail)
    queries.forget()
    return loaded


@transaction.atomic
def load_desks(*, by: By, rows: Sequence[Row]) -> Loaded:
    """Rows of desks.csv; divisions first. Raises BadRow, NotAllowed."""
    by.needs(CITY_LOAD)
    known, divisions = _codes(Desk, rows), _codes(Division)
    wanted = []
    for row in rows:
        columns = {
            "code": row.text("code", longest=20),
            "name": row.text("name", longest=60),
            "kind": row.one_of("kind", Desk.Kind.values),
            "division_id": _one_of(divisions, row, "division", required=True),
            "parent_id": _one_of(known, row, "parent"),
            "phone": row.optional("phone", longest=40),
            "clause": row.optional("clause", longest=20),
            "paper": row.ticked("paper"),
        }
        wanted.append((row, columns))
    _no_rings(wanted)
    loaded = upsert(Desk, "code", wanted)
    queries.forget()
    return loaded


@transaction.atomic
def load_units(*, by: By, rows: Sequence[Row]) -> Loaded:
    """Rows of units.csv; divisions first. Raises BadRow, NotAllowed."""
    by.needs(CITY_LOAD)
    known, divisions = _codes(Unit, rows), _codes(Division)
    wanted = [
        (
            row,
            {
                "code": row.text("code", longest=20),
                "name": row.text("name", longest=80),
                "kind": row.text("kind", longest=20),
                "division_id": _one_of(divisions, row, "division", required=True),
                "parent_id": _one_of(known, row, "parent"),
                "source": row.text("source", longest=200),
            },
        )
        for row in rows
    ]
    _no_rings(wanted)
    return upsert(Unit, "code", wanted)


@transaction.atomic
def load_posts(*, by: By, rows: Sequence[Row]) -> Loaded:
    """Rows of posts.csv. A change of a post's rights is written into the trail. Raises BadRow, NotAllowed."""
    by.needs(CITY_LOAD)
    before = {post.code: post.rights for post in Post.objects.all()}
    wanted: list[tuple[Row, dict[str, Any]]] = []
    for row in rows:
        given = sorted(set(row.words("rights")))
        if strange := unknown(given):
            raise row.bad("rights", f"没有这样的权限：{'、'.join(strange)}")
        columns = {"code": row.text("code", longest=30), "name": row.text("name", longest=40), "rights": given}
        wanted.append((row, columns))
    loaded = upsert(Post, "code", wanted)
    for _, post in wanted:
        was = before.get(post["code"], [])
        if was != post["rights"]:
            detail = {"before": was, "after": post["rights"]}
            record("post.rights_changed", by=by, subject=f"post:{post['code']}", detail=detail)
    queries.forget()
    return loaded


@transaction.atomic
def load_people(*, by: By, rows: Sequence[Row], password: str) -> Loaded:
    """Demo people of people.csv, all with the one `password` of the try mode; posts, desks and units first.

    A password somebody changed since stays. Raises BadRow (a username of a real person too), NotAllowed.
    """
    by.needs(CITY_LOAD)
    posts, desks, units = _codes(Post), _codes(Desk), _codes(Unit)
    real = set(Person.objects.filter(demo=False).values_list("username", flat=True))
    wanted = []
    for row in rows:
        columns = {
            "username": row.text("username", longest=40),
            "name": row.text("name", longest=40),
            "post_id": _one_of(posts, row, "post", required=True),
            "desk_id": _one_of(desks, row, "desk"),
            "unit_id": _one_of(units, row, "unit"),
            "demo": True,
        }
        if columns["username"] in real:
            raise row.bad("username", f"{columns['username']} 已是正式账号")
        if columns["desk_id"] and columns["unit_id"]:
            raise row.bad("unit", "台席和单位只能填一个")
        wanted.append((row, columns))
    # One hash for all: they share the password anyway, and hashing is made slow on purpose.
    when_new = {"password": make_password(password), "since": clock.now(), "must_change_password": False}
    return upsert(Person, "username", wanted, when_new=when_new)


@transaction.atomic
def make_person(
    *, by: By, username: str, name: str, post: str, password: str, desk: str | None = None, unit: str | None = None
) -> Person:
    """Open an account; the person has to change `password` at the first sign-in.

    Raises NotAllowed, NotFound (post, desk, unit), Conflict (username taken), Invalid, PasswordRefused.
    """
    by.needs("people.manage")
    if desk and unit:
        raise Invalid("台席和单位只能选一个。", field="unit")
    if Person.objects.filter(username=username).exists():
        raise Conflict("该用户名已被使用，请换一个。", field="username")
    for model, code, field in ((Post, post, "post"), (Desk, desk, "desk"), (Unit, unit, "unit")):
        if code and not model._default_manager.filter(pk=code).exists():
            raise NotFound("没有这个岗位、台席或单位。", field=field)
    _access_account(by, desk, Post.objects.get(pk=post))
    person = Person(
        username=username,
        name=name,
        post_id=post,
        desk_id=desk,
        unit_id=unit,
        since=clock.now(),
        must_change_password=True,
    )
    _put_password(person, password)
    person.save(force_insert=True)
    detail = {"username": username, "post": post, "desk": desk, "unit": unit}
    record("person.made", by=by, subject=f"person:{person.pk}", detail=detail)
    return person


@transaction.atomic
def set_password(*, by: By, username: str, password: str) -> None:
    """Give somebody a new first password, to be changed at the next sign-in; their open sessions end.

    Raises NotAllowed, NotFound, PasswordRefused.
    """
    person = _account(by, username)
    _put_password(person, password)
    person.must_change_password = True
    person.save(update_fields=["password", "must_change_password"])
    record("person.password_set", by=by, subject=f"person:{person.pk}")
    tell_account(person.pk)


@transaction.atomic
def close_account(*, by: By, username: str) -> None:
    """Close an account; who is signed in with it is out at the next click.

    Raises NotAllowed, NotFound, Conflict (closed already, or the actor's own).
    """
    person = _account(by, username)
    if person.pk == by.person:
        raise Conflict("不能停用自己的账号，请由其他管理员办理。")
    if not person.is_active:
        raise Conflict("该账号已停用。")
    person.is_active = False
    person.save(update_fields=["is_active"])
    record("person.closed", by=by, subject=f"person:{person.pk}")
    tell_account(person.pk)


@transaction.atomic
def reopen_account(*, by: By, username: str, password: str) -> None:
    """Open a closed account again with a new first password: sessions from before the closing must not wake up.

    Raises NotAllowed, NotFound, PasswordRefused, Conflict (not closed).
    """
    person = _account(by, username)
    if person.is_active:
        raise Conflict("该账号没有停用。")
    _put_password(person, password)
    person.is_active = person.must_change_password = True
    person.save(update_fields=["password", "is_active", "must_change_password"])
    record("person.reopened", by=by, subject=f"person:{person.pk}")
    tell_account(person.pk)


@transaction.atomic
def change_own_password(*, by: By, old: str, new: str) -> Person:
    """Change one's own password; afterwards nothing has to be changed first any more.

    Raises OldPasswordWrong, PasswordRefused (the same as before, or against the rules), NotFound for a system.
    """
    person = Person.objects.select_for_update().filter(pk=by.person or 0, is_active=True).first()
    if person is None:
        raise NotFound("没有这个账号。")
    if not person.check_password(old):
        raise OldPasswordWrong(field="old")
    if new == old:
        raise PasswordRefused("新密码不能与当前密码相同。", field="new")
    _put_password(person, new, field="new")
    person.must_change_password = False
    person.save(update_fields=["password", "must_change_password"])
    record("person.password_changed", by=by, subject=f"person:{person.pk}")
    tell_account(person.pk)
    return person


@transaction.atomic
def issue_token(*, by: By, name: str, desk: str, rights: Sequence[str], days: int) -> str:
    """Issue a token that speaks for `desk` over the API for `days` days; the text returned is shown once, never kept.

    Raises NotAllowed, NotFound (a desk the actor has no access to), Invalid (name, days, rights no system may have).
    """
    by.needs("tokens.manage")
    queries.access_desk(by, desk)
    if not 0 < len(name.strip()) <= 60:
        raise Invalid("请填写系统名称，不超过60个字。", field="name")
    if not 1 <= days <= LONGEST_TOKEN_DAYS:
        raise Invalid(f"有效期应为1至{LONGEST_TOKEN_DAYS}天。", field="days")
    if not rights or not_for_systems(rights):
        raise Invalid("请至少选择一项权限，且只能选择允许系统使用的权限。", field="rights")
    raw, moment = tokens.make(), clock.now()
    row = SystemToken.objects.create(
        name=name.strip(),
        desk_id=desk,
        digest=tokens.digest(raw),
        rights=sorted(set(rights)),
        made_at=moment,
        expires_at=moment + timedelta(days=days),
    )
    detail = {"name": row.name, "desk": desk, "rights": row.rights, "expires": row.expires_at}
    record("token.issued", by=by, subject=f"token:{row.pk}", detail=detail)
    return raw


@transaction.atomic
def revoke_token(*, by: By, token: int) -> None:
    """Revoke at once; every process of the house has stopped taking it 5 s after the commit.

    Raises NotAllowed, NotFound, Conflict (revoked already).
    """
    by.needs("tokens.manage")
    row = SystemToken.objects.select_for_update().filter(pk=token, desk__in=queries.access_desks(by)).first()
    if row is None:
        raise NotFound("没有这个令牌，或您无权管理。")
    if row.revoked_at is not None:
        raise Conflict("该令牌已被吊销。")
    row.revoked_at = clock.now()
    row.save(update_fields=["revoked_at"])
    record("token.revoked", by=by, subject=f"token:{row.pk}", detail={"name": row.name, "desk": row.desk_id})
    queries.forget()


@transaction.atomic
def note_sign_in(*, by: By, ip: str) -> None:
    """Write into the trail that somebody signed in."""
    record("person.signed_in", by=by, subject=f"person:{by.person}", detail={"ip": ip})


@transaction.atomic
def note_sign_out(*, by: By) -> None:
    """Write into the trail that somebody signed out."""
    record("person.signed_out", by=by, subject=f"person:{by.person}")
    if by.person is not None:
        tell_account(by.person)


@transaction.atomic
def note_failed_sign_in(*, username: str, ip: str, locked: bool) -> None:
    """Write a failed sign-in, or the lock that followed, to the account's chain, else to the address's.

    A name that is no account is not kept: people type their password into the wrong field.
    """
    person = Person.objects.filter(username=username).only("pk").first()
    subject = f"person:{person.pk}" if person else f"address:{ip}"
    record("signin.locked" if locked else "signin.failed", by=NOBODY, subject=subject, detail={"ip": ip})


def _put_password(person: Person, password: str, *, field: str = "password") -> None:
    try:
        validate_password(password, person)
    except ValidationError as why:
        broken = [PASSWORD_RULES[rule.code or ""].format(**(rule.params or {})) for rule in why.error_list]
        raise PasswordRefused("".join(broken), field=field) from None
    person.set_password(password)


def _account(by: By, username: str) -> Person:
    """The account, locked, when the actor may manage it. Raises NotAllowed, NotFound."""
    by.needs("people.manage")
    rows = Person.objects.select_for_update(of=("self",)).select_related("post")
    person = rows.filter(username=username).first()
    if person is None:
        raise NotFound("没有这个账号。", field="username")
    _access_account(by, person.desk_id, person.post)
    return person


def _access_account(by: By, desk: str | None, post: Post) -> None:
    """Who manages one desk's people manages no other's, and none above the own post; the rest needs `desk.all`."""
    if desk:
        queries.access_desk(by, desk)
    else:
        by.needs("desk.all")
    if beyond := above(post.rights, by):
        raise NotAllowed("该岗位的权限高于您的岗位，请由上级管理员办理。", rights=beyond)


def _codes(model: type[Model], rows: Sequence[Row] = ()) -> set[str]:
    """Codes there are already, and those the rows bring."""
    return {*model._default_manager.values_list("pk", flat=True), *(row.text("code") for row in rows)}


def _one_of(known: set[str], row: Row, column: str, *, required: bool = False) -> str | None:
    code = row.text(column) if required else row.optional(column)
    if code and code not in known:
        raise row.bad(column, f"找不到 {code}")
    return code or None


def _no_rings(wanted: Sequence[tuple[Row, Mapping[str, Any]]]) -> None:
    """Nothing may stand above itself."""
    above = {columns["code"]: columns["parent_id"] for _, columns in wanted}
    for row, columns in wanted:
        passed, code = {columns["code"]}, columns["parent_id"]
        while code is not None:
            if code in passed:
                raise row.bad("parent", f"{code} 成了自己的上级")
            passed.add(code)
            code = above.get(code)
