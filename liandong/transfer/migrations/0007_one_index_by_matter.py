from django.db import migrations, models


class Migration(migrations.Migration):
    # The column's own index was a twin of the named one: written with every row, read by nobody. It goes beside
    # running work and locks no desk out.
    atomic = False

    dependencies = [("transfer", "0006_need_to_know")]

    operations = [
        migrations.RunSQL(
            sql="DROP INDEX CONCURRENTLY IF EXISTS transfer_transfer_matter_id_04eaa096",
            reverse_sql="CREATE INDEX CONCURRENTLY IF NOT EXISTS transfer_transfer_matter_id_04eaa096 ON transfer_transfer (matter_id)",
            state_operations=[
                migrations.AlterField(
                    "transfer",
                    "matter",
                    models.ForeignKey(db_index=False, on_delete=models.PROTECT, related_name="transfers", to="intake.matter"),
                ),
            ],
        ),
    ]
