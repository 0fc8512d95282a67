"""The small city as one node of two: `here` hosts every desk of it but one of a county, which is the node `there`'s.

So everybody at the city's desks goes on working, and there is a desk that only messages reach.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from liandong.identity import actions as identity
from liandong.identity.hosting import load_nodes
from liandong.identity.rights import INSTALLER
from liandong.kernel.ids import uuid7
from liandong.kernel.keys import FolderKeys
from tests.cast import rows

DESK = """code,name,kind,division,parent,phone,clause
119,市119火警热线,hotline,140900,,119,"""
NODES = """code,name,ordinal,desks
here,政务外网节点,0,12345 110 110-140902 gas
there,消防专网节点,1,119"""


def settle(settings: Any, root: Path) -> None:
    """Load the nodes and make this process `here`, with a key of its own, one entered for `there`, and drop folders."""
    identity.load_desks(by=INSTALLER, rows=rows("desks.csv", DESK))
    load_nodes(by=INSTALLER, rows=rows("nodes.csv", NODES))
    settings.NODE = "here"
    settings.KEYS, settings.PEER_KEYS = root / "keys", root / "peer-keys"
    settings.FERRY_DIR = str(root / "ferry")
    FolderKeys(settings.KEYS).make("here-2026")
    (root / "ferry" / "there").mkdir(parents=True)
    entered = root / "peer-keys" / "there"
    entered.mkdir(parents=True)
    (entered / "there-2026.pub.pem").write_text(FolderKeys(root / "theirs").make("there-2026"))


def unfit(serial: int, *, subject: str = "", urgent: bool = False) -> Any:
    """A message of `there` that takes no effect: its step has no body that could be read."""
    return _came("step", serial, subject or f"T{serial}", urgent, {"transfer": "电话13800138000"})


def too_new(serial: int) -> Any:
    """One of a kind this release does not know."""
    return _came("survey", serial, f"L{serial}", False, {})


def _came(kind: str, serial: int, subject: str, urgent: bool, data: dict[str, Any]) -> Any:
    from liandong.kernel import clock
    from liandong.peers.actions import take_in
    from liandong.peers.messages import Message

    number = str(uuid7(clock.now()))
    return take_in(message=Message(number, "there", "here", serial, kind, subject, urgent, data))


def waiting(serial: int, what: str) -> Any:
    """One that waits for `what`."""
    from liandong.peers.models import Incoming

    row = unfit(serial)
    Incoming.objects.filter(pk=row.pk).update(state="waiting", waits_for=what, why="", code="", evidence={})
    return row


def posted(serial: int, *, urgent: bool = False, **given: Any) -> Any:
    """A message of ours for `there`."""
    from liandong.kernel import clock
    from liandong.peers.models import Outgoing

    given.setdefault("made_at", clock.now())
    return Outgoing.objects.create(
        peer="there",
        message=uuid7(clock.now()),
        serial=serial,
        kind="step",
        subject=f"T{serial}",
        mark=str(serial),
        urgent=urgent,
        document=b"",
        **given,
    )


def heard(**given: Any) -> None:
    """What the courier knows of `there`."""
    from liandong.peers.models import Peer

    Peer.objects.update_or_create(code="there", defaults=given)


def set_apart(root: Path, name: str, why: str) -> None:
    """A parcel in quarantine."""
    from liandong.kernel import clock
    from liandong.kernel.canonical import canonical, moment

    folder = root / "ferry" / "there" / "quarantine"
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.why.json").write_bytes(canonical({"name": name, "at": moment(clock.now()), "why": why}))


def compared(*, apart: int | None, **given: Any) -> Any:
    """A comparison with `there` that ended so; not at all with `apart` None."""
    from liandong.kernel import clock
    from liandong.peers.models import Reconciliation

    now, number = clock.now(), str(uuid7(clock.now()))
    heard(round=number)
    ended = None if apart is None else now
    said = {"asked_at": now, "days": 30, "apart": apart, "ended_at": ended, **given}
    return Reconciliation.objects.create(peer="there", round=number, **said)


def differs(subject: str, mark: str = "2", **given: Any) -> Any:
    """A step that both nodes have otherwise."""
    from liandong.kernel import clock
    from liandong.peers.ledger import REPAIRS
    from liandong.peers.models import Difference

    now = clock.now()
    said = {"finding": "changed", "here": "a" * 64, "there": "b" * 64, "repair": REPAIRS["changed"], **given}
    return Difference.objects.create(
        peer="there", kind="step", subject=subject, mark=mark, found_at=now, seen_at=now, **said
    )


def kept_apart(n: int, why: str = "签名不符：报文在途中被改动，或不是该密钥签的。（signature_bad）") -> None:
    """Something that came by https and could not be taken in."""
    from liandong.peers.channels.laid import keep_apart

    keep_apart("there", "https", f"pushed-{n}", why, f'{{"n":{n}}}'.encode())


def standing_still(title: str) -> Any:
    """A hand-over to the desk of `there` that should have been signed for an hour ago."""
    from datetime import timedelta

    from liandong.kernel import clock
    from liandong.transfer.models import Transfer
    from tests.journeys import city

    city.called("li-rexian", title, ("divert", "119"), reason="消防通道")
    row = Transfer.objects.get(origin_order__title=title)
    Transfer.objects.filter(pk=row.pk).update(due_at=clock.now() - timedelta(hours=1))
    return row


def certified(settings: Any, root: Path, days: int) -> None:
    """A deployment with https, whose certificate of this node is good for so many days yet."""
    from liandong.kernel import clock
    from liandong.peers.channels import certs

    now, folder = clock.now(), root / "certs"
    certs.make_ca(folder, now)
    made = certs.make_node(folder, "here", now, days=days)
    files = f"certificate = {str(made.certificate)!r}\nkey = {str(made.key)!r}\nca = {str(made.ca)!r}\n"
    text = f"[https]\nlisten = '127.0.0.1:8443'\n{files}"
    (root / "channels.toml").write_text(f"{text}[[peers.there]]\nkind = 'https'\n", encoding="utf-8")
    settings.CHANNELS, settings.FERRY_DIR = str(root / "channels.toml"), ""


def fill(root: Path, rows: int = 2) -> None:
    """Something of everything the pages show, `rows` of each."""
    from datetime import timedelta

    from liandong.kernel import clock

    now = clock.now()
    heard(heard_at=now - timedelta(seconds=400), trouble="摆渡目录无法读写：磁盘已满。", trouble_at=now)
    compared(apart=1)
    for n in range(1, rows + 1):
        unfit(n, urgent=n == 1)
        too_new(100 + n)
        waiting(200 + n, "step:T140900202611270000001X:3")
        posted(n, urgent=n == 1, made_at=now - timedelta(hours=1))
        differs(f"T{n}")
        kept_apart(n)
        posted(500 + n, sent_at=now - timedelta(seconds=9), stored_at=now)
        set_apart(
            root, f"there-here-{n}", f"第{n}行：签名不符：报文在途中被改动，或不是该密钥签的，已隔离。（signature_bad）"
        )


def documents_on_their_way() -> str:
    """An order handed over to the desk of `there`, with a document that is there, one on its way, one that is refused
    and one of which nothing has gone. Returns its number.
    """
    from io import BytesIO

    from liandong.identity.models import Person
    from liandong.identity.queries import by_person
    from liandong.intake import actions as intake
    from liandong.kernel import clock
    from liandong.peers.attachments import ATTACHMENT, mark
    from liandong.peers.models import Consignment
    from tests import files
    from tests.journeys import city

    by, now = by_person(Person.objects.get(username="li-rexian")), clock.now()
    number = city.called("li-rexian", "消防通道被占", ("divert", "119"), reason="消防通道")
    told = (
        ("没有发.png", 0, 0, ""),
        ("传到一半.jpg", 3, 2, ""),
        ("太大的.jpg", 1, 1, "document_too_large"),
        ("到了.jpg", 5, 5, ""),
    )
    serial = 900
    for n, (name, begun, stored, why) in enumerate(told):
        made = intake.add_document(
            by=by, number=number, kind="scene", name=name, file=BytesIO(files.PNG if n == 0 else files.jpeg(bytes([n])))
        )
        Consignment.objects.create(peer="there", document=made, parts=5, begun=begun, urgent=False, made_at=now)
        begins = mark(number, bytes(made.sm3), made.nth)
        for part in range(1, begun + 1):
            serial += 1
            row = posted(serial, stored_at=now if part <= stored else None, refused=why)
            type(row).objects.filter(pk=row.pk).update(
                kind=ATTACHMENT, subject=made.order.matter.number, mark=f"{begins}{part}"
            )
    return number
