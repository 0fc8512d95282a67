"""What can go wrong while the trail is written."""

from __future__ import annotations

from liandong.kernel.errors import Invalid, LiandongError


class TrailBroken(LiandongError):
    """The subject's chain in the database is not one the application could have written."""

    code = "trail_broken"
    status = 500
    message = "审计链异常，本次操作未保存，请立即联系系统管理员核验审计记录。"


class SpanTooLong(Invalid):
    """More events than one verification at a page takes."""

    code = "span_too_long"
    message = "该时段的记录过多，请缩短时段分次核验。"


class TooMuchForASheet(Invalid):
    """More events than a sheet takes."""

    code = "too_much_for_a_sheet"
    message = "该主体的记录过多，不能一次导出。"
