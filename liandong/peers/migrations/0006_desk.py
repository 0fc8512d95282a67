from django.contrib.postgres.operations import AddConstraintNotValid, AddIndexConcurrently, ValidateConstraint
from django.db import migrations, models

KNOWN = models.Q(state__in=["applied", "dead", "duplicate", "set_aside", "stored", "waiting"])


class Migration(migrations.Migration):
    # Indexes are built and the wider list of states is checked beside running work; no message is stopped.
    atomic = False

    dependencies = [("peers", "0005_refusals")]

    operations = [
        migrations.AddField("peer", "condition", models.CharField(max_length=10, default="unknown", db_default="unknown")),
        migrations.AddField("peer", "condition_at", models.DateTimeField(null=True)),
        migrations.AddField("outgoing", "sent_at", models.DateTimeField(null=True)),
        migrations.AddField("incoming", "aside_by", models.CharField(max_length=80, default="", db_default="")),
        migrations.AddField("incoming", "aside_at", models.DateTimeField(null=True)),
        migrations.AddField("incoming", "aside_note", models.CharField(max_length=200, default="", db_default="")),
        migrations.RemoveConstraint("incoming", "peers_incoming_state_known"),
        AddConstraintNotValid("incoming", models.CheckConstraint(condition=KNOWN, name="peers_incoming_state_known")),
        ValidateConstraint("incoming", "peers_incoming_state_known"),
        AddIndexConcurrently(
            "outgoing",
            models.Index(
                fields=["stored_at"], name="peers_outgoing_latency", condition=models.Q(stored_at__isnull=False)
            ),
        ),
        AddIndexConcurrently(
            "incoming",
            models.Index(fields=["-id"], name="peers_incoming_set_aside", condition=models.Q(state="set_aside")),
        ),
    ]
