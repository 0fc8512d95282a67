"""What a log line looks like, and what never stands in one: a caller's number or name.

`LIANDONG_LOG` holds a level, `json` for lines of JSON, or both (`json,INFO`). Numbers are covered in every line,
whoever wrote it, libraries included. Names cannot be told from other words, so nothing of ours puts one into a line,
and what a database says of the values of a row is left out.
"""

from __future__ import annotations

import logging
import re
from datetime import UTC, datetime
from typing import Any

import orjson

from liandong.audit.catalogue import covered
from liandong.kernel.trace import current, trace_id

LEVEL = "WARNING"
# PostgreSQL tells the values of the row it refuses, over as many lines as these have. Where they end is known by how
# its sentence ends, else nothing of what follows is kept.
_VALUES = re.compile(
    r"(DETAIL:|Key \([^\n]*?\)=\(|Failing row contains|parameters? \$\d+ ?=)(?:.*?[)s\"]\.(?=\n|\Z)|.*)", re.DOTALL
)


def discreet(text: str) -> str:
    """The text without what could be somebody's number, and without the values of rows."""
    return covered(_VALUES.sub(r"\1（已略去）", text))


class Line(logging.Formatter):
    """A line for people, with the number of its trace where it has one."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        # Formatted whole first: the story of an exception is text of others.
        head, _, told = super().format(record).partition(f" {record.levelname} ")
        trace = trace_id(current())
        return f"{head} {record.levelname} {discreet(told)}{f' [{trace}]' if trace else ''}"


class JsonLine(logging.Formatter):
    """One JSON object a line: `at`, `level`, `logger`, `message`, `process`, `thread`; `trace_id` and `span_id` inside
    of a trace; `exception` where there was one.
    """

    def format(self, record: logging.LogRecord) -> str:
        found: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": discreet(record.getMessage()),
            "process": record.process,
            "thread": record.threadName,
        }
        if trace := current():
            found |= {"trace_id": trace_id(trace), "span_id": trace[36:52]}
        if record.exc_info:
            found["exception"] = discreet(self.formatException(record.exc_info))
        return orjson.dumps(found).decode()


def configuration(asked: str) -> dict[str, Any]:
    """Django's LOGGING for what stands in `LIANDONG_LOG`."""
    words = [word.strip() for word in asked.split(",") if word.strip()]
    as_json = any(word.lower() == "json" for word in words)
    level = next((word.upper() for word in words if word.lower() != "json"), LEVEL)
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": {"()": "config.logs.JsonLine" if as_json else "config.logs.Line"}},
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
        "root": {"handlers": ["console"], "level": level},
    }
