"""Documents on the real database: kept sealed and whole, once, seen in the trail, taken down but never gone."""

from __future__ import annotations

import io
import threading
from dataclasses import replace
from typing import Any

import pytest
from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.db.models import Model

from liandong.audit.by import By
from liandong.audit.models import Event
from liandong.intake import actions
from liandong.intake.documents import PIECE
from liandong.intake.errors import (
    DocumentBroken,
    DocumentTakenDown,
    DocumentThere,
    DocumentTooLarge,
    DocumentUnfit,
    TooManyDocuments,
)
from liandong.intake.models import Document, DocumentPiece, DocumentRemoval, Order, OrderStep, Parameter
from liandong.intake.queries import forget_rulebook
from liandong.intake.queries.documents import bytes_of, documents_of, documents_with, is_there, orders_with_documents
from liandong.kernel.errors import Conflict, Invalid, NotAllowed, NotFound
from liandong.kernel.models import Fact
from liandong.kernel.seals import sm3
from tests import files
from tests.cast import COUNTY, HOTLINE, POLICE, hand_over, load_small_city, new_order, step

pytestmark = pytest.mark.django_db
READER = By(name="查阅员甲", post="reader", desk="12345", person=20, rights=frozenset({"order.read"}))
LARGE = files.jpeg(bytes(range(256)) * 4096)  # a mebibyte and a little: five pieces


def add(order: Order, data: bytes = files.PNG, *, by: By = HOTLINE, name: str = "现场.png", **given: Any) -> Document:
    given.setdefault("kind", "scene")
    return actions.add_document(by=by, number=order.number, name=name, file=io.BytesIO(data), **given)


def content(document: Document, by: By = HOTLINE) -> bytes:
    return b"".join(bytes_of(actions.see_document(by=by, number=document.order.number, document=document.pk)))


def events(kind: str) -> list[Event]:
    return list(Event.objects.filter(kind=kind).order_by("id"))


def plain(row: Model) -> dict[str, object]:
    """Every column; bytes as bytes, however they were read."""
    columns = {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}
    return {name: bytes(value) if isinstance(value, memoryview) else value for name, value in columns.items()}


@pytest.mark.usefixtures("city")
def test_what_was_added_comes_back_as_it_was_and_lies_sealed_in_pieces() -> None:
    order = new_order()
    made = add(order, LARGE, name="𠮷现场😀.jpg", about="三单元门口")
    assert (made.media, made.size, bytes(made.sm3)) == ("jpeg", len(LARGE), sm3(LARGE))
    lying = [bytes(piece.sealed) for piece in DocumentPiece.objects.filter(document=made).order_by("n")]
    assert len(lying) == made.pieces == 5
    assert all(len(piece) <= PIECE + 28 for piece in lying)
    assert not any(LARGE[i : i + 64] in piece for i in range(0, len(LARGE), PIECE) for piece in lying)
    assert content(made) == LARGE
    (found,) = documents_of([order])
    assert (found.name, found.about, found.party) == ("𠮷现场😀.jpg", "三单元门口", "12345")


@pytest.mark.usefixtures("city")
def test_adding_and_seeing_stand_in_the_trail_and_the_history_without_the_name() -> None:
    order = new_order()
    made = add(order, name="张三丰身份证.png", kind="incoming")
    content(made, READER)
    (added,), (seen,) = events("document.added"), events("document.seen")
    assert sm3(files.PNG).hex() in added.body
    assert READER.name in seen.body
    assert added.subject == seen.subject == order.matter.number
    said = OrderStep.objects.get(order=order, verb="add_document").text
    assert said.startswith(f"来件扫描，材料编号{made.pk}，")
    assert sm3(files.PNG).hex()[:16] in said
    assert "张三丰" not in added.body + seen.body + said
    assert Fact.objects.filter(kind="document.added").count() == 1


@pytest.mark.usefixtures("city")
def test_the_other_desk_sees_and_adds_once_the_matter_was_sent_there() -> None:
    order = new_order()
    made = add(order)
    with pytest.raises(NotFound):
        content(made, POLICE)
    step(hand_over(order), "accept")
    assert content(made, POLICE) == files.PNG
    own = Order.objects.get(matter=order.matter, desk="110")
    add(own, files.jpeg(), by=POLICE, name="到场.jpg", kind="handling")
    assert [one.name for one in documents_of([order, own])] == ["现场.png", "到场.jpg"]
    actions.take_down_document(by=POLICE, number=own.number, document=documents_of([own])[0].pk, why="传错了")
    asked_alone, brought = documents_of([order, own]), documents_with(orders_with_documents(POLICE, order.matter))
    assert [plain(one) for one in brought] == [plain(one) for one in asked_alone]
    assert [is_there(one) for one in brought] == [True, False]
    assert plain(brought[1].removal) == plain(asked_alone[1].removal)
    with pytest.raises(NotFound):
        content(made, COUNTY)


@pytest.mark.usefixtures("city")
def test_a_confined_matter_hides_its_documents_with_itself() -> None:
    order = new_order()
    made = add(order)
    hand_over(order, "clue", "110", reason="多人扬言聚集", text="据来电人称")
    blind = replace(HOTLINE, person=77, rights=HOTLINE.rights - {"clue.read"})
    for act in (
        lambda: content(made, blind),
        lambda: add(order, files.jpeg(), by=blind, name="a.jpg"),
        lambda: actions.take_down_document(by=blind, number=order.number, document=made.pk, why="x"),
    ):
        with pytest.raises(NotFound):
            act()


@pytest.mark.usefixtures("city")
def test_who_only_reads_adds_and_takes_down_nothing() -> None:
    order = new_order()
    made = add(order)
    with pytest.raises(NotAllowed):
        add(order, files.jpeg(), by=READER)
    with pytest.raises(NotAllowed):
        actions.take_down_document(by=READER, number=order.number, document=made.pk, why="误传")
    assert content(made, READER) == files.PNG


@pytest.mark.usefixtures("city")
def test_equal_bytes_are_told_and_stored_once_on_an_order_but_may_be_on_another() -> None:
    order = new_order()
    made = add(order)
    with pytest.raises(DocumentThere, match=r"现场\.png") as why:
        add(order, name="别的名字.png")
    assert why.value.extra == {"document": made.pk}
    assert (Document.objects.count(), DocumentPiece.objects.count()) == (1, 1)
    add(new_order())
    assert Document.objects.count() == 2


@pytest.mark.usefixtures("city")
def test_what_was_taken_down_is_shown_no_more_and_stays_with_its_bytes_and_reason() -> None:
    order = new_order()
    made = add(order)
    with pytest.raises(Invalid):
        actions.take_down_document(by=HOTLINE, number=order.number, document=made.pk, why="  ")
    actions.take_down_document(by=HOTLINE, number=order.number, document=made.pk, why="误传他人证件")
    with pytest.raises(DocumentTakenDown):
        content(made)
    with pytest.raises(DocumentTakenDown):
        actions.take_down_document(by=HOTLINE, number=order.number, document=made.pk, why="再次")
    (kept,) = documents_of([order])
    assert not is_there(kept)
    assert kept.removal.why == "误传他人证件"
    assert b"".join(bytes_of(kept)) == files.PNG
    assert sm3(files.PNG).hex() in events("document.taken_down")[0].body
    assert "原因：误传他人证件" in OrderStep.objects.get(verb="take_down_document").text
    assert add(order).nth == 1, "what was taken down by mistake may be added again"
    assert DocumentRemoval.objects.count() == 1


@pytest.mark.usefixtures("city")
def test_the_other_side_does_not_take_down_what_it_did_not_add() -> None:
    order = new_order()
    made = add(order)
    step(hand_over(order), "accept")
    with pytest.raises(NotAllowed):
        actions.take_down_document(by=POLICE, number=order.number, document=made.pk, why="对我方不利")


@pytest.mark.usefixtures("city")
def test_only_so_many_are_kept_and_those_taken_down_do_not_count() -> None:
    Parameter.objects.filter(name="documents_max").update(value=2)
    forget_rulebook()
    order = new_order()
    first = add(order)
    add(order, files.jpeg(), name="二.jpg")
    with pytest.raises(TooManyDocuments):
        add(order, files.PDF, name="三.pdf")
    assert Document.objects.count() == 2
    actions.take_down_document(by=HOTLINE, number=order.number, document=first.pk, why="不清楚")
    add(order, files.PDF, name="三.pdf")


@pytest.mark.usefixtures("city")
def test_what_is_refused_leaves_nothing_behind() -> None:
    Parameter.objects.filter(name="document_bytes_max").update(value=100)
    forget_rulebook()
    order = new_order()
    before = Event.objects.count()
    for error, name, data, kind in (
        (DocumentUnfit, "a.exe", files.PROGRAM, "scene"),
        (DocumentUnfit, "a.png", b"", "scene"),
        (DocumentTooLarge, "a.jpg", files.jpeg(bytes(100)), "scene"),
        (Invalid, "a.png", files.PNG, "made_up"),
    ):
        with pytest.raises(error):
            add(order, data, name=name, kind=kind)
    with pytest.raises(Invalid):
        add(order, about="长" * 201)
    assert not Document.objects.exists()
    assert Event.objects.count() == before


@pytest.mark.usefixtures("city")
def test_a_closed_matter_takes_no_more_documents_but_a_mistake_is_still_taken_down() -> None:
    order = new_order()
    made = add(order)
    actions.guide(by=HOTLINE, order=order, text="请向法院提起诉讼")
    with pytest.raises(Conflict):
        add(order, files.jpeg(), name="a.jpg")
    actions.take_down_document(by=HOTLINE, number=order.number, document=made.pk, why="误传")


def forge(statement: str, *values: int) -> None:
    """Write past the triggers, as the owner of the tables may; the test's transaction puts them back."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE intake_documentpiece DISABLE TRIGGER USER")
        cursor.execute("ALTER TABLE intake_document DISABLE TRIGGER USER")
        cursor.execute(statement, values or None)


@pytest.mark.usefixtures("city")
@pytest.mark.parametrize(
    "forgery",
    [
        "UPDATE intake_documentpiece SET sealed = set_byte(sealed, 40, 255 - get_byte(sealed, 40))"
        " WHERE document_id = %s AND n = 3",
        "DELETE FROM intake_documentpiece WHERE document_id = %s AND n = 4",
        "UPDATE intake_documentpiece SET n = 5 - n WHERE document_id = %s AND n IN (2, 3)",
        "UPDATE intake_document SET sm3 = decode(repeat('ab', 32), 'hex') WHERE id = %s",
        "UPDATE intake_document SET pieces = pieces - 1 WHERE id = %s",
        "UPDATE intake_document SET pieces = 0 WHERE id = %s",
    ],
)
def test_bytes_changed_in_the_database_are_noticed_recorded_and_not_given_out(forgery: str) -> None:
    made = add(new_order(), LARGE, name="现场.jpg")
    if "5 - n" in forgery:
        forge("ALTER TABLE intake_documentpiece DROP CONSTRAINT intake_documentpiece_place")
    forge(forgery, made.pk)
    with pytest.raises(DocumentBroken):
        content(made)
    assert len(events("document.broken")) == 1
    assert not events("document.seen")


@pytest.mark.usefixtures("city")
def test_a_piece_of_another_order_does_not_open_here() -> None:
    one, other = add(new_order()), add(new_order())
    forge(
        "UPDATE intake_documentpiece p SET sealed = o.sealed FROM intake_documentpiece o"
        " WHERE p.document_id = %s AND o.document_id = %s",
        *(one.pk, other.pk),
    )
    with pytest.raises(DocumentBroken):
        content(one)


@pytest.mark.usefixtures("city")
def test_another_key_opens_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    made = add(new_order())
    monkeypatch.setattr(settings, "SEAL_KEY", bytes(16))
    with pytest.raises(DocumentBroken):
        content(made)


@pytest.mark.usefixtures("city")
@pytest.mark.parametrize("table", ["intake_document", "intake_documentpiece", "intake_documentremoval"])
@pytest.mark.parametrize("statement", ["UPDATE {} SET id = id", "DELETE FROM {}"])
def test_the_database_itself_refuses_to_change_or_remove_a_document(table: str, statement: str) -> None:
    made = add(new_order())
    actions.take_down_document(by=HOTLINE, number=made.order.number, document=made.pk, why="误传")
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement.format(table))


@pytest.mark.django_db(transaction=True)
def test_the_same_file_added_by_two_at_once_is_stored_once() -> None:
    load_small_city()
    order = new_order()
    gate, outcomes = threading.Barrier(2), list[str]()

    def at_once() -> None:
        gate.wait()
        try:
            outcomes.append(f"kept {add(order, LARGE, name='现场.jpg').nth}")
        except DocumentThere:
            outcomes.append("there")
        finally:
            connection.close()

    threads = [threading.Thread(target=at_once) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["kept 0", "there"]
    assert (Document.objects.count(), DocumentPiece.objects.count()) == (1, 5)


@pytest.mark.django_db(transaction=True)
def test_several_files_at_once_never_pass_the_limit_together() -> None:
    load_small_city()
    Parameter.objects.filter(name="documents_max").update(value=3)
    forget_rulebook()
    order = new_order()
    gate, outcomes = threading.Barrier(6), list[str]()

    def at_once(n: int) -> None:
        gate.wait()
        try:
            add(order, files.jpeg(bytes([n])), name=f"{n}.jpg")
            outcomes.append("kept")
        except TooManyDocuments:
            outcomes.append("full")
        finally:
            connection.close()

    threads = [threading.Thread(target=at_once, args=(n,)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["full"] * 3 + ["kept"] * 3
    assert Document.objects.count() == 3
