"""Pages of looking back: replays of a version of the list."""

from django.urls import path

from liandong.hindsight.pages import replays

urlpatterns = [
    path("diversion/<str:code>/replays/", replays.replays, name="diversion-replays"),
    path("diversion/<str:code>/replays/<int:number>/", replays.replay, name="diversion-replay"),
    path("diversion/<str:code>/replays/<int:number>/progress/", replays.progress, name="diversion-replay-part"),
    path("diversion/<str:code>/replays/<int:number>/stop/", replays.stop, name="diversion-replay-stop"),
    path("diversion/<str:code>/replays/<int:number>/file/", replays.file, name="diversion-replay-file"),
]
