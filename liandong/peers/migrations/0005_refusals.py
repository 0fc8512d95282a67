from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    # The indexes are built beside running work and stop no message.
    atomic = False

    dependencies = [("peers", "0004_channel_states")]

    operations = [
        migrations.AddField("peer", "beat_at", models.DateTimeField(null=True)),
        migrations.AddField("peer", "said", models.JSONField(default=dict, db_default={})),
        migrations.AddField("peer", "said_at", models.DateTimeField(null=True)),
        migrations.AddField("peer", "receipt", models.CharField(max_length=36, default="", db_default="")),
        migrations.AddField("outgoing", "refused", models.CharField(max_length=40, default="", db_default="")),
        migrations.AddField("outgoing", "refused_at", models.DateTimeField(null=True)),
        migrations.CreateModel(
            "Refusal",
            [
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("peer", models.CharField(max_length=20)),
                ("message", models.CharField(max_length=36)),
                ("code", models.CharField(max_length=40)),
                ("at", models.DateTimeField()),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("peer", "message"), name="peers_refusal_once")]
            },
        ),
        AddIndexConcurrently(
            "outgoing", models.Index(fields=["peer", "id"], name="peers_outgoing_refused", condition=~Q(refused=""))
        ),
        AddIndexConcurrently("outgoing", models.Index(fields=["message"], name="peers_outgoing_message")),
    ]
