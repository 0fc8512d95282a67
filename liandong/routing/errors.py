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


class BadTable(Invalid):
    """A file somebody handed to a command; the message says what to do about it."""

    code = "bad_table"
    message = "文件无法读取：应为 UTF-8 编码的 CSV，第一行是列名。"


class NoSuchPack(Invalid):
    code = "no_such_pack"
    message = "没有这个城市的数据包，请核对名称。"
