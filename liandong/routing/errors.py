"""Why routing says no."""

from __future__ import annotations

from liandong.kernel.errors import Invalid, LiandongError


class NoListInForce(LiandongError):
    code = "no_list_in_force"
    status = 503
    message = "当前没有生效的分流事项清单，请联席会议办公室先发布清单。"


class ItemUnknown(Invalid):
    code = "list_item_unknown"
    message = "所引用的清单条目在当前版本中不存在，请重新选择。"
