"""Why a report cannot be made or an answer not typed in; each says what to do."""

from __future__ import annotations

from liandong.kernel.errors import Conflict, Invalid, LiandongError


class MarkMissing(Conflict):
    code = "mark_missing"
    message = "本台还没有发文机关代字，不能编文号：请系统管理员在代码表中为本台增加一行。"


class NothingRuns(Conflict):
    code = "transfer_ended"
    message = "此移交已经结束，不再出具专报；已出具的仍可下载。"


class PurposeNeeded(Invalid):
    code = "purpose_missing"
    message = "写明来电人姓名和电话须填写用途。"


class NoFont(LiandongError):
    code = "no_font"
    status = 503
    message = "服务器上没有可用的字库，暂不能排版：请下载文档格式打印，并告知系统管理员补装字库。"
