"""Where a node may die: every point at which it touches what outlives it, by name."""

from __future__ import annotations

import random
from collections import Counter
from enum import Enum


class Point(Enum):
    COMMIT_BEFORE = "before a commit"
    COMMIT_AFTER = "after a commit, before anybody hears of it"
    SEND_BEFORE = "before a batch goes out"
    SEND_HALF = "half-way in a batch"
    SEND_AFTER = "after a batch went out, before it is marked as sent"
    FERRY_OPENED = "an empty file in the ferry's folder"
    FERRY_HALF = "half a file in the ferry's folder"
    FERRY_WRITTEN = "a whole file without its mark that it is done"
    FERRY_DONE = "the file is done, nothing is marked as sent"
    RECEIVED = "a batch was read, nothing of it is kept"
    RECEIPT_BEFORE = "kept, before the receipts go out"
    RECEIPT_AFTER = "the receipts are out"
    START_BEFORE = "started again, nothing done"
    START_AFTER = "started again, the first transaction done"
    RESTORE_HALF = "a backup was put back, the node does not know yet"


class Crash(Exception):
    """The process died; what was not committed is gone."""

    def __init__(self, point: Point) -> None:
        self.point = point
        super().__init__(point.value)


class Reaper:
    """Lets a node die at the points it passes, by chance. `likely` 0: nobody dies."""

    def __init__(self, dice: random.Random, likely: float) -> None:
        self._dice, self.likely = dice, likely
        self.deaths: Counter[Point] = Counter()

    def at(self, point: Point) -> None:
        if self.likely and self._dice.random() < self.likely:
            self.deaths[point] += 1
            raise Crash(point)
