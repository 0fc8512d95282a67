"""Tags for the parts that need more than a template can say."""

from __future__ import annotations

from datetime import datetime, timedelta

from django import template

from liandong.kernel import clock
from liandong.kernel.clockface import face
from liandong.kernel.clockface import span as span_of

register = template.Library()


@register.inclusion_tag("console/parts/clock.html")
def clock_chip(started: datetime, due: datetime) -> dict[str, object]:
    """`{% clock_chip started due %}`: time left, coloured by how much of the span is left."""
    return {"face": face(started, due, clock.now()), "due": due}


@register.filter
def span(length: timedelta) -> str:
    """`{{ length|span }}`: how long, in Chinese, two units at most."""
    return span_of(length)
