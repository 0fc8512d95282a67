from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("peers", "0012_next_of_a_backlog")]

    operations = [
        migrations.AddField("setapart", "seen_by", models.CharField(max_length=80, default="", db_default="")),
        migrations.AddField("setapart", "seen_at", models.DateTimeField(null=True)),
        migrations.AddField("channelstate", "certified_until", models.DateTimeField(null=True)),
        migrations.AddIndex(
            "setapart",
            models.Index(
                fields=["-id"], name="peers_set_apart_unseen", condition=models.Q(("seen_at__isnull", True))
            ),
        ),
    ]
