"""The pages on which accounts are opened, closed, and given a new first password."""

from __future__ import annotations

import secrets

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from liandong.audit.by import By
from liandong.console.forms import PersonForm
from liandong.identity import actions
from liandong.identity.gate import page
from liandong.identity.queries import access_people
from liandong.kernel.errors import Conflict, Invalid, NotFound

# What gives an account a new first password, by the name of the button.
FIRST_PASSWORD_BY = {"password": actions.set_password, "reopen": actions.reopen_account}


@page(right="people.manage")
def people(request: HttpRequest, by: By) -> HttpResponse:
    form = PersonForm(request.POST or None, by=by)
    if request.method == "POST" and form.is_valid():
        given, password = form.cleaned_data, _first_password()
        try:
            actions.make_person(
                by=by,
                username=given["username"],
                name=given["name"],
                post=given["post"],
                desk=given["desk"] or None,
                unit=given.get("unit") or None,
                password=password,
            )
        except (Conflict, Invalid) as why:
            form.add_error(why.field, why.message)
        else:
            return _password_page(request, given["username"], password)
    context = {"form": form, "people": access_people(by)}
    return render(request, "console/people.html", context, status=422 if form.errors else 200)


@page(right="people.manage")
def account_of(request: HttpRequest, by: By, username: str) -> HttpResponse:
    found = access_people(by).filter(username=username).first()
    if found is None:
        raise NotFound("没有这个账号，或您无权管理。")
    verb = request.POST.get("verb")
    try:
        if verb == "close":
            actions.close_account(by=by, username=username)
            messages.success(request, f"{found.name}的账号已停用。")
            return redirect("people")
        if verb in FIRST_PASSWORD_BY:
            password = _first_password()
            FIRST_PASSWORD_BY[verb](by=by, username=username, password=password)
            return _password_page(request, username, password)
    except Conflict as why:
        messages.warning(request, why.message)
        return redirect("people")
    return render(request, "console/account_of.html", {"account": found})


def _first_password() -> str:
    """Twelve characters to be read out or written down once: 60 bits, without what is easily confused."""
    return "".join(secrets.choice("abcdefghjkmnpqrstuvwxyz23456789-+") for _ in range(12))


def _password_page(request: HttpRequest, username: str, password: str) -> HttpResponse:
    """Shown on the answer itself and nowhere kept."""
    return render(request, "console/first_password.html", {"username": username, "password": password})
