from django.db import migrations, models


class Migration(migrations.Migration):
    # The column comes with nothing: no row is written, and the release before goes on without it.
    dependencies = [("intake", "0005_documents")]

    operations = [migrations.AddField("order", "mirrored", models.BigIntegerField(null=True))]
