"""Pages about other nodes: how each stands, and what of their messages took no effect."""

from django.urls import path

from liandong.peers.pages import dead, desk, handing

urlpatterns = [
    path("peers/", desk.peers, name="peers"),
    path("peers/now/", desk.now_part, name="peers-now-part"),
    path("peers/reach/<slug:about>/", handing.reach_part, name="reach-part"),
    path("peers/dead/", dead.dead_letters, name="dead-letters"),
    path("peers/dead/all/", dead.retry_all, name="dead-retry-all"),
    path("peers/dead/<int:incoming>/retry/", dead.retry, name="dead-retry"),
    path("peers/refused/<int:outgoing>/send/", dead.send, name="refused-send"),
    path("peers/dead/<int:incoming>/aside/", dead.aside, name="dead-aside"),
]
