"""Pages of looking back: how good suggestions were, and replays of a version of the list."""

from django.urls import path

from liandong.hindsight.pages import quality, replays

urlpatterns = [
    path("diversion/quality/", quality.show, name="quality"),
    path("diversion/quality/orders/", quality.orders, name="quality-orders"),
    path("diversion/<str:code>/replays/", replays.replays, name="diversion-replays"),
    path("diversion/<str:code>/replays/<int:number>/", replays.replay, name="diversion-replay"),
    path("diversion/<str:code>/replays/<int:number>/progress/", replays.progress, name="diversion-replay-part"),
    path("diversion/<str:code>/replays/<int:number>/stop/", replays.stop, name="diversion-replay-stop"),
    path("diversion/<str:code>/replays/<int:number>/file/", replays.file, name="diversion-replay-file"),
]
