"""The life of a version of the list. Columns are added with a default of the database, so that a node of the release
before goes on writing; the column of the state keeps its name."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


def _person() -> models.ForeignKey:
    return models.ForeignKey(
        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
    )


class Migration(migrations.Migration):
    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("routing", "0002_duty"),
    ]

    operations = [
        migrations.AlterField("listversion", "status", models.CharField(max_length=12, db_column="status")),
        migrations.RenameField("listversion", "status", "state"),
        migrations.AddField(
            "listversion",
            "base",
            models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="routing.listversion",
            ),
        ),
        migrations.AddField("listversion", "drafted_person", _person()),
        migrations.AddField("listversion", "drafted_at", models.DateTimeField(null=True)),
        migrations.AddField("listversion", "proposed_person", _person()),
        migrations.AddField("listversion", "proposed_at", models.DateTimeField(null=True)),
        migrations.AddField("listversion", "approved_person", _person()),
        migrations.AddField("listversion", "approved_at", models.DateTimeField(null=True)),
        migrations.AddField("listversion", "reason", models.TextField(default="", db_default="", blank=True)),
        migrations.AddField("listversion", "effective_by", models.DateTimeField(null=True)),
        migrations.AddField("listversion", "version", models.IntegerField(default=0, db_default=0)),
        migrations.AddIndex(
            "listversion",
            models.Index(
                fields=["effective_by"],
                name="routing_version_effective",
                condition=models.Q(effective_by__isnull=False),
            ),
        ),
    ]
