from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    # The index is built beside running work and stops no message.
    atomic = False

    dependencies = [("peers", "0002_channels")]

    operations = [
        migrations.AddField("incoming", "raw", models.BinaryField(null=True)),
        AddIndexConcurrently(
            "incoming",
            models.Index(fields=["subject"], name="peers_incoming_proof", condition=Q(raw__isnull=False)),
        ),
    ]
