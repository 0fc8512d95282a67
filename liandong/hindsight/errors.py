"""Why hindsight says no."""

from __future__ import annotations

from liandong.kernel.errors import Conflict, Invalid


class PeriodUnfit(Invalid):
    """Only what has happened can be replayed, and no more of it than somebody can read."""

    code = "replay_period_unfit"
    message = "起日不能晚于止日，止日不能晚于今天，一次最多仿真三年。"


class ReplayRunning(Conflict):
    code = "replay_running"
    message = "该版本的一次仿真正在进行，请等它完成，或先停止它。"


class EvaluationUnreadable(Invalid):
    code = "evaluation_unreadable"
    message = "评测结果无法读取：请给出评测命令以 JSON 输出的内容。"
