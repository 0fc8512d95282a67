"""What the caller wants of us, where the note says it itself: 咨询, 求助, 投诉, 举报, 建议, 表扬. Pure.

Only phrases by which call-takers write the nature of an order down. Where only the thing itself is told, the model
guesses from the words.
"""

from __future__ import annotations

import re

# In this order: who thanks may also ask, who suggests may also complain.
_PHRASES = (
    ("praise", "表扬|点赞|送锦旗|致谢|特地感谢|要感谢|感谢(?:民警|师傅|工作人员|社区|医生|护士|司机|老师)|想夸"),
    ("advice", "建议|提个意见|希望(?:能|政府|部门|市里|县里)?(?:增设|加装|开通|多开|多设|出台|增加|延长|考虑)"),
    ("report", "举报|检举|揭发|提供线索"),
    (
        "consult",
        "咨询|请问|问一下|想(?:问|知道|了解)|需要(?:什么|哪些)|要(?:带|交)?(?:什么|哪些|啥)(?:材料|手续|条件)|(?:怎么|咋)(?:办理|申请|报名|查|交|算)"
        "|(?:^|[，。；])问",
    ),
    ("complaint", "投诉|态度(?:差|恶劣|不好|蛮横)|推诿|踢皮球|不给退|拒不|宰客|扰民"),
)
PHRASES = tuple((code, re.compile(pattern)) for code, pattern in _PHRASES)


def said(text: str) -> tuple[str, str]:
    """The nature the note names and the words by which it does; two empty texts when it names none."""
    for code, pattern in PHRASES:
        if hit := pattern.search(text):
            return code, hit[0].strip("，。；")
    return "", ""
