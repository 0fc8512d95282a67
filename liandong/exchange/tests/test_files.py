"""Documents over the API: sent as they are, fetched as they came, refused in words."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from liandong.exchange.tests.served import Served
from liandong.exchange.tests.speaking import Program, fits, keeps, problem, work
from liandong.kernel.seals import sm3
from tests import files

RAW = "application/octet-stream"


def ordered(program: Program, **wish: Any) -> str:
    return str(program.accepted(work(**wish))["order_number"])


def send(program: Program, order: str, data: bytes, name: str = "现场.png", **said: str) -> httpx.Response:
    query = {"name": name, "document_kind": "scene", **said}
    return program.http.post(f"/orders/{order}/documents", params=query, content=data, headers={"Content-Type": RAW})


def test_a_document_is_added_listed_and_fetched_by_both_desks(hot: Program, police: Program) -> None:
    order = ordered(hot, handover={"kind": "divert", "to": "110", "reason": "属警情"})
    data = files.jpeg(bytes(range(256)) * 8192)
    made = fits("document", send(hot, order, data, "𠮷 现场+1&😀.jpg", about="三单元"), 201)
    assert (made["name"], made["about"], made["sm3"]) == ("𠮷 现场+1&😀.jpg", "三单元", sm3(data).hex())
    assert (made["size"], made["media_type"], made["party"]) == (len(data), "image/jpeg", "12345")
    for program in (hot, police):
        listed = program.get(f"/orders/{order}/documents").json()
        assert listed == [made]
        got = program.get(f"/orders/{order}/documents/{made['number']}")
        assert (got.status_code, got.content == data, got.headers["content-type"]) == (200, True, "image/jpeg")
        assert got.headers["content-disposition"].startswith("attachment")
        assert got.headers["x-content-type-options"] == "nosniff"
        assert got.headers["cache-control"] == "no-store"


def test_nobody_else_fetches_or_adds(hot: Program, county: Program, served: Served) -> None:
    order = ordered(hot)
    made = fits("document", send(hot, order, files.PNG), 201)
    problem(county.get(f"/orders/{order}/documents"), 404, "not_found")
    problem(county.get(f"/orders/{order}/documents/{made['number']}"), 404, "not_found")
    problem(send(county, order, files.PDF, "a.pdf"), 404, "not_found")
    reader = Program(served.url, served.tokens["reader"])
    assert reader.get(f"/orders/{order}/documents/{made['number']}").content == files.PNG
    problem(send(reader, order, files.PDF, "a.pdf"), 403, "not_allowed")
    problem(send(Program(served.url, ""), order, files.PDF, "a.pdf"), 401)


@pytest.mark.parametrize(
    ("data", "said", "status", "code", "field"),
    [
        (files.PROGRAM, {}, 422, "document_unfit", None),
        (b"", {}, 422, "document_unfit", None),
        (files.jpeg(), {}, 422, "document_unfit", "/name"),
        (files.PNG, {"name": "../现场.png"}, 422, "document_unfit", "/name"),
        (files.PNG, {"name": ""}, 422, "document_unfit", "/name"),
        (files.PNG, {"name": "长" * 300 + ".png"}, 422, "document_unfit", "/name"),
        (files.PNG, {"name": "a\x00.png"}, 422, "invalid", "/name"),
        (files.PNG, {"document_kind": "made_up"}, 422, "invalid", "/document_kind"),
        (files.PNG, {"document_kind": ""}, 422, "invalid", "/document_kind"),
        (files.PNG, {"about": "长" * 201}, 422, "invalid", "/about"),
        (files.PNG, {"about": "两\n行"}, 422, "invalid", "/about"),
        (files.jpeg(bytes(20_971_520)), {"name": "大.jpg"}, 413, "document_too_large", None),
    ],
)
def test_what_cannot_be_kept_is_told_and_leaves_nothing(
    hot: Program, data: bytes, said: dict[str, str], status: int, code: str, field: str | None
) -> None:
    order = ordered(hot)
    problem(send(hot, order, data, **said), status, code, field)
    assert hot.get(f"/orders/{order}/documents").json() == []


def test_a_name_in_another_encoding_is_told(hot: Program) -> None:
    order = ordered(hot)
    address = f"/orders/{order}/documents?name={'%CF%D6%B3%A1'}.png&document_kind=scene"  # GBK
    problem(hot.http.post(address, content=files.PNG, headers={"Content-Type": RAW}), 422, "document_unfit", "/name")


def test_sent_again_it_is_told_which_document_it_is(hot: Program) -> None:
    order = ordered(hot)
    made = fits("document", send(hot, order, files.PNG), 201)
    assert problem(send(hot, order, files.PNG), 409, "document_there")["document"] == made["number"]


def test_another_media_type_is_refused(hot: Program) -> None:
    address = f"/orders/{ordered(hot)}/documents"
    query = {"name": "a.png", "document_kind": "scene"}
    for media in ("image/png", "multipart/form-data; boundary=x", "application/json"):
        answer = hot.http.post(address, params=query, content=files.PNG, headers={"Content-Type": media})
        problem(answer, 415, "media_type_unfit")


@pytest.mark.parametrize("document", ["0", "9" * 19, "9" * 40, "-1", "x", "%00", "1e3", "１"])
def test_a_document_that_is_none_is_not_found(hot: Program, document: str) -> None:
    problem(hot.get(f"/orders/{ordered(hot)}/documents/{document}"), 404)


def test_what_was_taken_down_is_listed_without_its_name_and_not_given_out(hot: Program, served: Served) -> None:
    order = ordered(hot)
    made = fits("document", send(hot, order, files.PNG), 201)
    served.one(
        "INSERT INTO intake_documentremoval (document_id, why, at, party, by)"
        " VALUES (%s, '误传', now(), '12345', '{\"name\": \"李某\"}') RETURNING id",
        made["number"],
    )
    (listed,) = hot.get(f"/orders/{order}/documents").json()
    keeps("document", listed)
    assert "name" not in listed
    assert listed["taken_down"]["why"] == "误传"
    problem(hot.get(f"/orders/{order}/documents/{made['number']}"), 404, "document_taken_down")


def test_changed_bytes_are_not_given_out(hot: Program, served: Served) -> None:
    order = ordered(hot)
    made = fits("document", send(hot, order, files.PNG), 201)
    served.database.execute("ALTER TABLE intake_documentpiece DISABLE TRIGGER USER")
    served.one(
        "UPDATE intake_documentpiece SET sealed = set_byte(sealed, 20, 255 - get_byte(sealed, 20))"
        " WHERE document_id = %s RETURNING id",
        made["number"],
    )
    served.database.execute("ALTER TABLE intake_documentpiece ENABLE ALWAYS TRIGGER intake_documentpiece_append_only")
    problem(hot.get(f"/orders/{order}/documents/{made['number']}"), 500, "document_broken")
    served.one("SELECT id FROM audit_event WHERE kind = 'document.broken' AND body LIKE %s", f"%{order}%")
