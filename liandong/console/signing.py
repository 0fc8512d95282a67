"""Signing in and out, and changing one's own password."""

from __future__ import annotations

from collections.abc import Iterable

from axes.handlers.proxy import AxesProxyHandler
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import authenticate, login, logout, update_session_auth_hash
from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from liandong.audit.by import By
from liandong.console.addresses import client_ip
from liandong.console.failures import said
from liandong.console.forms import PasswordForm, SignInForm
from liandong.identity import actions
from liandong.identity.gate import actor, by_script, page, public
from liandong.identity.models import Person
from liandong.identity.queries import by_person, demo_people
from liandong.kernel.errors import Invalid

# One sentence for a wrong password and for a name that is no account; one for every lock. Who asks learns nothing.
WRONG = "用户名或密码不正确，请重新输入。"
LOCKED = "登录失败次数过多，请15分钟后再试；如忘记密码，请联系本台管理员重置。"


@public("登录页：尚未登录的人由此进入")
@never_cache
@sensitive_post_parameters("password")
def sign_in(request: HttpRequest) -> HttpResponse:
    if actor(request) is not None and not by_script(request):
        return redirect(_next(request))
    if request.method != "POST":
        return _sign_in_page(request, SignInForm())
    form = SignInForm(request.POST)
    if not form.is_valid():
        return _refused(request, form, None, 422)
    username, password = form.cleaned_data["username"], form.cleaned_data["password"]
    if not AxesProxyHandler.is_allowed(request, {"username": username}):
        return _refused(request, form, LOCKED, 429)
    person = authenticate(request, username=username, password=password)
    if isinstance(person, Person):
        login(request, person)
        actions.note_sign_in(by=by_person(person), ip=client_ip(request))
        return JsonResponse({"person": person.pk}) if by_script(request) else redirect(_next(request))
    locked = bool(getattr(request, "axes_locked_out", False))
    actions.note_failed_sign_in(username=username, ip=client_ip(request), locked=locked)
    return _refused(request, form, LOCKED, 429) if locked else _refused(request, form, WRONG, 422)


@page(first_password=True)
@require_POST
def sign_out(request: HttpRequest, by: By) -> HttpResponse:
    with transaction.atomic():  # open screens are told with the commit, and then the session is gone already
        actions.note_sign_out(by=by)
        logout(request)
    return redirect("sign-in")


@page(first_password=True)
@sensitive_post_parameters()
def password(request: HttpRequest, by: By) -> HttpResponse:
    form = PasswordForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            person = actions.change_own_password(by=by, old=form.cleaned_data["old"], new=form.cleaned_data["new"])
        except Invalid as why:
            form.add_error(why.field, why.message)
        else:
            # Other sessions of the person end with the old password; this one goes on under a new key.
            update_session_auth_hash(request, person)
            messages.success(request, "密码已修改。")
            return redirect("home")
    return render(request, "console/password.html", {"form": form}, status=422 if form.errors else 200)


def keep_answer(request: HttpRequest, answer: HttpResponse | None, credentials: object = None) -> HttpResponse:
    """For django-axes, which wants to answer a locked request itself: the sign-in page has answered it already."""
    return answer if answer is not None else _refused(request, SignInForm(), LOCKED, 429)


def _refused(request: HttpRequest, form: SignInForm, message: str | None, status: int) -> HttpResponse:
    """The page again with what is wrong; in the dialog of session.js the page behind it stays, so words are enough."""
    if by_script(request):
        return said(request, status, message or "请填写用户名和密码。")
    if message is not None:
        form.add_error(None, message)
    return _sign_in_page(request, form, status=status)


def _sign_in_page(request: HttpRequest, form: SignInForm, *, status: int = 200) -> HttpResponse:
    context = {
        "form": form,
        "next": _next(request),
        "demo_people": _grouped(demo_people()) if settings.TRY_MODE and settings.DEMO_PASSWORD else (),
        "demo_password": settings.DEMO_PASSWORD,
    }
    return render(request, "console/sign_in.html", context, status=status)


def _grouped(people: Iterable[Person]) -> list[tuple[str, list[tuple[Person, str]]]]:
    """The demo people by where they work, each with what tells them apart there: the post, or the place."""
    groups: dict[str, list[tuple[Person, str]]] = {}
    for person in people:
        desk = person.desk
        if desk is None:
            title, apart = ("承办单位", person.unit.name) if person.unit else ("全市", person.post.name)
        elif desk.kind in (desk.Kind.CITY_12345, desk.Kind.CITY_110):
            title, apart = desk.name, person.post.name
        else:
            title, apart = desk.get_kind_display(), desk.name
        groups.setdefault(title, []).append((person, apart))
    return list(groups.items())


def _next(request: HttpRequest) -> str:
    """Where to go after signing in; an address outside of this house is not followed."""
    wanted = request.POST.get("next") or request.GET.get("next") or "/"
    here = {request.get_host()}
    return wanted if url_has_allowed_host_and_scheme(wanted, here, require_https=request.is_secure()) else "/"
