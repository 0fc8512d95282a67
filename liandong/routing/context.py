"""A note read once: its plain form, its clauses, what stands in them and how it is meant. Pure.

Danger, stability and escalation all ask the same reading. A mark says why a phrase may not mean what it says; it is
set from words of `context_words.py` and reaches as far as people mean it to:

* a mark of the whole note: a drill, a film (unless somebody says that it is real this time)
* of a clause: a habit, what is said in the news, a question about rules
* from the word to the end of the clause or sentence: a condition, a worry, a wish
* from the word on until another time is named: the past
* back to the beginning: what is over (`over`, by kind)
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from enum import IntFlag

from liandong.routing.phrases import Found, Lexicon


class Mark(IntFlag):
    NEGATED = 1
    PAST = 2
    AFTER_PAST = 4
    HABIT = 8
    HEARSAY = 16
    ASKED = 32
    QUESTION = 64
    CONDITION = 128
    WORRY = 256
    WISH = 512
    UNREAL = 1024


# Simplified and traditional forms of the characters the tables use; a note typed in Hong Kong's script reads the same.
_TRADITIONAL = (
    "氣气門门樓楼殺杀聽听聞闻電电話话報报車车爺爷媽妈爛烂燒烧煙烟災灾爐炉燈灯馬马鳥鸟魚鱼龍龙貓猫豬猪雞鸡傷伤動动暈晕嚇吓屍尸體体藥药飲饮過过這这個个們们來来後后時时間间現现剛刚發发見见觀观說说講讲請请問问誰谁沒没"
    "無无為为與与於于裡里裏里邊边進进遠远還还連连運运達达適适選选週周郵邮鄰邻鄉乡縣县區区國国園园圍围壓压塊块壞坏壩坝塵尘場场處处學学孫孙寶宝實实將将對对導导層层屆届歲岁幾几廚厨廁厕廠厂廣广應应開开閉闭關关閃闪陣阵"
    "陽阳階阶險险隊队隨随難难離离雜杂頭头頂顶順顺須须預预領领頻频顆颗題题額额顏颜願愿類类顧顾顯显飛飞飯饭餓饿館馆驗验驚惊驅驱騎骑騙骗騷骚鬆松鬧闹鬥斗黃黄點点齊齐齡龄劃划劇剧劑剂勁劲勢势勞劳單单員员嗎吗嘆叹嘔呕噸吨"
    "囑嘱團团圖图夠够夾夹奪夺婦妇娛娱寫写寬宽審审屬属島岛崗岗嶺岭巖岩幫帮幹干並并強强彈弹彎弯徑径從从復复惡恶愛爱慘惨慣惯慮虑憂忧懷怀懸悬戰战戶户拋抛挾挟捨舍掃扫掛挂採采換换損损搖摇搶抢摟搂撐撑撲扑擊击擋挡據据擠挤"
    "擔担擁拥攔拦攜携敗败敵敌數数斷断書书會会條条極极構构槍枪橋桥機机檢检櫃柜欄栏權权歐欧歸归殘残毆殴毀毁決决沖冲淚泪淺浅測测湧涌溝沟滅灭滾滚滿满漢汉潰溃濃浓濕湿濟济瀉泻瀏浏灣湾烏乌熱热爭争爾尔牆墙狀状獨独獸兽獻献"
    "環环產产畫画異异當当療疗瘋疯癱瘫癲癫癢痒皺皱盜盗盤盘監监眾众睏困瞞瞒矚瞩礎础礦矿禍祸禮礼種种稱称積积穩稳窩窝竄窜競竞節节籠笼糧粮紅红約约紙纸級级絕绝給给統统經经綁绑維维線线緊紧練练縫缝縱纵總总織织繞绕繩绳羅罗"
    "義义習习聲声職职聯联聾聋肅肃脅胁脈脉腦脑腫肿膠胶臉脸臨临舉举舊旧葉叶蓋盖藍蓝蘇苏虛虚號号補补裝装製制複复襲袭覺觉親亲觸触訊讯訓训託托記记設设許许訴诉診诊證证評评試试該该詳详認认語语誤误調调談谈論论識识議议護护"
    "讀读變变讓让豐丰負负財财責责貨货販贩貫贯貸贷費费賊贼賠赔賣卖質质賭赌購购贈赠趕赶趙赵跡迹踐践躍跃軋轧軌轨軟软載载輕轻輛辆輪轮輸输轉转轟轰辦办農农遊游遞递遺遗醫医釋释釘钉針针鈴铃銀银錢钱鋼钢錯错鍋锅鎖锁鎮镇鏟铲"
    "鐘钟鐵铁鑰钥長长闖闯闆板陸陆隱隐雖虽雙双靈灵靜静響响頁页著着眞真姦奸妳你牠它祂他嘸呒啲点喺在咗了嘅的冇没佢他俾被冧塌邨村衞卫"
)
_PLAIN = {_TRADITIONAL[i]: _TRADITIONAL[i + 1] for i in range(0, len(_TRADITIONAL) - 1, 2)}
# Endings of the north of Shanxi and of typing in haste stand for 了; punctuation is made half-width.
_PLAIN |= dict.fromkeys("咧嘞唻啦喽咯囖", "了") | {"兀": "那", "恁": "那", "甭": "别", "俺": "我", "咱": "我"}
_PLAIN |= {
    "，": ",",
    "；": ";",
    "：": ":",
    "！": "!",
    "？": "?",
    "（": "(",
    "）": ")",
    "\u3000": " ",
    "～": "。",
    "…": "。",
}
_PLAIN |= {
    "洩": "泄",
    "🆘": "救命",
    "🔪": "刀",
    "💥": "爆炸了",
    "🚑": "救护车",
    "\t": " ",
    "\r": "\n",
    "．": ".",
    "·": "",
}
_ODD = re.compile("[" + "".join(map(re.escape, _PLAIN)) + "]")
_EVERYDAY = re.compile("[\n-~、-》一-鿿，：；！？（）“”‘’…—]*")
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060\ufe00-\ufe0f\ufeff]")
_SPACED = re.compile("(?:[一-鿿] ){3,}[一-鿿]")

_CLAUSE = re.compile("[^,;:。!? \n]+")
_SENTENCE_END = frozenset("。!?\n")


def plain(text: str) -> str:
    """One form for what is typed in many: full-width, traditional, spaced out, endings of speech; lower case."""
    text = text.replace("…", "。")
    if not _EVERYDAY.fullmatch(text):
        text = _INVISIBLE.sub("", unicodedata.normalize("NFKC", text))
    text = _ODD.sub(lambda odd: _PLAIN[odd[0]], text).lower()
    return _SPACED.sub(lambda run: run[0].replace(" ", ""), text) if " " in text else text


# What stands right before a phrase and takes it back. 是不是, 会不会 ask; they neither say nor take back.
_NOT = re.compile(
    "(?:(?<![要是有会能])(?:没有?|未曾?|并?无|毫无|不是|并非|不算|不存在|没见|没发生|尚未|从未|从没|从来没|不会|不敢|不想|不让|不要|不许|不准|不能|不得"
    "|禁止|严禁|避免|防止|以免|免得|省得|谨防|别|勿|谈不上|不至于|不可能|没想|没打算|没准备|无意)"
    "(?:人|有|什么|啥|任何|再|发生|出现|造成|明显|闻到|闻见|看到|看见|听到|听见|见|见到|过|谁|哪个|说|要|想|是|被|让|一个|人员|给|去|真|的|发现|感觉|觉得|冒|着){0,3}"
    "|(?<![是会能要好了])不(?:会|再|肯|曾|愿)?|有没有(?:人|被|闻|冒|着|发)?|有无)$"
)
_AFTER_NOT = re.compile(
    "(?:的?(?:现象|情况|迹象|风险|隐患|可能|危险|事故|事件)?(?:没有|并没有|倒没|并无|不存在)|过(?![来去程后分头桥河马])|了吗|没有[?,。]|未遂)"
)
_UNDONE = re.compile("(?:不|没|没有|未|别|还没|上不|等|才能|怎么|能不能|要不要|想|快|要)$")
# A phrase with a gap may hold its own negation: 狗没咬人.
_NOT_INSIDE = re.compile("(?:没有?|未)(?:咬|打(?!开|通)|砸|掉|着火|伤|撞|动手|碰|烧|漏|爆|塌|落|蜇|顶|扑|抢|偷)")
# Which slots of `context_words.py` set which mark, and how far.
_WHOLE = {"演练": Mark.UNREAL, "影视": Mark.UNREAL}
_CLAUSEWIDE = {"常态": Mark.HABIT, "传闻": Mark.HEARSAY, "询政": Mark.QUESTION, "请教": Mark.ASKED}
_ONWARD = {"假设": Mark.CONDITION, "担忧": Mark.WORRY}
PAST, AFTER_PAST = int(Mark.PAST), int(Mark.AFTER_PAST)
# Up to here a note is a cry or a call, however many wishes it holds.
SHORT = 90
# Of all words that reach onward only this many before a phrase are asked: further back they stand in other sentences.
_ONWARD_BACK = 12
_TOLD = ("现状", "发生")
_CALM = ("建议", "询政", "常态", "担忧", "过去", "请教")
# From here on a note is an account (a petition, a story), in which a time holds from sentence to sentence.
LONG = 160
OVER = ("了结", "火灭", "人安", "人散")


class Reading:
    """A plain text with its clauses, the hits of all slots, and marks."""

    __slots__ = (
        "_onward",
        "_times",
        "account",
        "calm",
        "clauses",
        "hits",
        "lexicon",
        "marks",
        "over",
        "present",
        "sentences",
        "settled",
        "text",
    )

    def __init__(self, text: str, lexicon: Lexicon) -> None:
        self.text = plain(text)
        self.lexicon = lexicon
        self.clauses: list[int] = []
        self.sentences: list[int] = []
        self._cut()
        self.hits = _without_figures(lexicon.scan(self.text), lexicon)
        self.present = sum([1 << slot for slot in self.hits])  # one bit a slot that stands in the text
        self.marks = [0] * len(self.clauses)
        self._onward: list[tuple[int, int, int]] = []
        self.over = {name: self._last_over(name) for name in OVER}
        self._mark()
        self.settled = self._settled_at()
        self.calm = self._calmness()

    def _settled_at(self) -> int:
        """Where a clause explains what was seen away (是卖西瓜的, 原来出门买菜去了), -1 when none does.

        A clause that tells of something itself explains nothing: 是煤气罐在漏.
        """
        at = -1
        for start, end in self.of("释疑"):
            clause = self.clause_of(start)
            if start != self.clauses[clause]:
                continue
            if not self._tells(end, self.clause_end(clause)):
                at = self.clause_end(clause)
        return at

    def _tells(self, begin: int, finish: int) -> bool:
        """Whether an event or a state is told of between two positions."""
        slots = self.lexicon.slots
        for slot, hits in self.hits.items():
            if slots[slot].kind in _TOLD:
                first = bisect_right(hits, (begin - 1, finish))
                if first < len(hits) and hits[first][0] < finish:
                    return True
        return False

    def _calmness(self) -> float:
        """What a trace of danger is worth: wishes, rules, worries, habits, dates make a petition calm (1 to 0.4)."""
        if len(self.text) <= SHORT:
            return 1.0
        signs = sum(len(self.of(name)) for name in _CALM)
        return max(0.4, 1 / (1 + 0.15 * max(0, signs - 1 + (len(self.text) - SHORT) // 150)))

    def _last_over(self, name: str) -> int:
        """Where it is last said that it is over; 不下来了 and 没救上来 say the contrary."""
        return max((at for at, _ in self.of(name) if not _UNDONE.search(self.text, max(at - 4, 0), at)), default=-1)

    def of(self, name: str) -> list[tuple[int, int]]:
        """Start and end of the phrases of a slot."""
        return self.hits.get(self.lexicon.number[name], [])

    def clause_of(self, at: int) -> int:
        """The number of the clause a position stands in."""
        return bisect_right(self.clauses, at) - 1

    def clause_end(self, clause: int) -> int:
        return self.clauses[clause + 1] if clause + 1 < len(self.clauses) else len(self.text)

    def marks_of(self, start: int, end: int) -> int:
        """All marks a phrase stands under, a negation before or after it among them."""
        clause = self.clause_of(start)
        marks = self.marks[clause] | self._past_at(start)
        if self._onward:
            near = bisect_right(self._onward, (end, 0, 0))
            for begin, finish, mark in self._onward[max(0, near - _ONWARD_BACK) : near]:
                if begin < end and start < finish:
                    marks |= mark
        if (
            _NOT.search(self.text, max(self.clauses[clause], start - 9), start)
            or _AFTER_NOT.match(self.text, end)
            or _NOT_INSIDE.search(self.text, start, end)
        ):
            marks |= Mark.NEGATED
        return int(marks)

    def _cut(self) -> None:
        sentence, last = 0, 0
        for piece in _CLAUSE.finditer(self.text):
            between = self.text[last : piece.start()]
            if between != "," and not _SENTENCE_END.isdisjoint(between):
                sentence += 1
            self.clauses.append(piece.start())
            self.sentences.append(sentence)
            last = piece.end()
        if not self.clauses:
            self.clauses, self.sentences = [0], [0]
        self.clauses[0] = 0

    def _mark(self) -> None:
        for name, mark in _CLAUSEWIDE.items():
            for at, _ in self.of(name):
                self.marks[self.clause_of(at)] |= int(mark)
        if self.of("旧事"):
            self.marks = [marks | PAST for marks in self.marks]
        if not self.of("真的"):
            whole = 0
            for name, mark in _WHOLE.items():
                whole |= int(mark) if self.of(name) else 0
            self.marks = [marks | whole for marks in self.marks]
        for name, mark in _ONWARD.items():
            for at, _ in self.of(name):
                self._onward.append((at, self.clause_end(self.clause_of(at)), int(mark)))
        for at, _ in self.of("建议"):
            self._onward.append((at, self._sentence_end(self.clause_of(at)), int(Mark.WISH)))
        self._onward.sort()
        self._mark_questions()
        self._mark_past()

    def _sentence_end(self, clause: int) -> int:
        sentence = self.sentences[clause]
        while clause + 1 < len(self.clauses) and self.sentences[clause + 1] == sentence:
            clause += 1
        return self.clause_end(clause)

    def _mark_questions(self) -> None:
        """What stands between 请问 and the rule asked about belongs to the question."""
        asked, question = int(Mark.ASKED), int(Mark.QUESTION)
        opened = -1
        for clause, marks in enumerate(self.marks):
            if marks & question and opened >= 0 and clause - opened <= 4:
                for between in range(opened, clause):
                    self.marks[between] |= question
            if marks & asked:
                opened = clause
        # 家里着火了,保险怎么报: what was told before is what the question is about, unless it is said to be now.
        now = {self.clause_of(at) for name in ("此刻", "紧急") for at, _ in self.of(name)}
        for clause in range(len(self.marks) - 1, 0, -1):
            same = self.sentences[clause - 1] == self.sentences[clause]
            if self.marks[clause] & question and same and clause - 1 not in now:
                self.marks[clause - 1] |= question

    def _mark_past(self) -> None:
        """A past time holds until another time is named: in its clause surely, after it in the sentence probably.

        In a long account it holds on from sentence to sentence.
        """
        named = [(at, PAST) for at, _ in self.of("过去")]
        named += [(at, 0) for name in ("此刻", "至今") for at, _ in self.of(name)]
        named += [(at, 0) for at, _ in self.of("紧急") if not self._in_past_clause(at)]
        self._times = sorted(named)
        self.account = len(self.text) > LONG

    def _in_past_clause(self, at: int) -> bool:
        clause = self.clause_of(at)
        return any(self.clause_of(past) == clause for past, _ in self.of("过去"))

    def _past_at(self, start: int) -> int:
        if not self._times:
            return 0
        clause, next_time = self.clause_of(start), bisect_right(self._times, (start, PAST))
        before = self._times[next_time - 1] if next_time else (-1, 0)
        if not before[1]:
            # A past time that is named later in the same clause holds for all of it.
            if before[0] >= self.clauses[clause] or next_time == len(self._times):
                return 0
            at, mark = self._times[next_time]
            return mark if at < self.clause_end(clause) else 0
        named = self.clause_of(before[0])
        if named == clause:
            return PAST
        if self.account or self.sentences[named] == self.sentences[clause]:
            return AFTER_PAST
        return 0


def _without_figures(found: Found, lexicon: Lexicon) -> Found:
    """Drops the events and states that a figure of speech covers or cuts into; one that holds it whole stays."""
    covered = found.pop(lexicon.number["幌子"], [])
    if not covered:
        return found
    left = {}
    for slot, hits in found.items():
        if lexicon.slots[slot].kind != "背景":
            hits = [hit for hit in hits if not _covered(hit, covered)]
        if hits:
            left[slot] = hits
    return left


def _covered(hit: tuple[int, int], figures: list[tuple[int, int]]) -> bool:
    start, end = hit
    for begin, finish in figures:
        if begin >= end:
            return False
        if finish > start and not (start <= begin and finish <= end and end - start > finish - begin):
            return True
    return False
