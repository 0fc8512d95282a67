"""New words of orders put into the index of search, before an order has to do it or a search has to read them all."""

from __future__ import annotations

from django.db import connection


def sort_words_in() -> int:
    """Empty the list in which PostgreSQL keeps the words of new orders. Returns 0: what came meanwhile can wait.

    Whoever finds that list full (4 MB, some thousand orders) sorts it in alone, in tens of milliseconds, with a caller
    waiting; and every search reads through what has not been sorted in.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT gin_clean_pending_list('intake_order_words')")
    return 0
