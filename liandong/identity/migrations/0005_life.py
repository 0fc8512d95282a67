from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("identity", "0004_paper_desks")]

    operations = [
        migrations.CreateModel(
            "Life",
            [
                ("number", models.BigIntegerField(primary_key=True, serialize=False)),
                ("begun_at", models.DateTimeField()),
                ("who", models.CharField(max_length=80)),
                ("why", models.CharField(max_length=300)),
                ("released_at", models.DateTimeField(null=True)),
            ],
        ),
    ]
