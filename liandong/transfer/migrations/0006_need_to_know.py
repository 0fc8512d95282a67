from django.db import migrations

# The orders a lead was already sent about (S3.6); not those whose matter became a danger, which goes first (S3.4), and
# not those whose lead was withdrawn. Who sent it stands in no column yet and sees it by the right alone.
CONFINE = """
UPDATE intake_order SET needs = 'clue.read'
WHERE needs = '' AND matter_id IN (
    SELECT t.matter_id FROM transfer_transfer t JOIN intake_matter m ON m.id = t.matter_id
    WHERE t.kind = 'clue' AND t.state <> 'withdrawn' AND m.danger_at IS NULL
)
"""


class Migration(migrations.Migration):
    dependencies = [("transfer", "0005_clues_by_time"), ("intake", "0003_need_to_know")]

    operations = [migrations.RunSQL(CONFINE, migrations.RunSQL.noop)]
