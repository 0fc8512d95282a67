import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("identity", "0002_township_codes")]

    operations = [
        migrations.CreateModel(
            name="Node",
            fields=[
                ("code", models.CharField(max_length=20, primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=60)),
                ("ordinal", models.SmallIntegerField(unique=True)),
                ("public_key", models.TextField(blank=True, default="")),
            ],
        ),
        migrations.AddField(
            "desk", "node", models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, to="identity.node")
        ),
    ]
