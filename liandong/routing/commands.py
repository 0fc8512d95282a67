"""`liandong routing decide | pairs | evaluate | train …`: at a terminal, in a pipe, at night.

`decide`, `pairs` and `evaluate` read the city pack's files and need neither database nor Django; what works on the
database is loaded only when it is asked for.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path

from liandong.audit.by import By
from liandong.kernel import clock
from liandong.kernel.errors import LiandongError
from liandong.kernel.ids import local_day
from liandong.routing import tables
from liandong.routing.batches import decide_all
from liandong.routing.classifier import Classifier, ModelUnreadable
from liandong.routing.decision import Decision, Engine
from liandong.routing.engine import FILES, WEIGHTS, from_pack
from liandong.routing.errors import BadTable, NoSuchPack
from liandong.routing.learned_score import LearnedScore
from liandong.routing.pairing import NEEDED, answered, counties_of
from liandong.routing.traits import Traits
from liandong.routing.verdicts import Note

DONE, REFUSED = 0, 2
ROOT = Path(__file__).resolve().parents[2]
CITIES = ROOT / "cities"
# What somebody found who read the real appeals that were flagged as danger.
FLAGGED = ROOT / "docs" / "routing-flagged.csv"
REAL, SETS = ("labelled", "stream"), ("danger", "side", "pairs", "escalation")
QUICK = 300
LATELY_DAYS, MOST_ITEMS = 90, 20
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
    judge = verbs.add_parser("evaluate", help="评测并写出报告；或以 --train、--test 用同一学习器评测任意标注文件")
    judge.add_argument("--train", type=Path, metavar="文件", help="训练用的标注文件（CSV）")
    judge.add_argument("--test", type=Path, metavar="文件", help="测试用的标注文件（CSV）")
    judge.add_argument("--text-column", default="text", metavar="列名")
    judge.add_argument("--label-column", default="label", metavar="列名")
    judge.add_argument("--json", action="store_true", help="以一行 JSON 输出（可交给 routing publish），不写报告")
    judge.add_argument("--folds", type=_folds, default=5, metavar="折数")
    judge.add_argument("--quick", action="store_true", help="只取少量数据，几秒完成，用于试运行")
    judge.add_argument("--data", type=Path, default=_shared() / "appeals", metavar="目录", help="真实诉求数据所在目录")
    judge.add_argument("--sets", type=Path, default=ROOT / "tests" / "routing" / "sets", metavar="目录")
    judge.add_argument("--out", type=Path, default=ROOT / "docs" / "routing-evaluation.md", metavar="文件")
    city_options(judge)
    judge.set_defaults(run=_evaluate)
    two = verbs.add_parser("pairs", help="两条记录是否同一件事：标准输入 CSV（列 a,b），标准输出 CSV（列 same,score）")
    city_options(two)
    two.set_defaults(run=_pairs)
    taught = verbs.add_parser("learn-scores", help="由数据包中的说明例句重新学习险情、线索评分表，写回数据包")
    taught.add_argument("--city", default="xinzhou", metavar="城市", help="cities/ 下的目录名，默认 xinzhou")
    taught.set_defaults(run=_learn_scores)
    learn = verbs.add_parser("train", help="由清单和已确认的纠正训练新模型，与现用模型比较")
    learn.add_argument("--switch", action="store_true", help="比较后启用；不如现用模型时不启用")
    learn.add_argument("--even-if-worse", action="store_true", help="不如现用模型也启用")
    learn.set_defaults(run=_train)
    verbs.add_parser("roll-back", help="恢复使用上一个模型").set_defaults(run=_roll_back)
    verbs.add_parser("versions", help="列出训练过的模型").set_defaults(run=_versions)
    return parser


def _folds(text: str) -> int:
    if not text.isdigit() or not 2 <= int(text) <= 20:
        raise argparse.ArgumentTypeError("折数应为 2 到 20 的整数")
    return int(text)


def _shared() -> Path:
    """Where data of others lies, beside the repository; it is read in place."""
    return Path(os.environ.get("LIANDONG_SHARED", ROOT.parent / "shared")) / "data"


def city_options(parser: argparse.ArgumentParser) -> None:
    """Which pack, on which day it is read, and the townships no pack carries."""
    parser.add_argument("--townships", type=Path, metavar="文件", help="乡镇街道表（CSV：code,name,areaCode）")
    parser.add_argument("--city", default="xinzhou", metavar="城市", help="cities/ 下的目录名，默认 xinzhou")
    parser.add_argument("--day", default="", metavar="日期", help="按哪一天生效的清单，YYYY-MM-DD，默认今天")


def say(line: str) -> None:
    """A sentence for whoever sits at the terminal; what the command yields goes to stdout."""
    sys.stderr.write(f"liandong routing: {line}\n")


def pack(city: str, townships: Path | None = None) -> dict[str, tuple[dict[str, str], ...]]:
    """The files of a city pack the engine is made of. Raises NoSuchPack, BadTable.

    The townships are those of the file, else of a file beside the repository, else none.
    """
    folder = CITIES / city
    if folder.parent != CITIES or not folder.is_dir():
        raise NoSuchPack(f"没有城市数据包 {city}（应有目录 cities/{city}/）。")
    found = {}
    for name in FILES:
        path = folder / f"{name}.csv"
        raw = path.read_bytes() if path.is_file() else b""
        found[name] = tuple(map(dict, tables.read(raw, (), path.name).rows)) if raw.strip() else ()
    beside = _shared() / "places" / f"{city}_townships.csv"
    if townships or beside.is_file():
        found["townships"] = tuple(map(dict, _file(townships or beside, ("code", "name")).rows))
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
    return from_pack(pack(asked.city, asked.townships), day, learnt, *scores(asked.city))


def danger_score(city: str) -> LearnedScore | None:
    """The pack's learned score of danger; None for a pack without. Raises BadTable."""
    return scores(city)[0]


def scores(city: str) -> tuple[LearnedScore | None, ...]:
    """The pack's learned scores in the order `from_pack` takes them; None for what it has none of. Raises BadTable."""
    known = Traits()
    return tuple(_score(CITIES / city / name, known) for name in WEIGHTS)


def _score(path: Path, known: Traits) -> LearnedScore | None:
    try:
        return LearnedScore.load(path.read_bytes(), known) if path.is_file() else None
    except ValueError:
        raise BadTable(f"{path.name} 无法读取，评分表已损坏。") from None


def read_stdin(needed: Sequence[str]) -> tables.Table:
    """The table on standard input, with its remark said. Raises BadTable."""
    table = tables.read(sys.stdin.buffer.read(), needed)
    if table.remark:
        say(table.remark)
    return table


def _decide(asked: argparse.Namespace) -> int:
    table = read_stdin(("id", "text"))
    made = engine(asked)
    decisions = decide_all((Note(row["text"]) for row in table.rows), made)
    notes = zip((row["id"] for row in table.rows), decisions, strict=True)
    # All is decided before the first line goes out, so that nobody works with half a table.
    sys.stdout.write(tables.written(COLUMNS, _lines(notes)))
    return DONE


def _lines(notes: Iterator[tuple[str, Decision]]) -> Iterator[tuple[object, ...]]:
    for number, one in notes:
        flags = int(one.danger), int(one.lead)
        sure = f"{one.confidence:.3f}"
        yield number, one.side, *flags, one.nature, one.unit, one.county, one.item, sure, one.reason


def _evaluate(asked: argparse.Namespace) -> int:
    if asked.train or asked.test:
        return _train_and_test(asked)
    from liandong.routing.evaluation import measure
    from liandong.routing.published import plain
    from liandong.routing.report import page

    files = {name: asked.data / f"{name}.csv" for name in REAL} | {name: asked.sets / f"{name}.csv" for name in SETS}
    found = {name: _file(path, ()).rows for name, path in files.items() if path.is_file()}
    absent = [name for name in files if name not in found]
    if asked.quick:
        found = {name: rows[:: max(1, len(rows) // QUICK)] for name, rows in found.items()}
    made = engine(asked)
    measured = measure(made, pack(asked.city), found, asked.folds)
    measured.reading = _file(FLAGGED, ("read_on", "kind", "count")).rows if FLAGGED.is_file() else ()
    if asked.json:
        told = {"model": made.model, "list_version": made.list_version, "figures": plain(measured)}
        sys.stdout.write(json.dumps(told, ensure_ascii=False) + "\n")
        return DONE
    asked.out.parent.mkdir(parents=True, exist_ok=True)
    asked.out.write_text(page(measured), encoding="utf-8")
    say(f"评测报告已写入 {asked.out}" + (f"；没有找到 {'、'.join(absent)}" if absent else ""))
    return DONE


def _train_and_test(asked: argparse.Namespace) -> int:
    """Learn one file, ask about another; the same learner the product uses."""
    from liandong.routing.trials import asked_of, labelled

    if not (asked.train and asked.test):
        raise BadTable("训练文件和测试文件须同时给出。")
    columns = asked.text_column, asked.label_column
    told = [
        [
            (row[columns[0]], row[columns[1]])
            for row in _file(path, columns).rows
            if all(row[c].strip() for c in columns)
        ]
        for path in (asked.train, asked.test)
    ]
    for path, texts in zip((asked.train, asked.test), told, strict=True):
        if not texts:
            raise BadTable(f"{path.name} 中没有一行同时填了 {columns[0]} 和 {columns[1]}。")
    guesses = asked_of(labelled(told[0]), told[1])
    result = {
        "accuracy": round(guesses.score.accuracy, 6),
        "macro_f1": round(guesses.score.macro_f1, 6),
        "train": len(told[0]),
        "test": len(told[1]),
        "calibration_error": round(guesses.expected_error, 6),
        "accuracy_at_80": round(guesses.at(0.8), 6),
        "accuracy_at_95": round(guesses.at(0.95), 6),
    }
    lines = [f"{name} {value}" for name, value in result.items()]
    sys.stdout.write((json.dumps(result) if asked.json else "\n".join(lines)) + "\n")
    return DONE


def _file(path: Path, needed: Sequence[str]) -> tables.Table:
    """A table of a file. Raises BadTable."""
    try:
        raw = path.read_bytes()
    except OSError:
        raise BadTable(f"文件 {path} 不存在或无法读取。") from None
    table = tables.read(raw, needed, path.name)
    if table.remark:
        say(table.remark)
    return table


def _pairs(asked: argparse.Namespace) -> int:
    counties = counties_of(pack(asked.city)["divisions"])
    made = answered(read_stdin(NEEDED), counties)
    if made.remark:
        say(made.remark)
    # All is compared before the first line goes out, as with decisions.
    sys.stdout.write(tables.written(made.columns, made.rows))
    return DONE


def _learn_scores(asked: argparse.Namespace) -> int:
    from liandong.routing.score_training import TAUGHT, lessons, named, train

    found, folder = pack(asked.city), CITIES / asked.city
    for what in TAUGHT:
        path = folder / f"{what}_notes.csv"
        if path.is_file():
            found[f"{what}_notes"] = tuple(map(dict, _file(path, ("text", what)).rows))
    for what, (kind, file) in TAUGHT.items():
        if f"{what}_notes" in found:
            notes = lessons(found, what, kind)
            score = train(notes, named(found[f"{what}_notes"], what))
            (folder / file).write_bytes(score.dump())
            say(f"{file}：学习文本{len(notes)}条，特征{score.heard_of}个，版本{score.version}")
    return DONE


def _train(asked: argparse.Namespace) -> int:
    from liandong.routing.actions import switch, train
    from liandong.routing.comparison import Compared

    made = train(by=_operator())
    told = [f"模型 {made.code}：学习文本{made.documents}条，其中纠正{made.corrections}条"]
    told += Compared.from_plain(made.report).chinese()
    sys.stdout.write("\n".join(told) + "\n")
    if asked.switch or asked.even_if_worse:
        switch(by=_operator(), code=made.code, seen=made.version, even_if_worse=asked.even_if_worse)
        sys.stdout.write(f"已启用 {made.code}\n")
    else:
        sys.stdout.write(f"{made.code} 待启用；确认后运行 routing train --switch 或在质量页启用\n")
    return DONE


def _roll_back(asked: argparse.Namespace) -> int:
    from liandong.routing.actions import roll_back

    sys.stdout.write(f"已恢复使用 {roll_back(by=_operator()).code}\n")
    return DONE


def _versions(asked: argparse.Namespace) -> int:
    from liandong.routing.queries import visible_models
    from liandong.routing.states import MODEL

    for one in visible_models(_operator()):
        told = f"{MODEL.states[one.state]}  {one.trained_at:%Y-%m-%d %H:%M}  清单{one.list_version.code}"
        sys.stdout.write(f"{one.code}  {told}  {one.documents}条\n")
    sys.stdout.writelines(f"{line}\n" for line in _errors_by_item())
    return DONE


def _errors_by_item() -> list[str]:
    """What was suggested lately and confirmed to be wrong, by item, the surest faults first."""
    from liandong.routing.queries import error_rates

    until = clock.now() + timedelta(seconds=1)  # what was suggested just now is among them
    rates = error_rates(_operator(), until - timedelta(days=LATELY_DAYS), until)
    if not rates:
        return [f"最近{LATELY_DAYS}天没有有把握的判断，尚无条目错误率"]
    worst = sorted(rates.items(), key=lambda pair: (-pair[1].interval[0], -pair[1].total, pair[0]))
    lines = [f"最近{LATELY_DAYS}天各条目的错误率（经确认的纠正，95%区间）："]
    for item, rate in worst[:MOST_ITEMS]:
        low, high = rate.interval
        lines.append(f"  {item}  {rate.share:.1%}（{low:.1%}至{high:.1%}）  {rate.count}/{rate.total}件")
    return lines


def _operator() -> By:
    """Whoever may run commands on the server."""
    rights = frozenset({"routing.switch", "order.read", "desk.all", "supervise.read"})
    return By(name="系统管理员（命令行）", post="installer", system="routing", rights=rights)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
