from django.db import migrations, models


class Migration(migrations.Migration):
    # The column's own index was a twin of the named one: written with every row, read by nobody. It goes beside
    # running work and locks no desk out.
    atomic = False

    dependencies = [("intake", "0003_need_to_know")]

    operations = [
        migrations.RunSQL(
            sql="DROP INDEX CONCURRENTLY IF EXISTS intake_order_matter_id_d2045144",
            reverse_sql="CREATE INDEX CONCURRENTLY IF NOT EXISTS intake_order_matter_id_d2045144 ON intake_order (matter_id)",
            state_operations=[
                migrations.AlterField(
                    "order",
                    "matter",
                    models.ForeignKey(db_index=False, on_delete=models.PROTECT, related_name="orders", to="intake.matter"),
                ),
            ],
        ),
    ]
