"""Tags for the parts that need more than a template can say."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django import template
from django.template import Context
from django.utils import timezone

from liandong.console.custodybar import Held, custody_parts
from liandong.kernel import clock
from liandong.kernel.clockface import face
from liandong.kernel.clockface import span as span_of

register = template.Library()

# Measures of the watermark's type in px: a Chinese and a Latin letter, and the space between two stamps.
WIDE, NARROW, APART, LATIN = 15, 9, 48, 0xFF


@register.inclusion_tag("console/parts/clock.html")
def clock_chip(started: datetime, due: datetime) -> dict[str, object]:
    """`{% clock_chip started due %}`: time left, coloured by how much of the span is left."""
    return {"face": face(started, due, clock.now()), "started": started, "due": due}


@register.inclusion_tag("console/parts/custody.html")
def custody_bar(chain: Sequence[Held]) -> dict[str, object]:
    """`{% custody_bar chain %}`: who was responsible when; items with party, side, why, since, until, lead."""
    return {"parts": custody_parts(chain, timezone.localtime(clock.now()))}


@register.inclusion_tag("console/parts/watermark.html", takes_context=True)
def watermark(context: Context) -> dict[str, object]:
    """`{% block watermark %}{% watermark %}{% endblock %}` on every page with personal data: who looks, and when."""
    person = context["person"]
    text = f"{person.name} {person.username} {timezone.localtime(clock.now()):%Y-%m-%d}"
    step = sum(WIDE if ord(letter) > LATIN else NARROW for letter in text) + APART
    return {"text": text, "tile": 2 * step, "second": step + APART // 2}


@register.filter
def microseconds(moment: datetime) -> int:
    """`{{ read|microseconds }}`: a moment as a number scripts compare, finer than two readings may follow."""
    return int(moment.timestamp() * 1_000_000)


@register.filter
def span(length: timedelta) -> str:
    """`{{ length|span }}`: how long, in Chinese, two units at most."""
    return span_of(length)
