"""Names nearly as long as they may be, of desks, a unit, people, titles: words stay in their cards, also on a wall."""

from __future__ import annotations

import pytest

from liandong.audit.by import By
from tests.browser.conftest import People
from tests.browser.screen import DESK, WALL, beside
from tests.journeys import city

pytestmark = [pytest.mark.browser, pytest.mark.slow]

POLICE = (
    "忻州市公安局交通警察支队直属高速公路一大队与市应急联动指挥调度中心"
    "110报警服务台（原市公安局指挥中心、原消防调度台）"
)
HOTLINE = "忻州市人民政府12345政务服务便民热线受理中心（市行政审批服务管理局、市政务服务数据管理中心）联合值守席"
UNIT = (
    "忻州市住房和城乡建设局（市人民防空办公室、市房屋征收与补偿服务中心、市城市管理综合行政执法队）𠮷供热"
    "管理中心暨城区集中供热应急保障与用户服务调度分中心"
)
PERSON = "阿卜杜热合曼·买买提吐尔逊·阿不都外力·古丽巴哈尔𠮷"
TITLE = ("反映忻府区和平西街与七一北路交叉口东北角𠮷祥里在建工地夜间连续浇筑混凝土噪声扰民" * 3)[:100]
JOINT, TALK, UNDERTAKEN = "joint", "talk", "undertaken"


def person(username: str) -> By:
    from liandong.identity.models import Person
    from liandong.identity.queries import by_person

    return by_person(Person.objects.get(username=username))


@pytest.fixture
def filled(transactional_db: None) -> None:
    """A matter both desks take together, one they still talk about, one a unit undertakes."""
    from liandong.identity import actions as identity
    from liandong.identity.models import Desk, Person, Post
    from liandong.identity.rights import INSTALLER
    from liandong.intake.models import Order
    from liandong.kernel import clock
    from liandong.kernel.rows import Row
    from liandong.transfer import actions

    city.build()
    given = {"code": "xz-gr", "name": UNIT, "kind": "utility", "division": "140900", "parent": "", "source": "测试"}
    identity.load_units(by=INSTALLER, rows=[Row("测试", 2, given)])
    post = Post.objects.create(code="unit_clerk", name="承办员", rights=["order.read", "order.handle"])
    Person.objects.create(
        username="gong-re", name=PERSON, post=post, unit_id="xz-gr", since=clock.now(), must_change_password=False
    )
    Desk.objects.filter(code="110").update(name=POLICE)
    Desk.objects.filter(code="12345").update(name=HOTLINE)
    Person.objects.filter(username__in=["li-rexian", "zhao-jingtai"]).update(name=PERSON)
    ours, theirs = person("li-rexian"), person("zhao-jingtai")
    for which in (JOINT, TALK, UNDERTAKEN):
        order = accepted(ours)
        if which == UNDERTAKEN:
            Order.objects.filter(number=order).update(desk="xz-gr")
            continue
        transfer = actions.offer(by=ours, order=order, kind="unclear", target="110", body={"reason": TITLE})
        number = transfer.number
        said = {"position": "joint", "text": TITLE * 3}
        actions.add_note(by=theirs, number=number, kind="position", body=said)
        if which == JOINT:
            actions.take_step(by=ours, number=number, verb="award_jointly", body={})
            actions.take_step(by=theirs, number=number, verb="accept", body={})


def accepted(by: By) -> str:
    from liandong.intake import actions
    from liandong.intake.accepting import Incoming

    incoming = Incoming(
        kind="work", title=TITLE, content=f"{TITLE}，请尽快处理。" * 6, nature="help", urgency="ordinary",
        division="140902", address=TITLE[:60],
    )  # fmt: skip
    return str(actions.accept_order(by=by, incoming=incoming)["order_number"])


def addresses() -> list[tuple[str, str]]:
    """Who looks, and where."""
    from liandong.intake.models import Order
    from liandong.transfer.models import Transfer

    joint = Transfer.objects.select_related("origin_order", "target_order").get(state="accepted")
    talk = Transfer.objects.get(state="negotiating")
    undertaken = Order.objects.get(desk="xz-gr")
    assert joint.target_order is not None
    return [
        ("li-rexian", "/desk/"),
        ("li-rexian", f"/orders/{joint.origin_order.number}/"),
        ("li-rexian", f"/negotiations/{joint.number}/"),
        ("li-rexian", f"/negotiations/{talk.number}/"),
        ("zhao-jingtai", "/desk/"),
        ("zhao-jingtai", f"/orders/{joint.target_order.number}/"),
        ("zhao-jingtai", f"/negotiations/{talk.number}/"),
        ("chen-guanli", "/people/"),
        ("gong-re", "/desk/"),
        ("gong-re", f"/orders/{undertaken.number}/"),
    ]


def test_the_longest_names_stay_in_their_cards(people: People) -> None:
    """At the desk and on the wall."""
    windows = {name: people(name) for name in ("li-rexian", "zhao-jingtai", "chen-guanli", "gong-re")}
    for username, path in beside(addresses):
        screen = windows[username]
        screen.expects("404")  # no line here
        screen.open(path)
        for size in (DESK, WALL):
            screen.page.set_viewport_size(size)
            screen.fits()
            screen.nothing_sticks_out()
        screen.page.set_viewport_size(DESK)


def test_who_works_at_a_unit_reads_its_name_and_of_no_desk_as_if_it_were_theirs(people: People) -> None:
    clerk = people("gong-re")
    clerk.expects("404")
    order = next(path for username, path in beside(addresses) if username == "gong-re" and "orders" in path)
    clerk.open(order)
    card = clerk.page.locator("article.side")
    assert UNIT in card.inner_text()
    assert "xz-gr" not in clerk.page.locator("main").inner_text()
    for path in ("/desk/", "/orders/", "/orders/open/", "/search/", order):
        clerk.open(path)
        assert "本台" not in clerk.page.locator("main").inner_text(), path
