from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("kernel", "0002_live_messages")]

    operations = [
        migrations.CreateModel(
            "WorkerLoop",
            [
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("worker", models.CharField(max_length=80)),
                ("loop", models.CharField(max_length=60)),
                ("round_at", models.DateTimeField()),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("worker", "loop"), name="kernel_workerloop_once"),
                ],
            },
        ),
    ]
