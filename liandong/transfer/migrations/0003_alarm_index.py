from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    # An index made the common way would stop every step of a hand-over until it is there.
    atomic = False

    dependencies = [
        ('transfer', '0002_acknowledged'),
    ]

    operations = [
        AddIndexConcurrently(
            model_name='transfer',
            index=models.Index(condition=models.Q(('acknowledged_at__isnull', True), ('kind', 'danger'), ('state', 'offered')), fields=['target', 'opened_at'], name='transfer_alarm'),
        ),
    ]
