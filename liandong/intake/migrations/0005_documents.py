import django.db.models.deletion
from django.db import migrations, models

from liandong.audit.append_only import append_only


class Migration(migrations.Migration):
    # Three new tables, which the release before does not know. The keys to intake_order are checked against none of
    # its rows, so it is locked for a moment only.
    dependencies = [("intake", "0004_one_index_by_matter"), ("audit", "0001_initial")]

    operations = [
        migrations.CreateModel(
            name="Document",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=200)),
                ("kind", models.CharField(max_length=20)),
                ("about", models.CharField(default="", max_length=200)),
                ("media", models.CharField(max_length=10)),
                ("size", models.IntegerField()),
                ("sm3", models.BinaryField()),
                ("nth", models.SmallIntegerField(default=0)),
                ("pieces", models.SmallIntegerField()),
                ("at", models.DateTimeField()),
                ("party", models.CharField(max_length=20)),
                ("by", models.JSONField()),
                (
                    "order",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="documents",
                        to="intake.order",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("order", "sm3", "nth"), name="intake_document_bytes_once")
                ]
            },
        ),
        migrations.CreateModel(
            name="DocumentPiece",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("n", models.SmallIntegerField()),
                ("sealed", models.BinaryField()),
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
                    models.UniqueConstraint(fields=("document", "n"), name="intake_documentpiece_place")
                ]
            },
        ),
        migrations.CreateModel(
            name="DocumentRemoval",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("why", models.CharField(max_length=200)),
                ("at", models.DateTimeField()),
                ("party", models.CharField(max_length=20)),
                ("by", models.JSONField()),
                (
                    "document",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="removal", to="intake.document"
                    ),
                ),
            ],
        ),
        # What is sealed cannot be pressed smaller, and trying costs more than storing it.
        migrations.RunSQL(
            "ALTER TABLE intake_documentpiece ALTER COLUMN sealed SET STORAGE EXTERNAL", migrations.RunSQL.noop
        ),
        *append_only("intake_document"),
        *append_only("intake_documentpiece"),
        *append_only("intake_documentremoval"),
    ]
