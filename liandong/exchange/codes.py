"""The failures a system may be told over the API, and what its program should do about each."""

from __future__ import annotations

from collections.abc import Iterator

# Imported for their failures: whatever the API reaches has been loaded when this module has.
from liandong.exchange import api, door
from liandong.kernel.errors import LiandongError

__all__ = ["api", "door", "page", "reachable"]

# Told to people at screens, to commands, or to nobody yet; no route of the API leads there.
ELSEWHERE = frozenset(
    {
        *("bad_row", "password_refused", "old_password_wrong", "purpose_missing"),
        # between two nodes
        *("out_of_order", "chain_broken", "not_yet", "history_forked", "mirror_conflict", "not_its_desk"),
        *("sm2_missing", "sm2_key_unfit", "sm2_failed", "sm2_not_for_this_key"),
        *("key_unknown", "key_open_to_others", "key_there"),
        *("document_part_wrong", "document_differs", "document_announced_otherwise"),
        *("too_many_rows", "span_too_long", "too_much_for_a_sheet"),
    }
)
# The areas the API reaches; the failures of others cannot get here.
AREAS = frozenset({"kernel", "audit", "identity", "intake", "routing", "transfer", "exchange"})
ADVICE = {
    400: "修正报文后再发",
    401: "更换令牌",
    403: "由管理员调整权限，或换由有权的台操作",
    404: "核对编号、路径",
    405: "改用应答头 Allow 所列方法",
    408: "以同一幂等键重发",
    409: "重新取得最新状态，再决定下一步；不要原样重发",
    413: "拆分后再发",
    415: "改正 Content-Type",
    422: "按 `field`、`complaints` 修正后再发",
    500: "以同一幂等键重发；仍失败时报 `request_id`",
    503: "稍后（见 Retry-After）以同一幂等键重发",
}
HEAD = """# Error codes of the API

Written by `python -m config.documents --write`; a test compares this page with the code. Programs look at `status`
and `code`; `message` is for the person at the desk. The message shown here is the usual one, a particular failure may
say more.

| status | code | message | 处理 |
|---|---|---|---|
"""


def _all(base: type[LiandongError]) -> Iterator[type[LiandongError]]:
    for error in base.__subclasses__():
        yield error
        yield from _all(error)


def reachable() -> dict[str, type[LiandongError]]:
    """Code → failure, by status and code. Of two failures with one code the more general is taken."""
    found: dict[str, type[LiandongError]] = {}
    for error in _all(LiandongError):
        place = error.__module__.split(".")
        if place[0] == "liandong" and place[1] in AREAS and "tests" not in place and error.code not in ELSEWHERE:
            found.setdefault(error.code, error)
    return dict(sorted(found.items(), key=lambda item: (item[1].status, item[0])))


def page() -> str:
    """The page of all codes, in Markdown."""
    rows = [f"| {e.status} | `{code}` | {e.message} | {ADVICE[e.status]} |" for code, e in reachable().items()]
    return HEAD + "\n".join(rows) + "\n"
