"""What both sides of a comparison share."""

from __future__ import annotations

from liandong.exchange.pool import MOST

# The bare server gets as many database connections as ours.
CONNECTIONS = MOST
