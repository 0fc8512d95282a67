from django.db import migrations, models


class Migration(migrations.Migration):
    # The column comes with an empty default: no row is written, and the release before goes on without it.
    dependencies = [("intake", "0006_mirrors")]

    operations = [
        migrations.AddField("order", "known_at", models.CharField(max_length=20, default="", db_default="")),
    ]
