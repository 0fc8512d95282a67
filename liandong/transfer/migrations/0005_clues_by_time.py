from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    # The index is built beside running work and locks no desk out.
    atomic = False

    dependencies = [("transfer", "0004_draft")]

    operations = [
        AddIndexConcurrently(
            "transfer",
            models.Index(
                fields=["-opened_at", "-id"], name="transfer_clues", condition=models.Q(("kind", "clue"))
            ),
        ),
    ]
