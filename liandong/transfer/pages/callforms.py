"""The call-taker's form: an order as it is taken on the phone, and what follows from it at once.

With danger nothing stands in front of the order (S3.4): whatever is missing or wrong is filled with what there is, and
`bent` says what somebody should look at afterwards.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import uuid4

from django import forms

from liandong.audit.by import By
from liandong.intake.accepting import Incoming, Settled
from liandong.intake.pages.forms import (
    BLANK,
    TEXT,
    DeskForm,
    IncomingForm,
    PoliceIncomingForm,
    Words,
    area,
    codes,
)
from liandong.intake.queries import rulebook
from liandong.intake.titles import LONGEST as TITLE
from liandong.intake.titles import title_of
from liandong.kernel import clock
from liandong.routing.actions import Chosen
from liandong.routing.coldstart import NEITHER
from liandong.routing.pages.words import SIDES
from liandong.routing.queries import topic_codes, unit_names
from liandong.transfer.actions import HandOver
from liandong.transfer.choices import Standing, ways
from liandong.transfer.pages.acts import all_desks
from liandong.transfer.pages.forms import OfferForm
from liandong.transfer.pages.suggesting import SIDE
from liandong.transfer.paths import targets

# What an order says that was sent before anything was written down.
UNSAID = "来电人报险，情况待核实"
SIGNAL = 200


def danger_line(posted: Mapping[str, str]) -> str:
    """The one line with which a danger is signalled: as typed, else the title, else the note's first sentence."""
    said = (posted.get("signal", ""), posted.get("title", ""), title_of(posted.get("content", "")))
    return next((" ".join(line.split())[:SIGNAL] for line in said if line.strip()), UNSAID)


def _degrees(label: str, most: int) -> forms.FloatField:
    wrong = f"{label}应为度数，如 112.746。"
    return forms.FloatField(
        label=label,
        required=False,
        min_value=-most,
        max_value=most,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "maxlength": 20}),
        error_messages={"invalid": wrong, "min_value": wrong, "max_value": wrong},
    )


class CallForm(IncomingForm):
    """A new order. The title comes from the note unless typed; `danger` lets everything through."""

    ALSO = {**IncomingForm.ALSO, "related": "repeats", "place": "address"}

    title = Words(label="标题", max_length=TITLE, required=False, help_text="留空则取记录的第一句。")
    nature = forms.ChoiceField(label="诉求性质", initial="help", widget=forms.RadioSelect)
    urgency = forms.ChoiceField(label="紧急程度", initial="ordinary", widget=forms.RadioSelect)
    content = Words(label="来电记录", max_length=TEXT, widget=area(7, autofocus=True))
    longitude = _degrees("经度", 180)
    latitude = _degrees("纬度", 90)
    repeats = forms.CharField(required=False, max_length=40, widget=forms.HiddenInput)

    def __init__(self, *args: Any, danger: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.danger = danger
        self.bent: list[str] = []
        self.guide = ""
        self.settled: Settled | None = None

    def clean(self) -> dict[str, Any]:
        said: dict[str, Any] = {**(super().clean() or {})}
        if self.danger:
            self._bend(said)
        if not said.get("title"):
            said["title"] = title_of(said.get("content", ""))
        if said.get("longitude") is None or said.get("latitude") is None:
            said["longitude"] = said["latitude"] = None
        return said

    def _bend(self, said: dict[str, Any]) -> None:
        """Take what can be taken of every wrong field, and what there is for every missing one."""
        for name in [name for name in self.errors if name in self.fields]:
            field = self.fields[name]
            raw = str(self.data.get(name, "")).replace("\0", "").strip()
            text = isinstance(field, forms.CharField)
            said[name] = raw[: field.max_length] if isinstance(field, forms.CharField) else self._fallback(name, field)
            if raw or not text:
                self.bent.append(str(field.label or name))
            del self.errors[name]
        said["key"] = said["key"] or uuid4().hex
        line = danger_line(self.data)
        said["urgency"] = "danger"
        said["title"] = said.get("title") or title_of(said.get("content", "")) or line[:TITLE]
        said["content"] = said.get("content") or line

    def _fallback(self, name: str, field: forms.Field) -> Any:
        if isinstance(field, forms.ChoiceField):
            return self.initial.get(name, field.initial) or ""
        return None

    def incoming(self) -> Incoming:
        said = self.cleaned_data
        details = {**self._details(), **({"guide": self.guide} if self.guide else {})}
        return replace(
            super().incoming(),
            longitude=said["longitude"],
            latitude=said["latitude"],
            settled=self.settled,
            details=details,
        )


class PoliceCallForm(CallForm, PoliceIncomingForm):
    """The same with the words of the police."""


CALL_FORMS: dict[str, type[CallForm]] = {"work": CallForm, "police": PoliceCallForm}


class AtOnceForm(OfferForm):
    """What follows at once; all of it may be left empty. A desk that is the police itself has no one to alarm."""

    ALSO = {**OfferForm.ALSO, "signal": "signal"}

    signal = Words(
        label="险情", max_length=SIGNAL, required=False, help_text="一句话即可；受理的同时联动派警，不等待其他处理。"
    )

    def __init__(self, *args: Any, desk_kind: str, **kwargs: Any) -> None:
        super().__init__(*args, ways=ways(desk_kind, all_desks(), Standing()), **kwargs)
        self.fields["way"].required = False
        if "city_110" not in targets("danger", desk_kind):
            del self.fields["signal"]

    def side(self) -> str:
        """The side of the list on which the desk stands that the matter is handed to; empty for none."""
        target = str(self.data.get("way", "")).partition(":")[2]
        return SIDE.get(dict(all_desks()).get(target, ""), "")

    def hand_over(self) -> HandOver | None:
        return HandOver(*self.way_and_body()) if self.cleaned_data.get("way") else None


class JudgedForm(DeskForm):
    """What the call-taker says of what was suggested. Nothing in it is ever wrong: what is unknown counts for nothing.

    `said`: names of the fields a person filled by hand; `accepted`: the suggestion was taken over by its key.
    """

    side = forms.CharField(
        label="归口",
        required=False,
        widget=forms.Select(
            choices=[("", "按建议"), *SIDES.items()], attrs={"data-key": "Alt+9", "data-key-label": "改归口"}
        ),
    )
    unit = forms.CharField(
        label="承办单位",
        required=False,
        widget=forms.Select(choices=[("", "按建议")], attrs={"data-key": "Alt+0", "data-key-label": "改承办单位"}),
    )
    said = forms.CharField(required=False, widget=forms.HiddenInput)
    accepted = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        unit = str(self["unit"].value() or "")
        if name := unit_names([unit]).get(unit):
            self.fields["unit"].widget.choices = [("", "按建议"), (unit, name)]

    def chosen(self, order: CallForm, at_once: AtOnceForm, settle: SettleForm) -> Chosen:
        """What of the suggestion was chosen by hand, from all forms of the call; a signalled danger is 110's."""
        self.is_valid()
        now, said = clock.now(), self.cleaned_data
        unit, side, item = (str(said.get("unit", "")), str(said.get("side", "")), at_once.data.get("list_item", ""))
        guide = settle.data.get("guide", "") if settle.data.get("guide_text", "").strip() else ""
        nature = order.data.get("nature", "") if "nature" in str(said.get("said", "")).split() else ""
        right = {
            "side": "110" if order.danger else side if side in SIDES else NEITHER if guide else at_once.side(),
            "item": code if (code := guide or item) in topic_codes(now) else "",
            "nature": nature if rulebook().knows("nature", nature, now) else "",
            "unit": unit if unit_names([unit]) else "",
        }
        return Chosen({name: value for name, value in right.items() if value}, accepted=said.get("accepted") == "1")


class SettleForm(DeskForm):
    """The call ends with an answer, or with guidance to where the matter belongs (S3.5): whichever has words."""

    ALSO = {"settled": "answer_text", "text": "answer_text", "result": "answer_result"}

    answer_result = forms.ChoiceField(label="办理结果", required=False)
    answer_text = Words(label="当场答复", max_length=TEXT, required=False, widget=area(4))
    guide = forms.ChoiceField(label="引导口径", required=False)
    guide_text = Words(label="告知来电人的话", max_length=TEXT, required=False, widget=area(4))

    def __init__(self, *args: Any, by: By, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.guides = by.may("order.handle")
        self.answers = self.guides and by.may("order.close")
        for name, offered in (("answer", self.answers), ("guide", self.guides)):
            for field in [field for field in self.fields if field.partition("_")[0] == name and not offered]:
                del self.fields[field]
        if self.answers:
            self.offer("answer_result", [BLANK, *codes("result")])
        if self.guides:
            self.offer("guide", [("", "不使用口径"), *codes("guide")])

    def clean(self) -> dict[str, Any]:
        said: dict[str, Any] = {**(super().clean() or {})}
        if said.get("guide") and not said.get("guide_text"):
            said["guide_text"] = script(said["guide"])
        if said.get("answer_result") and not said.get("answer_text") and "answer_text" not in self.errors:
            self.add_error("answer_text", "请填写当场答复的内容。")
        if said.get("answer_text") and not said.get("answer_result") and "answer_result" not in self.errors:
            self.add_error("answer_result", "请选择办理结果。")
        if said.get("answer_text") and said.get("guide_text"):
            self.add_error("guide_text", "当场答复和引导解释只能填写一项。")
        return said

    def settled(self) -> Settled | None:
        """What ends the call; None when the desk goes on with the order. The form is valid."""
        said = self.cleaned_data
        if said.get("answer_text"):
            return Settled("answered", said["answer_text"], said["answer_result"])
        return Settled("guided", said["guide_text"]) if said.get("guide_text") else None

    def script(self) -> str:
        """The code of the guide script that was read out, for a call that ended with guidance."""
        said = self.cleaned_data
        return str(said.get("guide", "")) if said.get("guide_text") else ""


def script(code: str) -> str:
    """What a guide script says."""
    return next((row.text for row in rulebook().table("guide", clock.now()) if row.code == code), "")
