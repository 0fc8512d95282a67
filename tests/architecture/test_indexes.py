"""Every index is paid for with every row that is written; none may be paid for twice."""

from __future__ import annotations

import pytest
from django.db import connection

TWINS = r"""
SELECT tablename, array_agg(indexname::text ORDER BY indexname)
FROM pg_indexes WHERE schemaname = 'public'
GROUP BY tablename, regexp_replace(indexdef, 'INDEX \S+ ON', 'INDEX ON')
HAVING count(*) > 1
"""


@pytest.mark.django_db
def test_no_two_indexes_say_the_same() -> None:
    with connection.cursor() as cursor:
        cursor.execute(TWINS)
        assert cursor.fetchall() == []
