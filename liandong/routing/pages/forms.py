"""Forms of the list. They check shape; what an item or a version must be, the rules and actions say."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django import forms

from liandong.intake.pages.forms import BLANK, DeskForm, Words, area
from liandong.kernel import clock
from liandong.kernel.ids import local_day
from liandong.routing.items import FEWEST_EXAMPLES, KINDS, LABELS, LONGEST, SIDES, ItemValues, cells, typed
from liandong.routing.models import ListVersion

MOST_BYTES = 2 * 1024 * 1024


class OneLine(Words):
    """Text without line breaks, also where there is room for several lines to type."""

    def to_python(self, value: Any) -> str:
        return " ".join(super().to_python(value).split())


def _day() -> forms.DateField:
    return forms.DateField(
        label="施行日期",
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"invalid": "日期格式有误，请按“年-月-日”填写。"},
        help_text="须晚于今天；审定后自当日零时起施行。",
    )


class AboutForm(DeskForm):
    """What a version is called and when it is to take effect."""

    name = OneLine(label="名称")
    effective_from = _day()
    source = OneLine(label="依据", widget=area(2), help_text="会议纪要、文件名称和文号。")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        tomorrow = local_day(clock.now()) + timedelta(days=1)
        self.fields["effective_from"].widget.attrs["min"] = tomorrow.isoformat()


class BeginForm(AboutForm):
    base = forms.ChoiceField(label="起草依据的版本", help_text="新版本从该版本的全部条目开始修改。")
    code = OneLine(label="版本号", help_text="如 2026-2。", widget=forms.TextInput(attrs={"autocomplete": "off"}))

    field_order = ("base", "code", "name", "effective_from", "source")

    def __init__(self, *args: Any, bases: Iterable[ListVersion], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offer("base", [(one.code, f"{one.code} {one.name}") for one in bases])


class StepForm(DeskForm):
    """A step that needs no word."""

    # What the actor has seen; who changed it on the way gets a conflict and no failure of a form.
    seen = forms.IntegerField(widget=forms.HiddenInput, required=False, min_value=0)

    def __init__(self, *args: Any, verb: str, **kwargs: Any) -> None:
        super().__init__(*args, auto_id=f"{verb}-%s", **kwargs)


class ReasonStepForm(StepForm):
    reason = Words(label="理由", widget=area(3))


class ItemForm(DeskForm):
    """An item as it is typed. Lengths are checked by the rule, so that an editor, a file and a pack hear the same."""

    ALSO = {"class": "class_name"}

    seen = forms.CharField(widget=forms.HiddenInput, required=False)
    code = OneLine(
        label=LABELS["code"],
        help_text="一个大写字母加2至6位数字，如 A0101。",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    class_name = OneLine(label=LABELS["class_name"], widget=forms.TextInput(attrs={"list": "classes"}))
    text = OneLine(label=LABELS["text"], widget=area(2))
    side = forms.ChoiceField(label=LABELS["side"], choices=[BLANK, *SIDES.items()])
    kind = forms.ChoiceField(label=LABELS["kind"], choices=[BLANK, *KINDS.items()])
    exceptions = OneLine(label=LABELS["exceptions"], required=False, widget=area(2))
    unit_type = OneLine(label=LABELS["unit_type"], required=False)
    legal_basis = OneLine(label=LABELS["legal_basis"], required=False, widget=area(2))
    clause = OneLine(label=LABELS["clause"], required=False, help_text="工作方案的条款，如 S3.1。")
    signals = OneLine(label=LABELS["signals"], required=False, widget=area(2), help_text="用空格分开。")
    examples = Words(label=LABELS["examples"], widget=area(8), help_text=f"每行一个，至少{FEWEST_EXAMPLES}个。")

    def __init__(self, *args: Any, fixed: bool = False, **kwargs: Any) -> None:
        """`fixed`: an item that is there keeps its code."""
        super().__init__(*args, **kwargs)
        if fixed:
            del self.fields["code"]
        for name, longest in LONGEST.items():
            if name in self.fields:
                self.fields[name].widget.attrs["maxlength"] = longest

    def item(self, code: str = "") -> ItemValues:
        """What was typed; the form is valid."""
        return typed(lambda name: str(self.cleaned_data.get(name) or (code if name == "code" else "")))


def filled(item: ItemValues, seen: str) -> dict[str, str]:
    """What an `ItemForm` begins with."""
    said = cells(item)
    return {**said, "class_name": item.class_name, "examples": "\n".join(item.examples), "seen": seen}


class ImportForm(DeskForm):
    file = forms.FileField(
        label="条目文件（CSV）",
        help_text="列与导出的文件相同；草稿的条目整体换为文件中的条目。",
        widget=forms.FileInput(attrs={"accept": ".csv,text/csv"}),
        error_messages={"empty": "文件是空的。", "invalid": "没有收到文件，请重新选择。", "missing": "请选择文件。"},
    )

    def clean_file(self) -> Any:
        given = self.cleaned_data["file"]
        if given.size > MOST_BYTES:
            raise forms.ValidationError("文件超过2MB，不是条目文件。")
        return given
