"""HTTP as it should not be spoken, byte by byte over a socket: the server answers or closes, it never hangs."""

from __future__ import annotations

import json
import socket
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from liandong.exchange.tests.served import BODY_SECONDS, Served
from liandong.exchange.tests.speaking import Program, keeps, problem, work

BODY = json.dumps(work()).encode()
PATHS = ["/api/v1/orders", "/api/v1/orders/140900W2020010100000012Z/steps"]
# Longer than the server waits for a body, shorter than anybody's patience.
PATIENCE = BODY_SECONDS * 4


def head(served: Served, path: str = PATHS[0], *more: str, method: str = "POST", version: str = "1.1") -> bytes:
    lines = [
        f"{method} {path} HTTP/{version}",
        "Host: 127.0.0.1",
        f"Authorization: Bearer {served.tokens['hot']}",
        "Content-Type: application/json",
        *more,
    ]
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n"


def say(served: Served, *pieces: bytes, close: bool = False) -> bytes:
    """Send the pieces and return the answer. An empty piece ends our side; `close`: hang up without listening."""
    with socket.create_connection((served.host, served.port), timeout=PATIENCE) as line:
        try:
            for piece in pieces:
                line.sendall(piece) if piece else line.shutdown(socket.SHUT_WR)
        except OSError:
            # Refused before all was said; what the server said stands in the buffer.
            pass
        return b"" if close else heard(line)


def heard(line: socket.socket) -> bytes:
    found = b""
    try:
        while piece := line.recv(65536):
            found += piece
            if whole(found):
                break
    except ConnectionResetError:
        pass
    return found


def whole(answer: bytes) -> bool:
    """Whether a full response stands in `answer`."""
    top, end, body = answer.partition(b"\r\n\r\n")
    length = next(
        (int(line.split(b":")[1]) for line in top.split(b"\r\n") if line.lower().startswith(b"content-length")), 0
    )
    return bool(end) and len(body) >= length


def status(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1]) if answer else 0


def document(answer: bytes) -> dict[str, Any]:
    top, _, body = answer.partition(b"\r\n\r\n")
    assert b"application/problem+json" in top.lower(), answer[:300]
    found: dict[str, Any] = json.loads(body)
    keeps("problem", found)
    return found


@pytest.fixture
def nothing_taken(served: Served) -> Any:
    before = served.rows()
    yield
    assert served.rows() == before


@pytest.mark.usefixtures("nothing_taken")
@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("sent", [b"", BODY[:20]])
def test_a_body_that_never_comes_whole_is_given_up(served: Served, path: str, sent: bytes) -> None:
    answer = say(served, head(served, path, f"Content-Length: {len(BODY)}"), sent or b" ")
    assert document(answer)["code"] == "too_slow"


@pytest.mark.usefixtures("nothing_taken")
@pytest.mark.parametrize("path", PATHS)
def test_chunks_that_never_end_are_given_up(served: Served, path: str) -> None:
    chunk = b"%x\r\n%s\r\n" % (len(BODY), BODY)
    answer = say(served, head(served, path, "Transfer-Encoding: chunked"), chunk)
    assert document(answer)["code"] == "too_slow"


@pytest.mark.usefixtures("nothing_taken")
def test_a_slow_page_is_told_in_words_for_people_and_as_a_problem_to_its_scripts(served: Served) -> None:
    answer = say(served, head(served, "/sign-in/", "Content-Length: 100"), b"x")
    assert status(answer) == 408
    assert b"text/html" in answer
    assert b"default-src 'none'" in answer
    assert "未在规定时间内传完".encode() in answer
    script = say(served, head(served, "/sign-in/", "Content-Length: 100\r\nHX-Request: true"), b"x")
    assert status(script) == 408
    assert json.loads(script.partition(b"\r\n\r\n")[2])["kept"]


def test_many_stalled_senders_do_not_keep_others_out(served: Served, hot: Program) -> None:
    stalled = []
    for path in PATHS * 100:
        line = socket.create_connection((served.host, served.port), timeout=PATIENCE)
        line.sendall(head(served, path, "Content-Length: 500") + b"{")
        stalled.append(line)
    try:
        hot.accepted(work())
        assert hot.get("/work-list").status_code == 200
        assert {status(heard(line)) for line in stalled} == {408}
    finally:
        for line in stalled:
            line.close()


def test_a_body_in_chunks_is_a_body(served: Served) -> None:
    chunks = b"".join(b"%x\r\n%s\r\n" % (1, BODY[n : n + 1]) for n in range(len(BODY))) + b"0\r\n\r\n"
    assert status(say(served, head(served, PATHS[0], "Transfer-Encoding: chunked"), chunks)) == 201


@pytest.mark.usefixtures("nothing_taken")
@pytest.mark.parametrize("path", [*PATHS, "/api/v1/orders/batch"])
def test_who_hangs_up_within_the_body_has_sent_nothing(served: Served, hot: Program, path: str) -> None:
    for _ in range(5):
        say(served, head(served, path, f"Content-Length: {len(BODY) + 1}"), BODY, close=True)
    assert hot.get("/work-list").status_code == 200


@pytest.mark.usefixtures("nothing_taken")
@pytest.mark.parametrize("path", PATHS)
def test_a_length_that_says_too_little_cuts_the_body(served: Served, path: str) -> None:
    answer = say(served, head(served, path, "Content-Length: 10", "Connection: close"), BODY)
    assert document(answer)["code"] == "bad_json"


@pytest.mark.usefixtures("nothing_taken")
@pytest.mark.parametrize(
    "headers",
    [
        *(("Content-Length: -1",), ("Content-Length: x",), ("Content-Length: 1e3",), ("Content-Length: " + "9" * 30,)),
        *(("Content-Length: 5", "Content-Length: 6"), ("Transfer-Encoding: gzip",), ("Transfer-Encoding: chunked, x",)),
        *(("Bad Header: x",), ("X: a\x00b",), ("X-Long: " + "x" * 600_000,), tuple(f"X-{n}: y" for n in range(500))),
    ],
)
def test_headers_that_cannot_be_are_refused(served: Served, headers: tuple[str, ...]) -> None:
    answer = say(served, head(served, PATHS[0], *headers), BODY, b"")
    assert 400 <= status(answer) < 500 or answer == b""


def test_length_and_chunks_together_are_not_read_in_two_ways(served: Served) -> None:
    """A proxy that believes the length and a server that believes the chunks would see different requests."""
    before = served.rows()["intake_order"]
    hidden = b"0\r\n\r\n" + head(served, PATHS[0], f"Content-Length: {len(BODY)}") + BODY
    answer = say(served, head(served, PATHS[0], f"Content-Length: {len(hidden)}", "Transfer-Encoding: chunked"), hidden)
    assert 400 <= status(answer) < 500 or answer == b""
    assert served.rows()["intake_order"] == before


def test_requests_in_a_row_on_one_line_are_each_answered(served: Served) -> None:
    before = served.rows()["intake_order"]
    one = head(served, PATHS[0], f"Content-Length: {len(BODY)}") + BODY
    bad = head(served, PATHS[0], "Content-Length: 1") + b"{"
    last = head(served, PATHS[0], f"Content-Length: {len(BODY)}", "Connection: close") + BODY
    with socket.create_connection((served.host, served.port), timeout=PATIENCE) as line:
        line.sendall(one + bad + one + last)
        found = b""
        while piece := line.recv(65536):
            found += piece
    assert [int(part[:3]) for part in found.split(b"HTTP/1.1 ")[1:]] == [201, 400, 201, 201]
    assert served.rows()["intake_order"] == before + 3


@pytest.mark.usefixtures("nothing_taken")
@pytest.mark.parametrize(
    "path",
    [
        *("/api/v1/orders/../orders", "/api/v1/./orders", "/api/v1/orders/.", "/api/v1/orders/..", "/api//v1/orders"),
        *("/api/v1/orders\\", "/api/v1/orders/%00", "/api/v1/orders/%2e%2e%2f", "/api/v1/orders/%c0%ae", "/api/v1/%"),
        *(
            "/api/v1/orders#x",
            "/api/v1/orders/" + "%41" * 9000,
            "/api/v1/search?words=%ff",
            "/api/v1/search?%zz&=&words",
        ),
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_tricks_with_paths_lead_nowhere(served: Served, path: str, method: str) -> None:
    answer = say(served, head(served, path, "Content-Length: 2", "Connection: close", method=method), b"{}")
    assert 400 <= status(answer) < 500, answer[:200]
    if b"application/problem+json" in answer:
        document(answer)
    else:
        assert b"<html" not in answer.lower()


@pytest.mark.usefixtures("nothing_taken")
@pytest.mark.parametrize(
    "first", [b"GET\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00", b"POST /api/v1/orders HTTP/9.9\r\n\r\n", b"\x00" * 100]
)
def test_what_is_not_http_is_not_answered_with_an_error_of_ours(served: Served, first: bytes) -> None:
    assert status(say(served, first, b"")) < 500


def test_http_1_0_and_an_absolute_address_are_understood(served: Served) -> None:
    length = f"Content-Length: {len(BODY)}"
    assert status(say(served, head(served, PATHS[0], length, version="1.0"), BODY)) == 201
    assert status(say(served, head(served, f"{served.url}{PATHS[0]}", length), BODY)) == 201


def test_who_asks_whether_to_go_on_is_told(served: Served) -> None:
    with socket.create_connection((served.host, served.port), timeout=PATIENCE) as line:
        line.sendall(head(served, PATHS[0], f"Content-Length: {len(BODY)}", "Expect: 100-continue"))
        assert line.recv(100).startswith(b"HTTP/1.1 100")
        line.sendall(BODY)
        assert status(heard(line)) == 201


def test_two_hundred_at_once_are_all_served(served: Served) -> None:
    before = served.rows()["intake_order"]
    with ThreadPoolExecutor(50) as threads:
        programs = [Program(served.url, served.tokens["hot"]) for _ in range(50)]
        codes = list(threads.map(lambda n: programs[n % 50].accept(work()).status_code, range(200)))
    assert codes == [201] * 200
    assert served.rows()["intake_order"] == before + 200


def test_after_all_that_a_problem_is_still_a_problem(hot: Program) -> None:
    problem(hot.get("/orders/x"), 422, "bad_number")
