"""Forms of the frame's own pages. They check shape; whether something may be done, the actions decide."""

from __future__ import annotations

from typing import Any

from django import forms

from liandong.audit.by import By
from liandong.identity.actions import LONGEST_TOKEN_DAYS
from liandong.identity.models import Unit
from liandong.identity.queries import access_desks, posts_to_give
from liandong.identity.rights import RIGHTS

LONGEST_PASSWORD = 200


class FrameForm(forms.Form):
    """Says what is missing by the name of the field."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            chosen = isinstance(field, forms.ChoiceField)
            field.error_messages["required"] = f"请{'选择' if chosen else '填写'}{field.label}。"


class SignInForm(FrameForm):
    username = forms.CharField(
        label="用户名",
        max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "username", "autocapitalize": "none", "autofocus": True}),
    )
    password = forms.CharField(
        label="密码",
        strip=False,
        max_length=LONGEST_PASSWORD,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )


def _new_password(label: str, help_text: str = "") -> forms.CharField:
    widget = forms.PasswordInput(attrs={"autocomplete": "new-password"})
    return forms.CharField(label=label, strip=False, max_length=LONGEST_PASSWORD, widget=widget, help_text=help_text)


class PasswordForm(FrameForm):
    old = forms.CharField(
        label="当前密码",
        strip=False,
        max_length=LONGEST_PASSWORD,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password", "autofocus": True}),
    )
    new = _new_password("新密码", "至少10个字符，不能全是数字，不能与姓名、用户名相近，也不能是常见密码。")
    again = _new_password("再次输入的新密码")

    def clean_again(self) -> str:
        again: str = self.cleaned_data["again"]
        if again != self.cleaned_data.get("new"):
            raise forms.ValidationError("两次输入的新密码不一致。")
        return again


class PersonForm(FrameForm):
    username = forms.RegexField(
        r"[a-z0-9][a-z0-9.-]{1,39}",
        label="用户名",
        help_text="2至40个小写字母、数字、点或横线。",
        error_messages={"invalid": "用户名只能用小写字母、数字、点和横线。"},
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none"}),
    )
    name = forms.CharField(label="姓名", max_length=40, widget=forms.TextInput(attrs={"autocomplete": "off"}))
    post = forms.ChoiceField(label="岗位")
    desk = forms.ChoiceField(label="台席", required=False)
    unit = forms.ChoiceField(label="承办单位", required=False)

    def __init__(self, *args: Any, by: By, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        desks = [(desk.code, desk.name) for desk in access_desks(by).order_by("code")]
        _choose(self, "post", [("", "请选择"), *((post.code, post.name) for post in posts_to_give(by))])
        if by.may("desk.all"):
            _choose(self, "desk", [("", "（无）"), *desks])
            _choose(self, "unit", [("", "（无）"), *Unit.objects.order_by("name").values_list("code", "name")])
        else:
            _choose(self, "desk", desks)
            self.fields["desk"].required = True
            del self.fields["unit"]


class TokenForm(FrameForm):
    name = forms.CharField(label="系统名称", max_length=60, help_text="写明哪个系统、由谁维护，便于日后核对。")
    desk = forms.ChoiceField(label="代表台席")
    days = forms.IntegerField(label="有效期（天）", min_value=1, max_value=LONGEST_TOKEN_DAYS, initial=180)
    rights = forms.MultipleChoiceField(label="权限", widget=forms.CheckboxSelectMultiple)

    def __init__(self, *args: Any, by: By, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _choose(self, "desk", [(desk.code, desk.name) for desk in access_desks(by).order_by("code")])
        _choose(self, "rights", [(right.code, right.label) for right in RIGHTS.values() if right.for_systems])


def _choose(form: forms.Form, name: str, choices: list[tuple[str, str]]) -> None:
    field = form.fields[name]
    assert isinstance(field, forms.ChoiceField)
    field.choices = choices
