"""The gate before every page: each view says whom it lets in, and a test walks all addresses to see that it does.

`@page(right="order.read")` lets in who has the right, `@page()` everybody signed in, `@public("why")` the world.
A guarded view gets the actor as its second argument: `def board(request: HttpRequest, by: By) -> HttpResponse`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar, cast

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from liandong.audit.by import By
from liandong.identity.errors import SessionOver
from liandong.identity.models import Person
from liandong.identity.queries import by_person
from liandong.identity.rights import RIGHTS

Rest = ParamSpec("Rest")
View = Callable[Concatenate[HttpRequest, Rest], HttpResponseBase]
GuardedView = Callable[Concatenate[HttpRequest, By, Rest], HttpResponseBase]
RawRoute = TypeVar("RawRoute", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class AccessRule:
    """Whom a view lets in. `right` None and not `public`: everybody signed in. `reason` says why a view is public.

    `first_password`: open also to people who have to change their first password before anything else.
    `token`: asks for a system's token and not for a session; `certificate`: for another node's certificate.
    `or_right` lets in as well who lacks `right`.
    """

    right: str | None = None
    public: bool = False
    reason: str = ""
    first_password: bool = False
    token: bool = False
    or_right: str | None = None
    certificate: bool = False


def page(*, right: str | None = None, first_password: bool = False) -> Callable[[GuardedView[Rest]], View[Rest]]:
    """Let in people with `right` (None: everybody signed in); others are asked to sign in, or get NotAllowed.

    What is shown is for these eyes only, so no copy is kept on the way. Raises ValueError for an unknown right.
    """
    if right is not None and right not in RIGHTS:
        raise ValueError(f"no such right: {right}")

    def guard(view: GuardedView[Rest]) -> View[Rest]:
        @wraps(view)
        def guarded(request: HttpRequest, /, *args: Rest.args, **kwargs: Rest.kwargs) -> HttpResponseBase:
            by = actor(request)
            if by is None and by_script(request):
                # A script can use no page to sign in on; the console's asks the person in a dialog.
                raise SessionOver
            if by is None:
                # What was posted cannot be repeated after signing in; who came to read goes on reading.
                return redirect_to_login(request.get_full_path() if request.method == "GET" else "/")
            if right is not None:
                by.needs(right)
            response = view(request, by, *args, **kwargs)
            response.headers.setdefault("Cache-Control", "no-store")
            return response

        return _ruled(guarded, AccessRule(right=right, first_password=first_password))

    return guard


def public(reason: str) -> Callable[[View[Rest]], View[Rest]]:
    """Let everybody in. `reason` says why that is right, for who reviews the list of open addresses."""

    def open_to_all(view: View[Rest]) -> View[Rest]:
        return _ruled(view, AccessRule(public=True, reason=reason, first_password=True))

    return open_to_all


def raw_route(
    *, right: str | None = None, or_right: str | None = None, token: bool = False, certificate: bool = False
) -> Callable[[RawRoute], RawRoute]:
    """Say whom a route beside Django lets in. It must ask by itself: there is no request here to ask about.

    Raises ValueError for an unknown right.
    """
    for one in (right, or_right):
        if one is not None and one not in RIGHTS:
            raise ValueError(f"no such right: {one}")

    def mark(route: RawRoute) -> RawRoute:
        rule = AccessRule(right=right, token=token, or_right=or_right, certificate=certificate)
        route.access_rule = rule  # type: ignore[attr-defined] # read by rule_of
        return route

    return mark


def actor(request: HttpRequest) -> By | None:
    """The actor behind the session, None when nobody is signed in; asked once a request."""
    kept = vars(request)
    if "_actor" not in kept:
        user = request.user
        kept["_actor"] = by_person(user) if isinstance(user, Person) and user.is_active else None
    return cast("By | None", kept["_actor"])


def by_script(request: HttpRequest) -> bool:
    """Whether a script of a page asks (htmx, fetch, a stream) and not the person's own going from page to page."""
    said = request.headers
    return "HX-Request" in said or "X-Requested-With" in said or said.get("Sec-Fetch-Dest") == "empty"


def rule_of(view: Callable[..., Any]) -> AccessRule | None:
    """The rule a view carries, None when it carries none."""
    return getattr(view, "access_rule", None)


def _ruled(view: View[Rest], rule: AccessRule) -> View[Rest]:
    view.access_rule = rule  # type: ignore[attr-defined] # a mark on the function, read by rule_of
    return view
