"""Forms of the hand-over. Which of them a page shows, `choices.py` says; whether they go through, the actions say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms

from liandong.identity.queries import desk_name
from liandong.intake.models import Document
from liandong.intake.pages.forms import BLANK, TEXT, Choices, DeskForm, NoFieldsForm, Words, area, codes
from liandong.intake.queries import rulebook
from liandong.kernel import clock
from liandong.routing.errors import NoListInForce
from liandong.routing.pages.words import SIDES as LISTED
from liandong.routing.queries import choices, unit_choices
from liandong.transfer.choices import Way
from liandong.transfer.notes import NOTES, POSITIONS, RULINGS

SIDES = {"110": "归110的事项", "12345": "归12345的事项"}
BASIS = 1000


def items() -> Choices:
    """The items of the list in force under their side; none when no list is in force (a basis is then still taken)."""
    try:
        rows = choices(clock.now())
    except NoListInForce:
        return []
    sides: dict[str, Choices] = {}
    for row in rows:
        head = SIDES.get(row.side, "双方均可能涉及的事项")
        sides.setdefault(head, []).append((row.code, f"{row.code} {row.class_name}：{row.text}"))
    return list(sides.items())


def way_choices(found: Sequence[Way]) -> Choices:
    """The ways under their kind: `divert:110`."""
    kinds: dict[str, Choices] = {}
    for way in found:
        head = f"{way.kind.label}（{way.kind.clause}）"
        kinds.setdefault(head, []).append(
            (f"{way.kind.code}:{way.target}", f"{way.kind.label} → {desk_name(way.target)}")
        )
    return list(kinds.items())


def _item(*, required: bool = False) -> forms.ChoiceField:
    # desk-choice.js puts a field beside it in which an item is found by its number or its words.
    widget = forms.Select(attrs={"data-find": "输入编号或词语查找条目"})
    return forms.ChoiceField(label="清单条目", required=required, widget=widget)


class ItemForm(DeskForm):
    """A form whose `list_item` is chosen from the list in force."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offer("list_item", [("", "不引用清单条目"), *items()])


class OfferForm(ItemForm):
    ALSO = {"target": "way", "kind": "way", "basis": "reason", "signal": "reason"}

    way = forms.ChoiceField(label="移交方式与接收台")
    list_item = _item()
    reason = Words(
        label="移交理由或依据",
        max_length=BASIS,
        required=False,
        widget=area(2),
        help_text="引用清单条目，或写明依据，至少一项。",
    )

    def __init__(self, *args: Any, ways: Sequence[Way] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offer("way", [BLANK, *way_choices(ways)])

    def way_and_body(self) -> tuple[str, str, dict[str, Any]]:
        """(kind, target, body) for `offer`; the form is valid and a way was chosen."""
        said = self.cleaned_data
        kind, _, target = said["way"].partition(":")
        return kind, target, {name: said[name] for name in ("reason", "list_item") if said[name]}


class DangerForm(DeskForm):
    signal = Words(
        label="险情",
        max_length=200,
        widget=forms.TextInput(attrs={"placeholder": "一句话说明险情（按 F9 到此处）", "data-key": "F9"}),
    )


class HotlineDangerForm(DangerForm):
    """The 110 desk already has the danger; it calls in a linked hotline (S5.1)."""

    target = forms.ChoiceField(label="联动热线")

    def __init__(self, *args: Any, ways: Sequence[Way] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offer("target", [BLANK, *((way.target, desk_name(way.target)) for way in ways)])


class CorrectForm(DeskForm):
    """What a suggestion should have been; what stands as it was suggested is left alone."""

    side = forms.ChoiceField(label="归口", required=False)
    item = forms.ChoiceField(
        label="事项", required=False, widget=forms.Select(attrs={"data-find": "输入编号或词语查找事项"})
    )
    nature = forms.ChoiceField(label="性质", required=False)
    unit = forms.ChoiceField(
        label="承办单位", required=False, widget=forms.Select(attrs={"data-find": "输入名称查找单位"})
    )
    why = Words(label="说明", max_length=200, required=False, widget=area(2))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        same = ("", "与建议相同")
        self.offer("side", [same, *LISTED.items()])
        self.offer("item", [same, *items(), ("引导事项", codes("guide"))])
        self.offer("nature", [same, *codes("nature")])
        self.offer("unit", [same, *unit_choices(clock.now())])

    def right(self) -> dict[str, str]:
        """What of the suggestion is to be otherwise."""
        return {name: str(self.cleaned_data[name]) for name in ("side", "item", "nature", "unit")}


class RefuseForm(ItemForm):
    code = forms.ChoiceField(label="退回原因")
    list_item = _item()
    basis = Words(
        label="退回依据",
        max_length=BASIS,
        required=False,
        widget=area(2),
        help_text="引用清单条目，或写明依据，至少一项。",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offer("code", [BLANK, *codes("refuse_reason")])


class ContestForm(DeskForm):
    basis = Words(label="提请协商的依据", max_length=BASIS, widget=area(2))


class OfferAgainForm(ItemForm):
    ALSO = {"basis": "reason"}

    list_item = _item()
    reason = Words(label="更正后的理由", max_length=BASIS, widget=area(2))


class ConcludeForm(DeskForm):
    """`documents`: those of the desk's own order, which the feedback may cite: name and digest go into the step."""

    result = forms.ChoiceField(label="办理结果")
    text = Words(label="办理情况", max_length=TEXT, widget=area(4))
    evidence = forms.MultipleChoiceField(
        label="引用材料",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="所选材料的名称和校验值写入本步，此后不可更改。",
    )

    def __init__(self, *args: Any, documents: Sequence[Document] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offer("result", [BLANK, *codes("result")])
        self.documents = {str(one.pk): one for one in documents}
        self.offer("evidence", [(key, one.name) for key, one in self.documents.items()])
        if not self.documents:
            del self.fields["evidence"]

    def clean_evidence(self) -> list[dict[str, str]]:
        """As the standard writes evidence in a step."""
        chosen = [self.documents[key] for key in self.cleaned_data["evidence"]]
        book = rulebook()
        return [
            {
                "name": one.name,
                "hash": bytes(one.sm3).hex(),
                "text": f"{book.label('document_kind', one.kind)}，材料编号{one.pk}",
            }
            for one in chosen
        ]


class NotSolvedForm(DeskForm):
    code = forms.ChoiceField(label="未解决的原因")
    text = Words(label="具体情况", max_length=TEXT, required=False, widget=area(2))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offer("code", [BLANK, *codes("unsolved_reason")])


# What each step asks for beside the press of its button.
STEP_FORMS: dict[str, type[DeskForm]] = {
    "refuse": RefuseForm,
    "hand_back": RefuseForm,
    "contest": ContestForm,
    "offer_again": OfferAgainForm,
    "conclude": ConcludeForm,
    "not_solved": NotSolvedForm,
}


def step_form(verb: str) -> type[DeskForm]:
    return STEP_FORMS.get(verb, NoFieldsForm)


class PositionForm(ItemForm):
    position = forms.ChoiceField(label="本台意见", choices=[BLANK, *POSITIONS.items()])
    list_item = _item()
    text = Words(label="理由", max_length=BASIS, widget=area(2))


class RulingForm(DeskForm):
    ruling = forms.ChoiceField(label="裁定结果", choices=[BLANK, *RULINGS.items()])
    text = Words(label="裁定理由", max_length=BASIS, widget=area(2))


class TextNoteForm(DeskForm):
    text = Words(label="内容", max_length=BASIS, widget=area(2))


class FreeNoteForm(DeskForm):
    text = Words(label="说明", max_length=BASIS, required=False, widget=area(2))


class CallForm(DeskForm):
    """Who was on the line together, and what was said; kept as the text of a call record, so that any node reads it."""

    caller = forms.BooleanField(label="来电人在线", required=False)
    ours = Words(max_length=60, required=False)
    theirs = Words(max_length=60, required=False)
    text = Words(label="通话内容", max_length=BASIS, widget=area(3))

    def __init__(self, *args: Any, origin: str, target: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.names = {"ours": origin, "theirs": target}
        for field, desk in self.names.items():
            self.fields[field].label = f"{desk}参加人"

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        if len(self._parties(said)) < 2:
            self.add_error(None, "请写明参加通话的至少两方。")
        return said

    def body(self) -> dict[str, Any]:
        """What the note holds; the form is valid."""
        parties = self._parties(self.cleaned_data)
        head = "三方通话" if len(parties) > 2 else "通话"
        return {"text": f"{head}，参加：{'、'.join(parties)}。\n{self.cleaned_data['text']}"}

    def _parties(self, said: Mapping[str, Any]) -> list[str]:
        people = [f"{desk}（{said[name]}）" for name, desk in self.names.items() if said.get(name)]
        return ["来电人", *people] if said.get("caller") else people


NOTE_FORMS: dict[str, type[DeskForm]] = {
    "position": PositionForm,
    "ruling": RulingForm,
    "supplement": TextNoteForm,
    "progress": TextNoteForm,
    "call_record": TextNoteForm,
    "urge": TextNoteForm,
    "arrival": FreeNoteForm,
    "withdraw": FreeNoteForm,
}


def note_label(kind: str) -> str:
    return NOTES[kind].label
