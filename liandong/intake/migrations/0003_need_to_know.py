from django.db import migrations, models


class Migration(migrations.Migration):
    # Both columns come with a constant or with nothing: no row is written, and the accept statement of the release
    # before goes on without them.
    dependencies = [("intake", "0002_lists")]

    operations = [
        migrations.AddField("order", "needs", models.CharField(db_default="", default="", max_length=30)),
        migrations.AddField("order", "known_to", models.BigIntegerField(null=True)),
    ]
