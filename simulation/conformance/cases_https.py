"""Cases of the https door: whom it lets in, what it answers, and what lies there to be fetched."""

from __future__ import annotations

import http.client
import ssl
from contextlib import closing
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, cast
from urllib.parse import urlsplit

import orjson

from liandong.kernel.clock import SystemClock
from liandong.kernel.errors import LiandongError
from liandong.peers.channels.calling import Answer
from liandong.peers.channels.certs import make_ca, make_node
from liandong.peers.channels.https import MESSAGES, PARCEL, SETTLED, Where
from liandong.peers.channels.tls import Files
from liandong.peers.errors import ChannelDown
from simulation.conformance.cases_envelope import signed_over_other
from simulation.conformance.session import Session
from simulation.conformance.verdicts import Case, Outcome, case, failed, passed, unseen
from simulation.peer.ways import HTTPS, ByHttps

NDJSON, JSON, PROBLEM = "application/x-ndjson", "application/json", "application/problem+json"
MOST_LINES = 1000
WITHIN = 5  # seconds for a caller that should not be let in
on_https = partial(case, only=HTTPS, clause="https")
NO_ADDRESS = "没有给出对方的地址（只由对方来连），无从观察。"


def called(s: Session, method: str, path: str, body: bytes = b"", kind: str = "", files: Files | None = None) -> Answer:
    """One request of ours, whatever its status. Raises ChannelDown."""
    try:
        return cast("ByHttps", s.way).ask(method, path, body, kind, files)
    except (OSError, http.client.HTTPException, ValueError) as why:
        raise ChannelDown(f"请求 {method} {path} 没有得到应答（{why}）。") from why


def posted(s: Session, *raws: bytes, kind: str = NDJSON) -> Answer:
    s.sent += raws
    return called(s, "POST", MESSAGES, b"".join(raw + b"\n" for raw in raws), kind)


def value(answer: Answer) -> dict[str, Any]:
    try:
        found = orjson.loads(answer.body)
    except orjson.JSONDecodeError:
        return {}
    return found if isinstance(found, dict) else {}


def calls(s: Session) -> bool:
    return cast("ByHttps", s.way).where is not None


def healed(s: Session, serial: int, found: Outcome) -> Outcome:
    """The serial of what was not taken is used after all, so that no gap stays."""
    s.send([s.canary(serial)])
    return found if s.waits_for_receipt(serial) else failed(f"{found.came}其后同号的完好报文没有得到回执。")


@on_https(
    "answer", title="应答写明几件", sent="一件完好的报文", expected="200，taken 为1，refused 为空；附回执的，回执完好"
)
def answer(s: Session) -> Outcome:
    if not calls(s):
        return unseen(NO_ADDRESS)
    serial = s.serial()
    found = posted(s, s.canary(serial))
    said = value(found)
    if found.status != 200 or said.get("taken") != 1 or said.get("refused") != []:
        return failed(f"应答 {found.status}：{found.body[:200].decode('utf-8', 'replace')}")
    receipt = said.get("receipt")
    if receipt is not None:
        try:
            s.line.read(orjson.dumps(receipt))
        except LiandongError as why:
            return failed(f"应答所附的回执不完好：{why.message}（{why.code}）")
        s.hear(orjson.dumps(receipt))
    return (
        passed(f"200，{'附' if receipt else '未附'}回执。") if s.waits_for_receipt(serial) else failed("没有得到回执。")
    )


@on_https(
    "answer_refused",
    title="应答写明拒收哪一行",
    sent="三行：完好、签名不符、完好",
    expected="207，taken 为2，refused 只列第2行及其 code",
)
def answer_refused(s: Session) -> Outcome:
    if not calls(s):
        return unseen(NO_ADDRESS)
    first, bad, last = s.serial(), s.serial(), s.serial()
    found = posted(s, s.canary(first), signed_over_other(s, bad), s.canary(last))
    said = value(found)
    refused = said.get("refused")
    lines = [
        (one.get("line"), (one.get("problem") or {}).get("code")) for one in refused or () if isinstance(one, dict)
    ]
    if (found.status, said.get("taken"), lines) == (207, 2, [(2, "signature_bad")]):
        return healed(s, bad, passed("207，只列第2行 signature_bad。"))
    return healed(s, bad, failed(f"应答 {found.status}，taken 为{said.get('taken')}，refused 为{lines}。"))


def refused_whole(s: Session, status: int, found: Answer, serial: int = 0) -> Outcome:
    """A request that is refused as a whole, by a problem document."""
    problem, kind = value(found), found.header("Content-Type").split(";")[0]
    if found.status != status:
        outcome = failed(f"应答 {found.status}，应为 {status}。")
    elif kind != PROBLEM or not problem.get("code"):
        outcome = failed(f"应答 {status}，但没有说明原因的文档（{kind or '没有 Content-Type'}）。")
    else:
        outcome = passed(f"{status}，{problem['code']}。")
    return healed(s, serial, outcome) if serial else outcome


@on_https(
    "media_type",
    title="报文类型不符",
    sent="一件完好的报文，Content-Type 为 application/json",
    expected="415，附原因；不采用",
)
def media_type(s: Session) -> Outcome:
    if not calls(s):
        return unseen(NO_ADDRESS)
    serial = s.serial()
    return refused_whole(s, 415, posted(s, s.canary(serial), kind=JSON), serial)


@on_https("too_many", title="一次超过一千行", sent="1001行", expected="413，附原因")
def too_many(s: Session) -> Outcome:
    if not calls(s):
        return unseen(NO_ADDRESS)
    return refused_whole(s, 413, called(s, "POST", MESSAGES, b"{}\n" * (MOST_LINES + 1), NDJSON))


@on_https(
    "other_paths", title="别的地址和方法", sent="GET 一个没有的地址，DELETE 报文地址", expected="404、405，附原因"
)
def other_paths(s: Session) -> Outcome:
    if not calls(s):
        return unseen(NO_ADDRESS)
    first = refused_whole(s, 404, called(s, "GET", "/peers/v1/nothing"))
    if first.verdict != "pass":
        return first
    return refused_whole(s, 405, called(s, "DELETE", MESSAGES))


def kept_out(s: Session, context: ssl.SSLContext | None) -> Outcome:
    """Whoever comes with this context (None: without any security) must get no 2xx."""
    where = cast("Where", cast("ByHttps", s.way).where)
    parts, serial = urlsplit(where.address), s.serial()
    given = (parts.hostname or "", parts.port or 443)
    plain = http.client.HTTPConnection(*given, timeout=WITHIN)
    link = plain if context is None else http.client.HTTPSConnection(*given, timeout=WITHIN, context=context)
    with closing(link):
        try:
            link.request("POST", parts.path.rstrip("/") + MESSAGES, s.canary(serial) + b"\n", {"Content-Type": NDJSON})
            status = link.getresponse().status
        except (OSError, http.client.HTTPException) as why:
            return healed(s, serial, passed(f"连接被拒绝（{type(why).__name__}）。"))
    found = failed(f"应答 {status}：放行了。") if 200 <= status < 300 else passed(f"应答 {status}，未放行。")
    return healed(s, serial, found)


def unlooking() -> ssl.SSLContext:
    """A caller who takes any certificate of the other side, and shows none."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


@on_https("certificate_none", title="没有证书", sent="不出示证书而推送", expected="不放行")
def certificate_none(s: Session) -> Outcome:
    return kept_out(s, unlooking()) if calls(s) else unseen(NO_ADDRESS)


@on_https(
    "certificate_strange", title="别的机构签发的证书", sent="以自设机构签发的、名称相同的证书推送", expected="不放行"
)
def certificate_strange(s: Session) -> Outcome:
    if not calls(s):
        return unseen(NO_ADDRESS)
    context = unlooking()
    with TemporaryDirectory() as root:
        make_ca(Path(root), SystemClock().now())
        made = make_node(Path(root), s.me.code, SystemClock().now())
        context.load_cert_chain(made.certificate, made.key)
    return kept_out(s, context)


@on_https(
    "certificate_other",
    title="别人的证书",
    sent="以同一机构签发给另一名称的证书推送",
    expected="403，certificate_unknown；不采用",
)
def certificate_other(s: Session) -> Outcome:
    other = cast("ByHttps", s.way).other
    if not calls(s) or other is None:
        return unseen(
            "没有给出另一名称的证书（--other-certificate、--other-key），无从观察。" if calls(s) else NO_ADDRESS
        )
    serial = s.serial()
    found = called(s, "POST", MESSAGES, s.canary(serial) + b"\n", NDJSON, other)
    if found.status == 403 and value(found).get("code") == "certificate_unknown":
        return healed(s, serial, passed("403，certificate_unknown。"))
    return healed(
        s, serial, failed(f"应答 {found.status}（{value(found).get('code')}），应为 403 certificate_unknown。")
    )


@on_https("plain", title="没有加密", sent="不经 TLS 而推送", expected="不放行")
def plain(s: Session) -> Outcome:
    return kept_out(s, None) if calls(s) else unseen(NO_ADDRESS)


@on_https(
    "fetch_again",
    title="取而未结的再取",
    sent="取件两次，再以旧批次名结清",
    expected="两次内容相同、批次名不同；旧批次名不结清任何报文",
)
def fetch_again(s: Session) -> Outcome:
    if not calls(s):
        return unseen(NO_ADDRESS)
    serial = s.serial()
    s.send([s.canary(serial)])
    first = called(s, "GET", MESSAGES)
    for _ in s.patience.turns(acts=False):
        if first.status == 200:
            break
        first = called(s, "GET", MESSAGES)
    if first.status != 200:
        return unseen(f"没有可取的报文（{first.status}）：对方能连到本方时不必放在其处。")
    again = called(s, "GET", MESSAGES)
    old, new = first.header(PARCEL), again.header(PARCEL)
    if not old or not new or old == new:
        return failed(f"批次名（{PARCEL}）应每次不同：先是“{old}”，后是“{new}”。")
    if not set(first.body.splitlines()) <= set(again.body.splitlines()):
        return failed("未结清的报文没有再次给出。")
    called(s, "POST", SETTLED, orjson.dumps({"parcel": old}), JSON)
    third = called(s, "GET", MESSAGES)
    if not set(first.body.splitlines()) <= set(third.body.splitlines()):
        return failed("以旧批次名结清之后，报文不见了。")
    called(s, "POST", SETTLED, orjson.dumps({"parcel": third.header(PARCEL)}), JSON)
    for raw in third.body.splitlines():
        s.hear(raw)
    left = called(s, "GET", MESSAGES)
    if set(third.body.splitlines()) & set(left.body.splitlines()):
        return failed("已结清的报文仍被给出。")
    return passed("再次给出，批次名不同，结清后不再给出。")


CASES: tuple[Case, ...] = (
    answer, answer_refused, media_type, too_many, other_paths, certificate_none, certificate_strange,
    certificate_other, plain, fetch_again,
)  # fmt: skip
