"""`liandong routing decide | pairs | evaluate | train …`: at a terminal, in a pipe, at night.

`decide`, `pairs` and `evaluate` read the city pack's files and need neither database nor Django; what works on the
database is loaded only when it is asked for.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from liandong.kernel import clock
from liandong.kernel.errors import LiandongError
from liandong.kernel.ids import local_day
from liandong.routing import tables
from liandong.routing.classifier import Classifier, ModelUnreadable
from liandong.routing.decision import Decision, Engine, decide
from liandong.routing.engine import FILES, from_pack
from liandong.routing.errors import BadTable, NoSuchPack
from liandong.routing.pairing import NEEDED, answered, counties_of
from liandong.routing.verdicts import Note

DONE, REFUSED = 0, 2
CITIES = Path(__file__).resolve().parents[2] / "cities"
COLUMNS = ("id", "side", "danger", "lead", "nature", "unit", "county", "item", "confidence", "reason")


def main(argv: Sequence[str]) -> int:
    """Run one subcommand. Returns 0, or 2 when what was given cannot be taken: the reason stands on stderr."""
    asked = _parser().parse_args(argv)
    try:
        return int(asked.run(asked))
    except LiandongError as why:
        say(why.message)
        return REFUSED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="liandong routing", description="分流：判断、训练、评测")
    verbs = parser.add_subparsers(required=True, metavar="命令")
    one = verbs.add_parser("decide", help="逐条判断：标准输入 CSV（列 id,text），标准输出 CSV")
    one.add_argument("--model", type=Path, metavar="文件", help="使用训练所得的模型文件；不给则由清单即时学成")
    city_options(one)
    one.set_defaults(run=_decide)
    two = verbs.add_parser("pairs", help="两条记录是否同一件事：标准输入 CSV（列 a,b），标准输出 CSV（列 same,score）")
    city_options(two)
    two.set_defaults(run=_pairs)
    return parser


def city_options(parser: argparse.ArgumentParser) -> None:
    """Which pack, and on which day it is read."""
    parser.add_argument("--city", default="xinzhou", metavar="城市", help="cities/ 下的目录名，默认 xinzhou")
    parser.add_argument("--day", default="", metavar="日期", help="按哪一天生效的清单，YYYY-MM-DD，默认今天")


def say(line: str) -> None:
    """A sentence for whoever sits at the terminal; what the command yields goes to stdout."""
    sys.stderr.write(f"liandong routing: {line}\n")


def pack(city: str) -> dict[str, tuple[dict[str, str], ...]]:
    """The files of a city pack the engine is made of. Raises NoSuchPack, BadTable."""
    folder = CITIES / city
    if folder.parent != CITIES or not folder.is_dir():
        raise NoSuchPack(f"没有城市数据包 {city}（应有目录 cities/{city}/）。")
    found = {}
    for name in FILES:
        path = folder / f"{name}.csv"
        raw = path.read_bytes() if path.is_file() else b""
        found[name] = tuple(map(dict, tables.read(raw, (), path.name).rows)) if raw.strip() else ()
    return found


def engine(asked: argparse.Namespace) -> Engine:
    """The engine of the options `city_options` gives, and of `--model`. Raises what `pack` raises, NoListInForce."""
    day = asked.day or local_day(clock.now()).isoformat()
    learnt = None
    if getattr(asked, "model", None):
        try:
            learnt = Classifier.load(asked.model.read_bytes())
        except (OSError, ModelUnreadable):
            raise BadTable(f"模型文件 {asked.model} 无法读取：请重新训练。") from None
    return from_pack(pack(asked.city), day, learnt)


def read_stdin(needed: Sequence[str]) -> tables.Table:
    """The table on standard input, with its remark said. Raises BadTable."""
    table = tables.read(sys.stdin.buffer.read(), needed)
    if table.remark:
        say(table.remark)
    return table


def _decide(asked: argparse.Namespace) -> int:
    table = read_stdin(("id", "text"))
    made = engine(asked)
    notes = ((row["id"], decide(Note(row["text"]), made)) for row in table.rows)
    # All is decided before the first line goes out, so that nobody works with half a table.
    sys.stdout.write(tables.written(COLUMNS, _lines(notes)))
    return DONE


def _lines(notes: Iterator[tuple[str, Decision]]) -> Iterator[tuple[object, ...]]:
    for number, one in notes:
        flags = int(one.danger), int(one.lead)
        sure = f"{one.confidence:.3f}"
        yield number, one.side, *flags, one.nature, one.unit, one.county, one.item, sure, one.reason


def _pairs(asked: argparse.Namespace) -> int:
    counties = counties_of(pack(asked.city)["divisions"])
    made = answered(read_stdin(NEEDED), counties)
    if made.remark:
        say(made.remark)
    # All is compared before the first line goes out, as with decisions.
    sys.stdout.write(tables.written(made.columns, made.rows))
    return DONE


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
