from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    # The index is built beside running work and stops no message.
    atomic = False

    dependencies = [("peers", "0001_journal")]

    operations = [
        migrations.AddField("outgoing", "raw", models.BinaryField(null=True)),
        migrations.AddField("peer", "stored_through", models.BigIntegerField(default=0, db_default=0)),
        migrations.AddField("peer", "owes_receipt", models.BooleanField(default=False, db_default=False)),
        migrations.AddField("peer", "heard_at", models.DateTimeField(null=True)),
        migrations.AddField("peer", "trouble", models.CharField(max_length=300, default="", db_default="")),
        migrations.AddField("peer", "trouble_at", models.DateTimeField(null=True)),
        migrations.AddField("peer", "paused_until", models.DateTimeField(null=True)),
        migrations.AddField("peer", "refused", models.BigIntegerField(default=0, db_default=0)),
        AddIndexConcurrently("incoming", models.Index(fields=["peer", "serial"], name="peers_incoming_serial")),
    ]
