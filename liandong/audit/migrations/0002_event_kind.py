from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    """Built beside the running system: a table of millions of events must not be locked while it is read."""

    atomic = False

    dependencies = [("audit", "0001_initial")]

    operations = [
        AddIndexConcurrently("event", models.Index(fields=["kind", "id"], name="audit_event_kind")),
    ]
