"""Addresses of the frame's own pages."""

from __future__ import annotations

from django.urls import path

from liandong.console import auditing, bulk, pages, people, signing, styleguide, tokens

urlpatterns = [
    path("", pages.home, name="home"),
    path("sign-in/", signing.sign_in, name="sign-in"),
    path("sign-out/", signing.sign_out, name="sign-out"),
    path("session/", pages.session, name="session"),
    path("account/", pages.account, name="account"),
    path("account/password/", signing.password, name="password"),
    path("people/", people.people, name="people"),
    path("people/<str:username>/", people.account_of, name="account-of"),
    path("tokens/", tokens.tokens, name="tokens"),
    path("tokens/<int:token>/revoke/", tokens.revoke, name="token-revoke"),
    path("styleguide/", styleguide.styleguide, name="styleguide"),
    path("orders/bulk/", bulk.orders_bulk, name="orders-bulk"),
    path("audit/", auditing.audit, name="audit"),
    path("audit/verify/", auditing.verify, name="audit-verify"),
    path("audit/export/", auditing.export, name="audit-export"),
    path("healthz", pages.healthz, name="healthz"),
]
