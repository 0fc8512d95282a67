from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models

UNNUMBERED, STORED = models.Q(serial__isnull=True), models.Q(state="stored")


class Migration(migrations.Migration):
    # What goes next is read from an index in its order, however long the backlog is. Built beside running work.
    atomic = False

    dependencies = [("peers", "0011_tables")]

    operations = [
        AddIndexConcurrently(
            "outgoing",
            models.Index(fields=["peer", "-urgent", "id"], name="peers_outgoing_to_number", condition=UNNUMBERED),
        ),
        RemoveIndexConcurrently("outgoing", "peers_outgoing_unnumbered"),
        AddIndexConcurrently(
            "incoming", models.Index(fields=["-urgent", "serial", "id"], name="peers_incoming_to_settle", condition=STORED)
        ),
        RemoveIndexConcurrently("incoming", "peers_incoming_unsettled"),
    ]
