"""Who is let in, and where: tokens, rights, methods, paths."""

from __future__ import annotations

import httpx
import pytest

from liandong.exchange.tests.served import Served
from liandong.exchange.tests.speaking import Program, problem, unused, work
from liandong.exchange.tests.speaking import police as police_order

DOORS = ["/orders", "/orders/batch", "/orders/140900W2020010100000012Z/steps", "/search?words=水", "/work-list"]


def ask(program: Program, path: str) -> httpx.Response:
    if path == "/orders/batch":
        return program.batch(b"{}")
    return program.http.get(path) if path[:2] in ("/s", "/w") else program.post(path, work())


@pytest.mark.parametrize("path", DOORS)
@pytest.mark.parametrize("who", ["nobody", "expired", "revoked", "garbage"])
def test_without_a_token_that_holds_nobody_gets_in(served: Served, path: str, who: str) -> None:
    tokens = {"nobody": "", "garbage": "ld_garbage", **served.tokens}
    before = served.rows()
    response = ask(Program(served.url, tokens[who]), path)
    problem(response, 401, "token_expired" if who == "expired" else "token_unknown")
    assert response.headers["www-authenticate"] == "Bearer"
    assert served.rows() == before


@pytest.mark.parametrize("path", DOORS)
@pytest.mark.parametrize(
    "header",
    [b"Basic dXNlcjpwYXNz", b"Bearer", b"\xe4\xbb\xa4\xe7\x89\x8c", b"Bearer \xff\xfe", b"Bearer x" * 500],
)
def test_a_strange_authorization_is_no_token(served: Served, path: str, header: bytes) -> None:
    program = Program(served.url, "")
    program.http.headers = httpx.Headers([(b"Authorization", header)])
    problem(ask(program, path), 401, "token_unknown")


def test_a_system_without_the_right_is_told_so(served: Served, hot: Program) -> None:
    number = hot.accepted(work())["order_number"]
    reader = Program(served.url, served.tokens["reader"])
    before = served.rows()
    problem(reader.accept(work(), unused("key")), 403, "not_allowed")
    problem(reader.accept(work(danger={"signal": "冒烟"})), 403, "not_allowed")
    problem(reader.accept(work(related=number, relation="urge")), 403, "not_allowed")
    problem(reader.batch(b"{}"), 403, "not_allowed")
    problem(reader.post(f"/orders/{number}/steps", {"verb": "start"}), 403, "not_allowed")
    problem(reader.post(f"/orders/{number}/transfers", {"kind": "divert", "to": "110", "reason": "x"}), 403)
    assert served.rows() == before
    assert reader.get(f"/orders/{number}").status_code == 200
    mute = Program(served.url, served.tokens["mute"])
    problem(mute.get(f"/orders/{number}"), 403, "not_allowed")
    problem(mute.get("/search", words="水"), 403, "not_allowed")
    mute.accepted(work())


def test_a_wish_beyond_the_right_leaves_no_order(served: Served) -> None:
    mute = Program(served.url, served.tokens["mute"])
    before = served.rows()
    wish = {"kind": "divert", "to": "110", "reason": "x"}
    problem(mute.accept(work(handover=wish), unused("key")), 403, "not_allowed")
    assert served.rows() == before


def test_a_desk_accepts_only_its_own_kind_of_order(served: Served, hot: Program, police: Program) -> None:
    before = served.rows()
    problem(hot.accept(police_order()), 422, "invalid", "/kind")
    problem(police.accept(work()), 422, "invalid", "/kind")
    assert served.rows() == before


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND"])
@pytest.mark.parametrize("path", ["/orders", "/orders/batch", "/orders/140900W2020010100000012Z/steps"])
def test_another_method_is_refused_and_the_right_one_named(hot: Program, method: str, path: str) -> None:
    response = hot.http.request(method, path)
    if method == "HEAD":
        assert (response.status_code, response.headers["content-type"]) == (405, "application/problem+json")
    else:
        problem(response, 405, "method_unfit")
    assert response.headers["allow"] == "POST"


@pytest.mark.parametrize(
    "path",
    [
        *("/api/", "/api/v1", "/api/v1/", "/api/v2/orders", "/api/v1/nothing", "/api/v1/orders/", "/api/v1/orders/x/y"),
        *(
            "/api//v1/orders",
            "//api/v1/orders",
            "/api/v1/orders/batch/",
            "/api/v1/%6frders/",
            "/api/v1/%E8%AE%A2%E5%8D%95",
            "/api/v1/%ff%fe",
        ),
        *("/api/v1/orders/%2e%2e/orders", "/api/v1/orders/x%2fy", "/API/v1/orders"),
        *("/api/v1/" + "x" * 8000, "/api/v1/orders;a=b", "/api/v1/\\orders", "/api/v1/<script>"),
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_path_that_is_none_is_told_as_a_problem(served: Served, hot: Program, method: str, path: str) -> None:
    before = served.rows()
    url = httpx.URL(served.url).copy_with(raw_path=path.encode())
    response = hot.http.request(method, url)
    assert served.rows() == before
    if response.status_code == 301:
        assert response.headers["location"] == f"{path}/"
    elif path.startswith("/api/"):
        problem(response, response.status_code)
        assert response.status_code in (400, 404, 405)
    else:
        assert response.status_code == 404


def test_the_request_id_of_the_sender_is_kept_when_it_is_fit(hot: Program) -> None:
    for path in ("/orders", "/orders/x/steps", "/nowhere"):
        assert hot.post(path, {}, **{"X-Request-Id": "a.b_c-1"}).headers["x-request-id"] == "a.b_c-1"
        for unfit in (b"x" * 65, b"a b", b"\xff", b"<script>"):
            response = hot.http.post(path, json={}, headers=[(b"X-Request-Id", unfit)])
            problem(response, response.status_code)
            assert response.headers["x-request-id"].isalnum()


def test_a_strange_host_is_refused_with_a_problem(hot: Program) -> None:
    problem(hot.http.get("/work-list", headers={"Host": "evil.example"}), 400, "request_unfit")


def test_pages_for_people_are_not_problem_documents(served: Served) -> None:
    assert httpx.get(f"{served.url}/nowhere").headers["content-type"].startswith("text/html")
