"""Every address of the house, put together from the areas."""

from django.urls import URLPattern, URLResolver, include, path

from config.metrics import metrics
from liandong.exchange.api import api

urlpatterns: list[URLPattern | URLResolver] = [
    path("api/v1/", api.urls),
    path("metrics", metrics, name="metrics"),
    path("", include("liandong.console.urls")),
    path("", include("liandong.exchange.pages")),
    path("", include("liandong.hindsight.pages")),
    path("", include("liandong.intake.pages")),
    path("", include("liandong.peers.pages")),
    path("", include("liandong.report.pages")),
    path("", include("liandong.routing.pages")),
    path("", include("liandong.transfer.pages")),
]

handler400 = "liandong.console.failures.bad_request"
handler403 = "liandong.console.failures.forbidden"
handler404 = "liandong.console.failures.not_found"
handler500 = "liandong.console.failures.broken"
