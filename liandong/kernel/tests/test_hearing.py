"""Who hears what: lines follow topics, hear in order and once, and are cut when they take nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

import asyncpg
import pytest
from asgiref.sync import sync_to_async
from django.db import connections, transaction

from liandong.kernel import hearing
from liandong.kernel.addresses import for_asyncpg
from liandong.kernel.hearing import WAITING_AT_MOST, Hub, Line
from liandong.kernel.live import Message
from liandong.kernel.models import LiveMessage
from liandong.kernel.telling import tell_account, write

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.external]
SOON = 20.0


def line(*topics: str, rights: Iterable[str] = ()) -> Line:
    return Line(session="s", person=1, topics=topics, rights=frozenset(rights))


async def say(*messages: Message) -> None:
    def run() -> None:
        with transaction.atomic():
            write(messages)
        connections.close_all()

    await sync_to_async(run, thread_sensitive=False)()


def message(kind: str, *topics: str, needs: str = "") -> Message:
    return Message(kind=kind, topics=topics or ("orders:hot",), needs=needs)


async def hears(one: Line, *words: str) -> str:
    """What the line hears until all the words were in it."""
    got = ""
    async with asyncio.timeout(SOON):
        while not all(word in got for word in words):
            got += (await one.next(1.0)).decode()
    return got


def with_hub(test: Callable[[Hub], Awaitable[None]]) -> None:
    async def run() -> None:
        hub = Hub()
        await hub.start()
        try:
            async with asyncio.timeout(SOON):
                while not hub.hears:
                    await asyncio.sleep(0.01)
            await test(hub)
        finally:
            await hub.stop()

    asyncio.run(run())


def test_a_line_hears_its_topics_and_no_others() -> None:
    async def test(hub: Hub) -> None:
        ours, theirs, every = line("orders:hot", "matter:7"), line("orders:pol"), line("orders:*")
        for one in (ours, theirs, every):
            await hub.open(one, None)
        await say(message("both", "orders:hot", "matter:7"), message("last", "orders:hot", "orders:pol"))
        got = await hears(ours, "last")
        assert got.count("event: fact") == 2
        assert '"about":["matter","orders"]' in got
        assert "both" not in await hears(theirs, "last")
        assert "both" in await hears(every, "last")

    with_hub(test)


def test_what_only_some_need_to_know_is_heard_by_them_alone() -> None:
    async def test(hub: Hub) -> None:
        knows, others = line("orders:hot", rights=["clue.read"]), line("orders:hot")
        await hub.open(knows, None)
        await hub.open(others, None)
        await say(message("hidden", needs="clue.read"), message("last"))
        assert "hidden" in await hears(knows, "last")
        assert "hidden" not in await hears(others, "last")

    with_hub(test)


def test_who_comes_back_hears_what_it_missed_and_nothing_twice() -> None:
    async def test(hub: Hub) -> None:
        first = line("orders:hot")
        await hub.open(first, None)
        await say(message("one"))
        await hears(first, "one")
        heard = hub.mark
        hub.close(first)
        await say(message("two"), message("foreign", "orders:pol"), message("three"))
        second = line("orders:hot")
        await hub.open(second, heard)
        await say(message("four"))
        got = await hears(second, "four")
        assert [kind for kind in ("one", "two", "foreign", "three", "four") if kind in got] == ["two", "three", "four"]
        assert got.count("event: fact") == 3

    with_hub(test)


def test_a_new_process_knows_what_was_told_before_it() -> None:
    async def before(hub: Hub) -> None:
        await say(message("before"), message("while it was away"))

    with_hub(before)
    (first, _) = LiveMessage.objects.order_by("id").values_list("id", flat=True)

    async def after(hub: Hub) -> None:
        one = line("orders:hot")
        await hub.open(one, first)
        got = await hears(one, "while it was away")
        assert "stale" not in got
        assert '"kind":"before"' not in got

    with_hub(after)


@pytest.mark.parametrize("after", [-1, 10**12])
def test_who_asks_from_where_nobody_was_is_told_that_it_missed_something(after: int) -> None:
    async def test(hub: Hub) -> None:
        await say(message("one"))
        one = line("orders:hot")
        await hub.open(one, after)
        assert (await one.next(1.0)).startswith(b"event: stale")

    with_hub(test)


def test_what_was_tidied_away_is_stale() -> None:
    async def fill(hub: Hub) -> None:
        await say(*(message(f"m{n}") for n in range(5)))

    with_hub(fill)
    ids = list(LiveMessage.objects.order_by("id").values_list("id", flat=True))
    LiveMessage.objects.filter(id__lte=ids[2]).delete()

    async def test(hub: Hub) -> None:
        late, in_time = line("orders:hot"), line("orders:hot")
        await hub.open(late, ids[0])
        assert (await late.next(1.0)).startswith(b"event: stale")
        await hub.open(in_time, ids[2])
        assert "stale" not in await hears(in_time, "m3", "m4")

    with_hub(test)


def test_a_line_that_takes_nothing_is_cut_and_holds_nobody_up() -> None:
    async def test(hub: Hub) -> None:
        slow, quick = line("orders:hot"), line("orders:hot")
        cut: list[bool] = []
        slow.cut = lambda: cut.append(True)
        await hub.open(slow, None)
        await hub.open(quick, None)
        for start in range(0, WAITING_AT_MOST + 50, 50):
            await say(*(message(f"m{start + n}") for n in range(50)))
            await hears(quick, f"m{start + 49}")
        assert cut == [True]
        assert slow.over
        assert await slow.next(0.0) == b""

    with_hub(test)


def test_a_cut_connection_to_the_database_heals_and_nothing_is_missed() -> None:
    async def test(hub: Hub) -> None:
        one = line("orders:hot")
        doubts: list[Any] = []
        hub.on_account = doubts.append
        await hub.open(one, None)
        await say(message("before"))
        await hears(one, "before")
        link = await asyncpg.connect(**for_asyncpg())
        await link.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE application_name = 'liandong-live' AND datname = current_database()"
        )
        await link.close()
        assert "event: deaf" in await hears(one, "deaf")
        await say(message("meanwhile"))
        got = await hears(one, "meanwhile", "beat")
        assert "stale" not in got
        # A notice about an account may have been lost: everybody is to be asked about.
        assert None in doubts

    with_hub(test)


def test_a_lost_notice_costs_time_and_no_message(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hearing, "LOOK", 0.05)

    async def test(hub: Hub) -> None:
        one = line("orders:hot")
        await hub.open(one, None)
        assert hub._connection is not None
        hub._connection._listeners.clear()
        await say(message("unnoticed"))
        await hears(one, "unnoticed")

    with_hub(test)


def test_a_change_of_an_account_is_said_at_once() -> None:
    async def test(hub: Hub) -> None:
        heard: asyncio.Queue[int | None] = asyncio.Queue()
        hub.on_account = heard.put_nowait

        def change() -> None:
            with transaction.atomic():
                tell_account(41)
            connections.close_all()

        await sync_to_async(change, thread_sensitive=False)()
        async with asyncio.timeout(SOON):
            assert await heard.get() == 41

    with_hub(test)
