"""The peer's Django: ours with one piece of middleware, so that only the writing is compared."""

from __future__ import annotations

from config.settings import *  # noqa: F403

MIDDLEWARE = ["django.middleware.common.CommonMiddleware"]  # it adds the length of the answer
ROOT_URLCONF = "bench.peer"
