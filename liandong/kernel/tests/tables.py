"""A table for tests of what works on any area's rows: a state with its version, and a due moment."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import ClassVar

from django.db import connection, models


class Paper(models.Model):
    state = models.CharField(max_length=20, default="open")
    version = models.IntegerField(default=1)
    note = models.CharField(max_length=40, default="")
    due_at = models.DateTimeField(null=True)
    writing = models.TextField(default="")

    objects: ClassVar[models.Manager[Paper]] = models.Manager()

    class Meta:
        app_label = "kernel"
        db_table = "kernel_test_paper"

    def __str__(self) -> str:
        return f"{self.pk} {self.state}"


@contextmanager
def paper_table() -> Iterator[None]:
    """The table exists inside the block (in the running transaction, if there is one)."""
    with connection.schema_editor() as editor:
        editor.create_model(Paper)
    try:
        yield
    finally:
        with connection.schema_editor() as editor:
            editor.delete_model(Paper)
