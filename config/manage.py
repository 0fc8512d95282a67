"""Django's own commands, for developers: `liandong manage makemigrations …`."""

from __future__ import annotations

from collections.abc import Sequence

from django.core.management import execute_from_command_line


def main(argv: Sequence[str]) -> int:
    execute_from_command_line(["liandong manage", *argv])
    return 0
