import django.contrib.postgres.indexes
from django.db import migrations

LESS = "ALTER INDEX intake_order_words SET (gin_pending_list_limit = 512)"
AS_BEFORE = "ALTER INDEX intake_order_words RESET (gin_pending_list_limit)"


class Migration(migrations.Migration):
    # A setting of the index, taken from the next order on; nothing is read, written or locked against writers.
    dependencies = [("intake", "0003_need_to_know")]

    operations = [
        migrations.RunSQL(
            LESS,
            AS_BEFORE,
            state_operations=[
                migrations.RemoveIndex("order", "intake_order_words"),
                migrations.AddIndex(
                    "order",
                    django.contrib.postgres.indexes.GinIndex(
                        fields=["words"], name="intake_order_words", gin_pending_list_limit=512
                    ),
                ),
            ],
        )
    ]
