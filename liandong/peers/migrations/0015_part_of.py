from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("peers", "0014_numbered_journals")]

    operations = [
        migrations.AddField("incoming", "part_of", models.CharField(max_length=80, default="", db_default="")),
        migrations.AddIndex(
            "incoming",
            models.Index(
                fields=["part_of"],
                name="peers_incoming_refused_part",
                condition=Q(("state__in", ["dead", "set_aside"]), ~Q(part_of="")),
            ),
        ),
    ]
