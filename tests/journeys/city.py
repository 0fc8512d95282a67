"""A small city for journeys through the pages: two city desks, a county's desk, a gas hotline, and their people."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

from django.test import Client

from liandong.identity import actions as identity
from liandong.identity.models import Person
from liandong.identity.queries import by_person
from liandong.identity.rights import INSTALLER
from liandong.intake import actions as intake
from liandong.intake.accepting import Incoming, Key
from liandong.intake.queries import forget_rulebook
from liandong.kernel.actions import seed_workdays
from liandong.kernel.rows import Row
from liandong.routing import actions as routing
from liandong.routing.queries import forget_lists
from liandong.transfer import actions as transfer
from liandong.transfer.queries import form_system

BACKEND = "django.contrib.auth.backends.ModelBackend"
PASSWORD = "grey heron at dawn"
CONTENT = "每晚都在楼下打牌赌钱，很吵。"
DATES = "2020-01-01,,测试"
CALL_TAKER = "order.read order.accept order.close search.phone caller.reveal transfer.offer note.add"
DISPATCHER = f"{CALL_TAKER} order.handle transfer.act clue.read report.make report.type"

DIVISIONS = """code,name,short,parent,kind,source
140900,忻州市,忻州,,city,测试
140902,忻府区,忻府,140900,district,测试"""
DESKS = """code,name,kind,division,parent,phone,clause
12345,市12345热线,city_12345,140900,,12345,
110,市110报警服务台,city_110,140900,,110,
110-140902,忻府区110,county_110,140902,110,110,
gas,燃气热线,hotline,140900,,,"""
POSTS = f"""code,name,rights
call_taker,受理员,{CALL_TAKER}
dispatcher,派单员,{DISPATCHER}
conference,联席办,order.read note.add desk.all transfer.decide supervise.read list.edit list.propose
convener,召集人,order.read desk.all list.approve
reader,查阅员,order.read
keeper,管理员,people.manage tokens.manage
integrator,接口管理员,tokens.manage peers.manage
visitor,见习员,
duty_officer,值班长,{DISPATCHER} order.export export.approve list.share routing.confirm peers.manage
supervisor,督办员,order.read note.add desk.all supervise.read order.export export.approve list.share routing.confirm
auditor,审计员,order.read audit.read"""
PEOPLE = """username,name,post,desk,unit
li-rexian,李热线,dispatcher,12345,
wang-shouli,王受理,call_taker,12345,
zhao-jingtai,赵警台,dispatcher,110,
qian-xiantai,钱县台,dispatcher,110-140902,
sun-ranqi,孙燃气,dispatcher,gas,
zhou-lianxi,周联席,conference,12345,
qin-zhaoji,秦召集,convener,12345,
wu-chayue,吴查阅,reader,12345,
chen-guanli,陈管理,keeper,12345,
feng-jiekou,冯见习,visitor,12345,
he-zhiban,何值班,duty_officer,12345,
lu-duban,吕督办,supervisor,12345,
shi-shenji,施审计,auditor,12345,
ma-duijie,马对接,integrator,12345,"""
CODES = """nature help 求助;nature complaint 投诉;channel phone 电话;channel handover 对台移交;channel web 网站
urgency ordinary 一般;urgency danger 紧急危险;level general 一般;level larger 较大
result solved 已解决;result explained 已解释说明;result no_danger 现场无险情
refuse_reason not_ours 不属本台职责
unsolved_reason not_done 未处理到位;outcome answered 已答复;outcome guided 引导解释
outcome handed 移交办结;outcome withdrawn 诉求人撤回;outcome returned 退回移交方
document_kind scene 现场照片;document_kind handling 办理凭证;document_kind incoming 来件扫描
report_mark 12345 市热专报;report_mark 110 市公指专报;report_urgency urgent 特急;report_secrecy work 工作秘密
document_type jpeg JPEG图片;document_type png PNG图片;document_type pdf PDF文档"""
LIMITS = """accept_by,*,*,2,hour decide_by,*,*,2,hour settle_by,*,*,4,hour conclude_by,*,*,5,working_day
confirm_by,*,*,2,working_day objection_until,*,*,1,working_day answer_by,*,*,5,working_day followup_by,*,*,5,working_day
rework_by,*,*,3,working_day accept_by,danger,*,60,second conclude_by,danger,*,4,hour"""
PARAMETERS = """loop_guard_refusals,3 accept_urges_before_withdraw,2 problem_order_reworks,3 export_rows_max,5000
export_rows_approved_max,50000 export_approval_days,3 token_expiry_notice_days,30
draft_days,7 repeat_window_hours,72 repeat_window_minutes,8 related_metres,200 related_most,5
routing_drift_psi,0.25 routing_drift_least,20
gather_reports,3 gather_metres,50 gather_minutes,60
document_bytes_max,1048576 documents_max,5
peer_heartbeat_seconds,30 peer_degraded_seconds,90 peer_offline_seconds,300 peer_clock_skew_seconds,120
peer_retry_first_seconds,5 peer_retry_cap_seconds,300 peer_retry_jitter_share,0.2 peer_window_messages,500
peer_stuck_seconds,1800 ferry_patience_seconds,3600
peer_reconcile_days,30 peer_reconcile_hour,2 peer_certificate_warn_days,30 peer_certificate_urgent_days,7"""
VERSIONS = """version,name,status,effective_from,effective_to,approved_by,source
2023-1,分流清单,in_force,2020-01-01,,联席会议,测试"""
ITEMS = """version,code,class,text,side,kind,unit_type,exceptions,legal_basis,clause,signals,examples
2023-1,P01,治安,聚众赌博,110,divert,,,,S3.1,赌博,有人赌博|打牌赌钱|开赌场
2023-1,H01,市政,路灯不亮,12345,divert,,,,S3.1,路灯,路灯坏了|路灯不亮|街上很黑"""


def build() -> None:
    """The rows of the city, loaded through the same verbs as a city pack."""
    forget_rulebook()
    forget_lists()
    identity.load_divisions(by=INSTALLER, rows=_rows(DIVISIONS))
    identity.load_desks(by=INSTALLER, rows=_rows(DESKS))
    identity.load_posts(by=INSTALLER, rows=_rows(POSTS))
    table = "code_table,code,name,parent,text,effective_from,effective_to,source\n"
    codes = [one.split() for line in CODES.splitlines() for one in line.split(";")]
    codes += [["work_category", "W01", "市政"], ["police_category", "P01", "治安"]]
    lines = [f"{kind},{code},{name},,,{DATES}" for kind, code, name in codes]
    lines += [f"guide,litigation,诉讼途径,,请向有管辖权的法院立案，可拨打12368咨询。,{DATES}"]
    lines += [f"work_category,W0101,路灯照明,W01,,{DATES}", f"police_category,P0101,赌博,P01,,{DATES}"]
    intake.load_codes(by=INSTALLER, rows=_rows(table + "\n".join(lines)))
    head = "clock,kind,urgency,amount,unit,effective_from,effective_to,source,clause\n"
    intake.load_limits(by=INSTALLER, rows=_rows(head + "\n".join(f"{one},{DATES}," for one in LIMITS.split())))
    head = "name,value,unit,effective_from,effective_to,source,clause\n"
    intake.load_parameters(
        by=INSTALLER, rows=_rows(head + "\n".join(f"{one},次,{DATES}," for one in PARAMETERS.split()))
    )
    routing.load_versions(by=INSTALLER, rows=_rows(VERSIONS))
    routing.load_items(by=INSTALLER, rows=_rows(ITEMS))
    identity.load_people(by=INSTALLER, rows=_rows(PEOPLE), password=PASSWORD)
    seed_workdays(2025, 2026)


def _rows(text: str) -> list[Row]:
    return [Row("测试", line + 2, row) for line, row in enumerate(csv.DictReader(io.StringIO(text)))]


def signed_in(username: str) -> Client:
    """A browser in which the person has signed in, at the node of the person's desk where the house has several."""
    return _sign_in(username)


def at_one_node(username: str) -> Client:
    client = Client(enforce_csrf_checks=True)
    client.force_login(Person.objects.get(username=username), backend=BACKEND)
    return client


def called(username: str, title: str, way: tuple[str, str] | None = None, **given: Any) -> str:
    """A call taken and, by `way` (kind and desk), handed over: the act behind the page, without the pages.

    For tests that need many calls and look at something else. `list_item` and `reason` are the hand-over's; returns
    the order's number.
    """
    by = by_person(Person.objects.select_related("post").get(username=username))
    body: dict[str, Any] = {name: given.pop(name) for name in ("list_item", "reason") if name in given}
    answer = transfer.accept_call(
        by=by,
        incoming=Incoming(kind="police" if by.desk == "110" else "work", title=title, content=CONTENT, **given),
        key=Key(form_system(by), uuid4().hex, bytes(32)),
        hand_over=transfer.HandOver(*way, body) if way else None,
    )
    return str(answer["order_number"])


@contextmanager
def people_sign_in(by: Callable[[str], Client]) -> Iterator[None]:
    """Meanwhile the journeys get their browsers of `by`."""
    global _sign_in
    before, _sign_in = _sign_in, by
    try:
        yield
    finally:
        _sign_in = before


_sign_in: Callable[[str], Client] = at_one_node
