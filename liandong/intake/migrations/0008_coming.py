import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    # Two new tables, and a column with an empty default: no row is written, and the release before goes on without it.
    dependencies = [("intake", "0007_known_at")]

    operations = [
        migrations.AddField("document", "node", models.CharField(max_length=20, default="", db_default="")),
        migrations.CreateModel(
            name="ComingDocument",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("node", models.CharField(max_length=20)),
                ("sm3", models.BinaryField()),
                ("nth", models.SmallIntegerField()),
                ("sha256", models.BinaryField()),
                ("name", models.CharField(max_length=200)),
                ("kind", models.CharField(max_length=20)),
                ("about", models.CharField(default="", max_length=200)),
                ("size", models.IntegerField()),
                ("pieces", models.SmallIntegerField()),
                ("at", models.DateTimeField()),
                ("party", models.CharField(max_length=20)),
                ("by", models.JSONField()),
                ("refused", models.CharField(db_default="", default="", max_length=200)),
                ("taken_down", models.JSONField(null=True)),
                (
                    "document",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="intake.document",
                    ),
                ),
                (
                    "order",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="coming",
                        to="intake.order",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("order", "node", "sm3", "nth"), name="intake_comingdocument_once"
                    )
                ]
            },
        ),
        migrations.CreateModel(
            name="ComingPiece",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("n", models.SmallIntegerField()),
                ("sealed", models.BinaryField()),
                (
                    "coming",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="here",
                        to="intake.comingdocument",
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("coming", "n"), name="intake_comingpiece_place")]
            },
        ),
        migrations.RunSQL(
            "ALTER TABLE intake_comingpiece ALTER COLUMN sealed SET STORAGE EXTERNAL", migrations.RunSQL.noop
        ),
    ]
