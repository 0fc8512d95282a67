import django.db.models.deletion
from django.db import migrations, models
from django.db.models import F, Q


class Migration(migrations.Migration):
    dependencies = [("peers", "0009_trace"), ("intake", "0008_coming")]

    operations = [
        migrations.CreateModel(
            name="Consignment",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("peer", models.CharField(max_length=20)),
                ("parts", models.SmallIntegerField()),
                ("begun", models.SmallIntegerField(default=0)),
                ("urgent", models.BooleanField()),
                ("sha256", models.BinaryField(null=True)),
                ("removed", models.BooleanField(default=False)),
                ("made_at", models.DateTimeField()),
                (
                    "document",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="intake.document",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("document", "peer"), name="peers_consignment_once")
                ],
                "indexes": [
                    models.Index(
                        condition=Q(begun__lt=F("parts")),
                        fields=["peer", "-urgent", "id"],
                        name="peers_consignment_waiting",
                    )
                ],
            },
        ),
        migrations.AddIndex(
            "outgoing",
            models.Index(
                fields=["peer", "serial"],
                name="peers_outgoing_parts",
                condition=Q(stored_at__isnull=True, kind="attachment"),
            ),
        ),
    ]
