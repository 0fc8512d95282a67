"""How fast a note is decided: in process, in bulk, as a command; beside scikit-learn's plain pipeline."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence

from bench.figures import Figure, Result
from bench.ground import Failed, Ground
from config.processes import liandong
from liandong.kernel import clock
from liandong.kernel.ids import local_day
from liandong.routing.batches import decide_all
from liandong.routing.commands import pack, scores
from liandong.routing.decision import decide
from liandong.routing.engine import from_pack, topics_of
from liandong.routing.verdicts import Note

MEDIAN_MS, LATE_MS, BULK, START_S, MEMORY_MB = 0.5, 2.0, 3000.0, 1.0, 150.0
ROUNDS, QUICK_ROUNDS, STARTS = 20, 3, 5
# A process of its own weighs itself at the end. (What the kernel keeps in rusage is the parent's, if that was larger.)
WEIGH = (
    "import re, sys; from config.cli import main; main(['routing', 'decide']); "
    "sys.stderr.write('peak ' + re.search(r'VmHWM:\\s*(\\d+)', open('/proc/self/status').read())[1])"
)


def routing(ground: Ground, quick: bool) -> list[Result]:
    """The engine of the city pack over the pack's notes, which it has read; speed does not depend on that."""
    files = pack("xinzhou")
    day = local_day(clock.now()).isoformat()
    texts = [row["text"] for row in files["notes"]]
    engine = from_pack(files, day, None, *scores("xinzhou"))
    rounds = QUICK_ROUNDS if quick else ROUNDS
    ours = _times(lambda text: decide(Note(text), engine), texts, rounds)
    topics = topics_of(files, engine.list_version)
    plain = _plain([(one, topic.code) for topic in topics for one in topic.examples])
    theirs = _times(lambda text: plain([text]), texts, rounds)
    middle, beside = statistics.median(ours), statistics.median(theirs)
    late, late_beside = _late(ours), _late(theirs)
    notes = [Note(text) for text in texts]
    rate = _rate(lambda: list(decide_all(notes, engine)), len(notes), rounds)
    at_once = _rate(lambda: plain(texts), len(texts), rounds)
    start, peak = _start(texts)
    pipe = "scikit-learn's pipeline {} (item only, no reasons)".format
    return [
        _most("a note decided with everything, median", middle, pipe(f"{beside:.2f} ms"), "ms", MEDIAN_MS),
        _most("a note decided with everything, p99", late, pipe(f"{late_beside:.2f} ms"), "ms", LATE_MS),
        Figure(
            "notes decided in bulk, one core",
            f"{rate:,.0f}/s",
            pipe(f"{len(theirs) / (sum(theirs) / 1000):,.0f}/s one by one, {at_once:,.0f}/s all at once"),
            rate,
            f"{rate:,.0f}/s",
            least=BULK,
        ),
        _most(
            "routing decide of one note, from start to end, no database", start, "the list learnt anew", "s", START_S
        ),
        _most(
            "memory of routing decide at its peak", peak, f"{len(engine.classifier.keys):,} n-grams", "MB", MEMORY_MB
        ),
    ]


def _most(name: str, value: float, beside: str, unit: str, most: float) -> Figure:
    shown = f"{value:.0f} {unit}" if value >= 10 else f"{value:.2f} {unit}"
    return Figure(name, shown, beside, value, shown, most=most)


def _times(act: Callable[[str], object], texts: Sequence[str], rounds: int) -> list[float]:
    """Milliseconds of each call, after a round that is not counted."""
    taken = []
    for number in range(rounds + 1):
        for text in texts:
            begin = time.perf_counter()
            act(text)
            if number:
                taken.append(1000 * (time.perf_counter() - begin))
    return taken


def _rate(act: Callable[[], object], many: int, rounds: int) -> float:
    """Notes a second over all rounds, after one that is not counted; no note stands twice in a round."""
    act()
    begin = time.perf_counter()
    for _ in range(rounds):
        act()
    return many * rounds / (time.perf_counter() - begin)


def _late(taken: Sequence[float]) -> float:
    return statistics.quantiles(taken, n=100)[98]


def _plain(taught: Sequence[tuple[str, str]]) -> Callable[[Sequence[str]], object]:
    """What one writes first: character n-grams, a linear model."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    made = make_pipeline(
        TfidfVectorizer(analyzer="char", ngram_range=(1, 2), sublinear_tf=True),
        LogisticRegression(max_iter=20, tol=0.1),
    )
    made.fit([text for text, _ in taught], [answer for _, answer in taught])
    return lambda texts: made.predict_proba(texts)


def _start(texts: Sequence[str]) -> tuple[float, float]:
    """Seconds of the quickest of some starts with one note (others' work only slows), and the peak in 10⁶ bytes."""
    table = f"id,text\n1,{texts[0]}\n".encode()
    taken = []
    for _ in range(STARTS):
        begin = time.perf_counter()
        done = subprocess.run(liandong("routing", "decide"), input=table, capture_output=True, timeout=60, check=False)
        taken.append(time.perf_counter() - begin)
        if done.returncode != 0 or done.stdout.count(b"\n") != 2:
            raise Failed(f"routing decide: {done.stderr.decode(errors='replace')[-300:]}")
    weighed = subprocess.run([sys.executable, "-c", WEIGH], input=table, capture_output=True, timeout=60, check=False)
    told = weighed.stderr.decode(errors="replace")
    if "peak " not in told:
        raise Failed(f"routing decide: {told[-300:]}")
    return min(taken), int(told.rsplit("peak ", 1)[1]) * 1024 / 1e6
