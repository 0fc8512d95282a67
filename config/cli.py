"""The `liandong` command: one table of subcommands, each loaded only when it is asked for."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from importlib import import_module
from typing import cast

from config.pgfiles import NoPostgres
from config.statedir import STATE_DIR

Main = Callable[[Sequence[str]], int | None]


@dataclass(frozen=True)
class Command:
    """`module`.main(rest of the arguments) → exit code. What it wants beforehand: DATABASE_URL set, Django set up."""

    module: str
    help: str
    database: bool = True
    django: bool = True
    # Verbs of a command that is else without both which want both all the same.
    wanting: frozenset[str] = frozenset()
    # Verbs that an area above answers, by their module; it is handed the verb as well.
    elsewhere: Mapping[str, str] = field(default_factory=dict)


# Of matrices as small as ours further threads of BLAS only wait for each other: twice the processor, no less time. What
# a process needed for a moment (to put the engine of routing together) goes back to the machine; this is heard by the
# processes that are started from here.
FRUGAL = {"OPENBLAS_NUM_THREADS": "1", "MALLOC_TRIM_THRESHOLD_": str(1024 * 1024)}

COMMANDS: dict[str, Command] = {
    "up": Command("config.supervisor", "启动全部，演示模式附演示城市与模拟来电", database=False, django=False),
    "pair": Command("config.pair", "启动两个节点（12345 与 110）在本机对接", database=False, django=False),
    # The workers of the web server set Django up for themselves.
    "web": Command("config.web", "只启动网页与接口服务", django=False),
    "receive": Command("config.receive", "只启动对端接入服务（双向证书）", django=False),
    "worker": Command("config.worker", "只启动后台处理"),
    "migrate": Command("config.migrate", "更新数据库结构"),
    "prepare": Command("config.prepare", "更新数据库结构并导入城市数据：prepare xinzhou"),
    "city": Command("config.citypack", "导入城市数据：city load xinzhou；导入乡镇街道：city townships 文件"),
    "simulate": Command("simulation.run", "模拟来电与联动"),
    "routing": Command(
        "liandong.routing.commands",
        "分流：routing decide < notes.csv，另有 pairs、train、evaluate、replay",
        database=False,
        django=False,
        wanting=frozenset({"train", "roll-back", "versions", "replay", "publish"}),
        elsewhere=dict.fromkeys(("replay", "publish"), "liandong.hindsight.commands"),
    ),
    "exchange": Command(
        "liandong.peers.commands",
        "节点之间的对接：exchange keys、export、verify、middb、simulate、simulate-peer、conformance",
        database=False,
        django=False,
        wanting=frozenset({"export"}),
        elsewhere={
            "simulate": "simulation.network.run",
            "simulate-peer": "simulation.peer.run",
            "conformance": "simulation.conformance.run",
        },
    ),
    "audit": Command("liandong.audit.commands", "核验审计链：audit verify"),
    "check": Command("config.health", "检查配置、工作日历、搁置的工作和数据库版本"),
    "manage": Command("config.manage", "Django 管理命令"),
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run one subcommand and return its exit code; a failure with a name is one sentence, not a traceback."""
    listing = "\n".join(f"  {name:<10}{command.help}" for name, command in COMMANDS.items())
    parser = argparse.ArgumentParser(
        prog="liandong",
        description="联动：12345 与 110 对接联动系统",
        epilog=f"命令：\n{listing}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("command", choices=COMMANDS, metavar="命令")
    parser.add_argument("rest", nargs=argparse.REMAINDER, metavar="…")
    given = parser.parse_args(argv)
    try:
        return _run(COMMANDS[given.command], given.rest)
    except NoPostgres as why:
        print(f"liandong: {why}", file=sys.stderr)
        return 1


def _run(command: Command, rest: Sequence[str]) -> int:
    wants = bool(rest) and rest[0] in command.wanting
    for name, value in FRUGAL.items():
        os.environ.setdefault(name, value)
    os.environ.setdefault("LIANDONG_KEYS", str(STATE_DIR / "keys"))
    with ExitStack() as stack:
        if (command.database or wants) and "DATABASE_URL" not in os.environ:
            stack.enter_context(_embedded())
        if command.django or wants:
            os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
            import django

            django.setup()
        module = command.elsewhere.get(rest[0], command.module) if rest else command.module
        run = cast(Main, import_module(module).main)
        return run(rest) or 0


def _embedded() -> ExitStack:
    """Attach to the embedded database of a running `liandong up`, or run it as long as this command runs."""
    from config import embedded

    stack = ExitStack()
    server = embedded.start(STATE_DIR)
    stack.callback(server.stop)
    os.environ["DATABASE_URL"] = server.url
    return stack


if __name__ == "__main__":
    sys.exit(main())
