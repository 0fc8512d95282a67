"""Forms of the auditor's desk."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms

from liandong.audit import catalogue
from liandong.intake.pages.forms import DeskForm, Words


def _moment(label: str) -> forms.DateTimeField:
    return forms.DateTimeField(
        label=label,
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        error_messages={"invalid": "时间格式有误，请按“年-月-日 时:分”填写。"},
    )


class SpanForm(DeskForm):
    """A subject by its number or as it is chained, and a span of time."""

    since = _moment("起")
    until = _moment("止")
    number = Words(label="联动号、单号或移交编号", max_length=40, required=False)
    subject = forms.CharField(max_length=80, required=False, widget=forms.HiddenInput)

    def clean(self) -> dict[str, Any]:
        said: dict[str, Any] = super().clean() or self.cleaned_data
        since, until = said.get("since"), said.get("until")
        if isinstance(since, datetime) and isinstance(until, datetime) and since >= until:
            self.add_error("until", "止须晚于起，请调整。")
        return said


class AuditForm(SpanForm):
    who = Words(label="人员姓名或用户名", max_length=40, required=False)
    kind = forms.ChoiceField(label="事件", required=False)
    field_order = ("who", "number", "kind", "since", "until", "subject")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        groups = {True: "查看、检索、导出", False: "办理、变更"}
        kinds = catalogue.kinds()
        self.offer(
            "kind",
            [
                ("", "全部"),
                ("seen", "谁看过（查看、检索、导出）"),
                ("changed", "谁改过（办理、变更）"),
                *(
                    (name, [(k.code, k.label) for k in kinds if k.is_sighting is which])
                    for which, name in groups.items()
                ),
            ],
        )


class VerifyForm(SpanForm):
    """Either a subject or a span of time."""

    def clean(self) -> dict[str, Any]:
        said = super().clean()
        if not said.get("number") and not said.get("subject") and not (said.get("since") and said.get("until")):
            self.add_error(None, "请填写一个编号，或填写起止时间。")
        return said
