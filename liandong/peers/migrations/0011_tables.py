from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("peers", "0010_attachments")]

    operations = [
        migrations.CreateModel(
            name="Tables",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("peer", models.CharField(max_length=20)),
                ("kind", models.CharField(max_length=12)),
                ("version", models.CharField(max_length=64)),
                ("label", models.CharField(default="", max_length=110)),
                ("as_of", models.DateTimeField()),
                ("heard_at", models.DateTimeField()),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("peer", "kind", "as_of"), name="peers_tables_once")
                ]
            },
        ),
    ]
