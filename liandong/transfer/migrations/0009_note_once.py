from django.db import migrations, models
from django.db.models import Q

ONCE = """
CREATE UNIQUE INDEX CONCURRENTLY transfer_note_once ON transfer_noterow (uid) WHERE uid IS NOT NULL
"""


class Migration(migrations.Migration):
    # The index is built beside running work and stops no note.
    atomic = False

    dependencies = [("transfer", "0008_note_names")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(ONCE, "DROP INDEX CONCURRENTLY IF EXISTS transfer_note_once"),
            ],
            state_operations=[
                migrations.AddConstraint(
                    "noterow",
                    models.UniqueConstraint(
                        fields=["uid"], name="transfer_note_once", condition=Q(uid__isnull=False)
                    ),
                ),
            ],
        ),
    ]
