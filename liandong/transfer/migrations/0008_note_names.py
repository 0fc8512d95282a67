from django.db import migrations, models


class Migration(migrations.Migration):
    # Notes are append-only: the old ones stay without a name, and the column comes with nothing.
    dependencies = [("transfer", "0007_one_index_by_matter")]

    operations = [migrations.AddField("noterow", "uid", models.UUIDField(null=True))]
