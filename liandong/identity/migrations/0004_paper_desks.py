from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("identity", "0003_nodes")]

    operations = [
        migrations.AddField("desk", "paper", models.BooleanField(db_default=False, default=False)),
    ]
