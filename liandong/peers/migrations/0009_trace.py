from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("peers", "0008_reconciliation")]

    operations = [
        migrations.AddField("outgoing", "traceparent", models.CharField(max_length=55, default="", db_default="")),
        migrations.AddField("incoming", "traceparent", models.CharField(max_length=55, default="", db_default="")),
    ]
