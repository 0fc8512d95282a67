"""Forms of reports: what the writer of one chooses, and what is typed in from the other side's paper."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.http import QueryDict

from liandong.audit.by import By
from liandong.intake.models import Document
from liandong.intake.pages.forms import BLANK, DeskForm, Words, area, codes
from liandong.kernel import clock
from liandong.kernel.ids import local_day
from liandong.report.actions import CLEAR, Wish
from liandong.report.models import ReportRow
from liandong.transfer.pages.forms import NOTE_FORMS, step_form

# The kinds of note a paper desk can write on paper; it urges nobody here.
PAPER_NOTES = ("position", "progress", "supplement", "arrival", "withdraw")
NO_SCAN = "请附上对方文件的扫描件：选择已添加的，或上传。"
# What a desk that writes its own steps may have answered on paper.
ANSWERS = ("签收", "退回", "反馈办结", "申请退回", "同意撤回", "协商意见", "其他意见")


class MakeForm(DeskForm):
    to = Words(label="主送单位", max_length=120)
    urgency = forms.ChoiceField(label="紧急程度", required=False)
    secrecy = forms.ChoiceField(
        label="标密", required=False, help_text="本系统不处理国家秘密；涉及国家秘密的不得在此出具专报。"
    )
    asks = Words(
        label="另请对方办理的事项",
        max_length=1000,
        required=False,
        widget=area(3),
        help_text="按移交状态请对方签收、反馈等的话会自动写入，这里只写补充的要求。",
    )
    clear = forms.BooleanField(
        label="写明来电人姓名和电话（不遮蔽）",
        required=False,
        help_text="仅在对方必须与来电人联系时勾选；每次下载都有记录。",
    )
    purpose = Words(label="写明的用途", max_length=200, required=False, help_text="勾选上一项时必填。")

    def __init__(self, *args: Any, by: By, secret: bool, to: str, **kwargs: Any) -> None:
        kwargs.setdefault("initial", {"to": to})
        super().__init__(*args, **kwargs)
        self.offer("urgency", [("", "不标注"), *codes("report_urgency")])
        self.offer("secrecy", [("", "不标注"), *codes("report_secrecy")])
        if secret or not by.may(CLEAR):
            del self.fields["clear"], self.fields["purpose"]

    def wish(self) -> Wish:
        """The form is valid."""
        return Wish(**self.cleaned_data)


class PaperForm(DeskForm):
    """The document an answer stands in. A scan that was sent once is kept, also when the rest has to be corrected."""

    ALSO = {"number": "paper_number"}

    paper_number = Words(label="对方文号", max_length=60, help_text="没有文号的，填写文件名称和编号。")
    dated = forms.DateField(
        label="来文日期",
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"invalid": "日期格式有误，请按“年-月-日”填写。"},
    )
    signed_by = Words(label="对方签署人或经办人", max_length=40)
    report = forms.ChoiceField(label="答复本方哪份专报", required=False)
    why = Words(label="代录原因", max_length=200, help_text="如“对方尚未联通”“对方系统停机”。")
    scan_kept = forms.ChoiceField(label="已添加的扫描件", required=False)
    scan = forms.FileField(
        label="上传扫描件",
        help_text="保存为本台单的材料（来件扫描）。",
    )

    def __init__(
        self, *args: Any, scans: Sequence[Document] = (), sent: Sequence[ReportRow] = (), **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.scans = {str(one.pk): one for one in scans}
        self.offer("scan_kept", [("", "没有"), *((key, f"编号{key} {one.name}") for key, one in self.scans.items())])
        self._ask_for_scan()
        self.offer("report", [("", "不是答复专报"), *((one.number, one.number) for one in sent)])
        if not self.is_bound:
            self.initial.setdefault("dated", local_day(clock.now()))
            if sent:
                self.initial.setdefault("report", sent[0].number)
        # What the document is about stands above the document itself.
        paper = list(PaperForm.base_fields)
        self.order_fields([*(name for name in self.fields if name not in paper), *paper])

    def keep(self, document: Document) -> None:
        """The scan is kept: it is chosen from now on, whatever becomes of the rest."""
        key = str(document.pk)
        self.scans[key] = document
        self.offer("scan_kept", [("", "没有"), *((one, f"编号{one} {it.name}") for one, it in self.scans.items())])
        self.data = {**self.data.dict(), "scan_kept": key} if isinstance(self.data, QueryDict) else self.data
        self._ask_for_scan()

    def _ask_for_scan(self) -> None:
        """As long as none is there, there is none to choose from: one has to be sent."""
        self.fields["scan"].required = not self.scans
        self.fields["scan"].error_messages["required"] = NO_SCAN
        if self.scans:
            self.fields["scan"].help_text = "保存为本台单的材料（来件扫描）；已添加过的，在上面选择即可。"
            self.fields["scan_kept"].widget = forms.Select(choices=self.fields["scan_kept"].choices)  # type: ignore[attr-defined]
        else:
            self.fields["scan_kept"].widget = forms.HiddenInput()

    def body(self) -> dict[str, Any]:
        """What the step or note itself says; the form is valid."""
        paper = PaperForm.base_fields
        return {name: value for name, value in self.cleaned_data.items() if value and name not in paper}


class AnswerForm(PaperForm):
    """The answer of a desk that writes its own steps, kept as a note."""

    said = forms.ChoiceField(label="对方答复", choices=[BLANK, *((one, one) for one in ANSWERS)])
    text = Words(label="答复内容", max_length=1000, required=False, widget=area(3))


def paper_step_form(verb: str) -> type[PaperForm]:
    """What the verb asks for, and the document it stands in."""
    return type("PaperStepForm", (PaperForm, step_form(verb)), {})


def paper_note_form(kind: str) -> type[PaperForm]:
    return type("PaperNoteForm", (PaperForm, NOTE_FORMS[kind]), {})
