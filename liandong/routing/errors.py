"""Why routing says no."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from liandong.kernel.errors import Conflict, Invalid, LiandongError, NotAllowed


class NoListInForce(LiandongError):
    code = "no_list_in_force"
    status = 503
    message = "当前没有生效的分流事项清单，请联席会议办公室先发布清单。"


class ItemUnknown(Invalid):
    code = "list_item_unknown"
    message = "所引用的清单条目在当前版本中不存在，请重新选择。"


class BadTable(Invalid):
    """A file somebody handed to a command; the message says what to do about it."""

    code = "bad_table"
    message = "文件无法读取：应为 UTF-8 编码的 CSV，第一行是列名。"


class NoSuchPack(Invalid):
    code = "no_such_pack"
    message = "没有这个城市的数据包，请核对名称。"


class NotADraft(Conflict):
    code = "list_not_a_draft"
    message = "该版本已提请审定或已审定，条目不能再改；如需修改，请先由审定人退回，或另起草新版本。"


class VersionTaken(Invalid):
    code = "list_version_taken"
    message = "已有这个版本号，请换一个。"


class DayUnfit(Invalid):
    """A list takes effect on a day that has not begun, so that no hand-over of the past is explained anew."""

    code = "list_day_unfit"
    message = "施行日期须晚于今天，并且不能与其他版本相同。"


class AlreadyHolds(Conflict):
    code = "list_already_holds"
    message = "该版本的施行日期已到，正在适用，不能撤回审定；如需修改，请另起草新版本。"


class NothingChanged(Invalid):
    code = "list_nothing_changed"
    message = "该版本没有条目，或与起草依据的版本没有差异，不能提请审定。"


class OwnProposal(NotAllowed):
    code = "list_own_proposal"
    message = "提请人不能审定自己提请的清单，请由其他有审定权限的人员审定。"


class ItemChanged(Conflict):
    code = "list_item_changed"
    message = "该条目在您打开之后已被他人修改。您填写的内容仍在下方，请对照最新内容后再保存。"


class ItemTaken(Invalid):
    code = "list_item_taken"
    message = "本版本中已有这个代码的条目，请换一个代码。"


class ItemFaulty(Invalid):
    """`faults`: what is wrong, by field of the item."""

    code = "list_item_faulty"
    message = "条目填写有误，请按提示修改。"

    def __init__(self, faults: Mapping[str, str]) -> None:
        self.faults = dict(faults)
        super().__init__(field=next(iter(self.faults), None))


class SheetFaulty(Invalid):
    """`problems`: each line that cannot be taken, with its reason."""

    code = "list_sheet_faulty"
    message = "文件没有导入，草稿未改动；请按提示逐行修改后再导入。"

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        super().__init__(field="file")


class NothingCorrected(Invalid):
    code = "nothing_corrected"
    message = "请至少改一项（归口、事项、性质或承办单位），并且与原判断不同。"


class OwnCorrection(NotAllowed):
    code = "own_correction"
    message = "不能确认自己作的纠正，请由其他有权人员确认。"


class NoModelBefore(Conflict):
    code = "no_model_before"
    message = "没有可以恢复的上一个模型。"


class WorseModel(Conflict):
    code = "worse_model"
    message = "新模型在未参与学习的纠正上不如现用模型，没有启用；请先核对纠正，或不启用。"
