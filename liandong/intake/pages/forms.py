"""Forms of intake. They check shape and say in Chinese what is missing; whether something may be done, actions say."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import uuid4

from django import forms

from liandong.audit.by import By
from liandong.identity.queries import divisions
from liandong.intake.accepting import Incoming
from liandong.intake.callers import Caller
from liandong.intake.documents import Limits, size_in_words
from liandong.intake.queries import rulebook
from liandong.kernel import clock

Choices = list[tuple[str, Any]]
TEXT = 10_000
# A NUL is left for Django to refuse: it never comes from a person.
CONTROLS = re.compile("[\x01-\x08\x0b\x0c\x0e-\x1f\x7f]")
BLANK: tuple[str, str] = ("", "请选择")
POLICE_DETAILS = ("weapons", "dangerous_goods", "trapped", "injured", "dead")


class Words(forms.CharField):
    """Text as the published standard takes it: lines end in a line feed, and no other control character is in it.

    Browsers end lines with two characters, and what is pasted from other programs brings worse. A field that is not
    an area has one line.
    """

    def to_python(self, value: Any) -> str:
        text = super().to_python(value) or ""
        text = CONTROLS.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
        return text if isinstance(self.widget, forms.Textarea) else re.sub(r"[\n\t]+", " ", text)


class DeskForm(forms.Form):
    """A form that names the missing field, and takes a failure of an action beside the field it speaks of."""

    # Where an error speaks of a field by another name than the form's.
    ALSO: Mapping[str, str] = {}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("label_suffix", "")
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            chosen = isinstance(field, forms.ChoiceField)
            field.error_messages["required"] = f"请{'选择' if chosen else '填写'}{field.label}。"
            field.error_messages["invalid_choice"] = f"所选的{field.label}已停用或不存在，请重新选择。"

    def put(self, field: str | None, message: str) -> None:
        """Show `message` beside `field` (a name or a JSON pointer), or above the form when it has no such field."""
        name = (field or "").rsplit("/", 1)[-1]
        name = self.ALSO.get(name, name)
        self.add_error(name if name in self.fields else None, message)

    def offer(self, name: str, choices: Choices) -> None:
        """Set what can be chosen in the field `name`."""
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = choices


def codes(table: str) -> Choices:
    """The rows of a code table that may be chosen now."""
    return [(row.code, row.name) for row in rulebook().table(table, clock.now())]


def tree(table: str) -> Choices:
    """A code table of two levels: the first as headings, the second to choose from."""
    rows = rulebook().table(table, clock.now())
    below: dict[str, Choices] = {}
    for row in rows:
        if row.parent:
            below.setdefault(row.parent, []).append((row.code, row.name))
    return [(row.name, below[row.code]) for row in rows if row.code in below]


def area(rows: int, **attrs: Any) -> forms.Textarea:
    return forms.Textarea(attrs={"rows": rows, **attrs})


class IncomingForm(DeskForm):
    """One new order as a call-taker writes it. `kind` is work or police, as the desk writes them."""

    ALSO = {"name": "caller_name", "phone": "caller_phone", "identity_number": "caller_identity"}

    key = forms.CharField(widget=forms.HiddenInput, max_length=64)
    title = Words(label="标题", max_length=100, widget=forms.TextInput(attrs={"autofocus": True}))
    content = Words(label="内容", max_length=TEXT, widget=area(6))
    nature = forms.ChoiceField(label="诉求性质", initial="help")
    urgency = forms.ChoiceField(label="紧急程度", initial="ordinary")
    category = forms.ChoiceField(label="分类", required=False)
    channel = forms.ChoiceField(label="来源渠道", initial="phone")
    division = forms.ChoiceField(label="属地")
    address = Words(label="地址", max_length=200, required=False)
    occurred_at = forms.DateTimeField(
        label="发生时间",
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        error_messages={"invalid": "时间格式有误，请按“年-月-日 时:分”填写。"},
    )
    caller_name = Words(label="来电人姓名", max_length=60, required=False)
    caller_phone = forms.RegexField(
        label="联系电话",
        regex=r"^\+?[0-9][0-9 ()#*-]{2,31}$",
        max_length=32,
        required=False,
        error_messages={"invalid": "电话只能是数字，可带区号和短横线，如 0350-3012345。"},
    )
    caller_identity = forms.RegexField(
        label="证件号码",
        regex=r"^[0-9A-Za-z()/-]*$",
        max_length=30,
        required=False,
        error_messages={"invalid": "证件号码只能是字母、数字、括号、斜线或短横线。"},
    )
    secret = forms.BooleanField(label="来电人要求保密", required=False)

    def __init__(self, *args: Any, kind: str, division: str, **kwargs: Any) -> None:
        kwargs["initial"] = {"key": uuid4().hex, "division": division, **kwargs.get("initial", {})}
        self.kind = kind
        super().__init__(*args, **kwargs)
        for table in ("nature", "urgency", "channel"):
            self.offer(table, [row for row in codes(table) if row[0] != "handover"])
        self.offer("category", [("", "暂不分类"), *tree(f"{kind}_category")])
        self.offer("division", [(row.code, row.name) for row in divisions()])

    def incoming(self) -> Incoming:
        """What was filled in, for the accept verb; the form is valid."""
        said = self.cleaned_data
        moment: datetime | None = said["occurred_at"]
        return Incoming(
            kind=self.kind,
            title=said["title"],
            content=said["content"],
            nature=said["nature"],
            channel=said["channel"],
            category=said["category"],
            urgency=said["urgency"],
            level=said.get("level", ""),
            division=said["division"],
            address=said["address"],
            occurred_at=moment,
            caller=Caller(said["caller_name"], said["caller_phone"], said["caller_identity"], said["secret"]),
            details=self._details(),
        )

    def _details(self) -> dict[str, Any]:
        return {}


def _count(label: str) -> forms.IntegerField:
    wrong = {"invalid": "请填写整数。", "min_value": "不能小于0。", "max_value": "不能大于9999。"}
    return forms.IntegerField(label=label, required=False, min_value=0, max_value=9999, error_messages=wrong)


class PoliceIncomingForm(IncomingForm):
    """A police order, with the words only it has."""

    level = forms.ChoiceField(label="警情等级", required=False)
    weapons = forms.BooleanField(label="涉及凶器", required=False)
    dangerous_goods = forms.BooleanField(label="涉及危险物品", required=False)
    trapped = _count("被困人数")
    injured = _count("受伤人数")
    dead = _count("死亡人数")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offer("level", [("", "未定级"), *codes("level")])

    def _details(self) -> dict[str, Any]:
        police = {name: self.cleaned_data[name] for name in POLICE_DETAILS if self.cleaned_data[name]}
        return {"police": police} if police else {}


INCOMING_FORMS: dict[str, type[IncomingForm]] = {"work": IncomingForm, "police": PoliceIncomingForm}


class NoFieldsForm(DeskForm):
    """A step that needs no more than the press of its button."""


class AnswerForm(DeskForm):
    result = forms.ChoiceField(label="办理结果")
    text = Words(label="答复内容", max_length=TEXT, widget=area(4))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offer("result", [BLANK, *codes("result")])


class GuideForm(DeskForm):
    text = Words(
        label="引导解释的内容", max_length=TEXT, widget=area(3), help_text="写明告知了诉求人什么、应找哪个部门。"
    )


class NotSatisfiedForm(DeskForm):
    reason = forms.ChoiceField(label="未解决的原因")
    text = Words(label="具体情况", max_length=TEXT, required=False, widget=area(2))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offer("reason", [BLANK, *codes("unsolved_reason")])


class DropForm(DeskForm):
    text = Words(label="撤回原因", max_length=TEXT, required=False, widget=area(2))


class UrgeForm(DeskForm):
    text = Words(label="催办内容", max_length=1000, widget=area(2))


class LinkForm(DeskForm):
    ALSO = {"related": "other"}

    other = Words(label="重复或相关的单号", max_length=40)


class FilesInput(forms.FileInput):
    allow_multiple_selected = True


class FilesField(forms.FileField):
    """Several files at once. Each is looked at by the action that keeps it, which says what is wrong with which."""

    widget = FilesInput

    def clean(self, data: Any, initial: Any = None) -> list[Any]:
        files = [file for file in data or () if file]
        if not files and self.required:
            raise forms.ValidationError(self.error_messages["required"], code="required")
        return files


class DocumentForm(DeskForm):
    ALSO = {"name": "file"}

    kind = forms.ChoiceField(label="材料类别")
    file = FilesField(label="文件")
    about = Words(label="说明", max_length=200, required=False, widget=forms.TextInput())

    def __init__(self, *args: Any, allowed: Limits, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offer("kind", [BLANK, *codes("document_kind")])
        files = self.fields["file"]
        files.error_messages["required"] = "请选择文件。"
        files.widget.attrs["accept"] = ",".join(allowed.endings)
        most = size_in_words(allowed.most_bytes).replace(".0", "")
        files.help_text = f"可一次选多个；单份不超过{most}。可添加：{'、'.join(allowed.types.values())}。"


class TakeDownForm(DeskForm):
    why = Words(label="撤下的原因", max_length=200, help_text="原文和校验值仍然留存，撤下人和原因记入审计。")


class PurposeForm(DeskForm):
    purpose = Words(label="查看用途", max_length=200, help_text="用途和查看人将记入审计。")


class PhoneSearchForm(DeskForm):
    phone = Words(
        label="电话号码", max_length=32, widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "tel"})
    )
    purpose = Words(label="检索用途", max_length=200, help_text="用途和检索人将记入审计，号码本身不记。")


class SaveForm(DeskForm):
    """A list under a name."""

    name = Words(label="视图名称", max_length=40, widget=forms.TextInput(attrs={"autocomplete": "off"}))
    default = forms.BooleanField(label="打开列表时默认使用", required=False)
    shared = forms.BooleanField(label="共享给本台", required=False)

    def __init__(self, *args: Any, by: By, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not by.may("list.share"):
            del self.fields["shared"]


class ReasonForm(DeskForm):
    reason = Words(label="申请理由和用途", max_length=200, widget=area(2))


class DecideForm(DeskForm):
    why = Words(label="审批意见", max_length=200)
