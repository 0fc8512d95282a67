from django.contrib.postgres.operations import (
    AddConstraintNotValid,
    AddIndexConcurrently,
    RemoveIndexConcurrently,
    ValidateConstraint,
)
from django.db import migrations, models
from django.db.models import Q

KNOWN = Q(state__in=["applied", "dead", "duplicate", "set_aside", "stored", "void", "waiting"])
NUMBERED = models.UniqueConstraint(
    fields=["peer", "journal", "serial"], name="peers_outgoing_numbered", condition=Q(serial__isnull=False)
)


class Migration(migrations.Migration):
    # Indexes are built and the wider list of states is checked beside running work; no message is stopped.
    atomic = False

    dependencies = [("peers", "0013_apart_seen")]

    operations = [
        migrations.AddField("peer", "journal", models.BigIntegerField(default=0, db_default=0)),
        migrations.AddField("peer", "theirs", models.BigIntegerField(default=0, db_default=0)),
        migrations.AddField("peer", "awaited", models.BooleanField(default=False, db_default=False)),
        migrations.AddField("peer", "answered", models.BigIntegerField(default=0, db_default=0)),
        migrations.AddField("outgoing", "journal", models.BigIntegerField(default=0, db_default=0)),
        migrations.AddField("incoming", "journal", models.BigIntegerField(default=0, db_default=0)),
        migrations.SeparateDatabaseAndState(
            [
                migrations.RunSQL(
                    "CREATE UNIQUE INDEX CONCURRENTLY peers_outgoing_numbered ON peers_outgoing (peer, journal, serial)"
                    " WHERE serial IS NOT NULL",
                    "DROP INDEX CONCURRENTLY peers_outgoing_numbered",
                )
            ],
            [migrations.AddConstraint("outgoing", NUMBERED)],
        ),
        migrations.RemoveConstraint("outgoing", "peers_outgoing_serial"),
        AddIndexConcurrently(
            "incoming", models.Index(fields=["peer", "journal", "serial"], name="peers_incoming_numbered")
        ),
        RemoveIndexConcurrently("incoming", "peers_incoming_serial"),
        migrations.RemoveConstraint("incoming", "peers_incoming_state_known"),
        AddConstraintNotValid("incoming", models.CheckConstraint(condition=KNOWN, name="peers_incoming_state_known")),
        ValidateConstraint("incoming", "peers_incoming_state_known"),
        AddIndexConcurrently(
            "incoming", models.Index(fields=["-id"], name="peers_incoming_void", condition=Q(state="void"))
        ),
    ]
