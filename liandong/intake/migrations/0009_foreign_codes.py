from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("intake", "0008_coming")]

    operations = [
        migrations.CreateModel(
            name="ForeignCode",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("node", models.CharField(max_length=20)),
                ("table", models.CharField(max_length=40)),
                ("code", models.CharField(max_length=40)),
                ("name", models.CharField(max_length=80)),
                ("parent", models.CharField(default="", max_length=40)),
                ("effective_from", models.DateField()),
                ("effective_to", models.DateField(null=True)),
                ("since", models.DateTimeField()),
                ("until", models.DateTimeField(null=True)),
            ],
            options={
                "indexes": [models.Index(fields=["node", "table", "code"], name="intake_foreigncode_of_a_node")]
            },
        ),
    ]
