"""Makes a table append-only in the database itself; for migrations of any area, after the audit area's first one."""

from __future__ import annotations

from django.db import migrations

REFUSED = "audit_refuse_change()"


def append_only(table: str) -> list[migrations.RunSQL]:
    """Operations that refuse UPDATE, DELETE and TRUNCATE of `table`, whoever asks and however many rows it would hit.

    A statement trigger also refuses what matches no row and an upsert; ALWAYS makes it fire on a replica too.
    """
    trigger = f"{table}_append_only"
    return [
        migrations.RunSQL(
            [
                f"CREATE TRIGGER {trigger} BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}"
                f" FOR EACH STATEMENT EXECUTE FUNCTION {REFUSED}",
                f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {trigger}",
            ],
            [f"DROP TRIGGER {trigger} ON {table}"],
        )
    ]
