"""Pages about other nodes: how each stands, what lies between us, what differs, what of messages took no effect."""

from django.urls import path

from liandong.peers.pages import apart, compared, dead, desk, handing, restored, sent, stuck

urlpatterns = [
    path("peers/", desk.peers, name="peers"),
    path("peers/<slug:peer>/without/", restored.without, name="peers-without"),
    path("peers/now/", desk.now_part, name="peers-now-part"),
    path("peers/reach/<slug:about>/", handing.reach_part, name="reach-part"),
    path("peers/sent/<str:number>/", sent.sent_part, name="sent-part"),
    path("peers/differences/", compared.differences, name="differences"),
    path("peers/stuck/", stuck.stuck, name="stuck"),
    path("peers/apart/", apart.parcels, name="parcels-apart"),
    path("peers/apart/<int:number>/", apart.fetch, name="parcel-fetch"),
    path("peers/apart/<int:number>/settle/", apart.settle, name="parcel-settle"),
    path("peers/<slug:peer>/tables/", desk.tables_part, name="peer-tables-part"),
    path("peers/<slug:peer>/compare/", compared.compare, name="peer-compare"),
    path("peers/dead/", dead.dead_letters, name="dead-letters"),
    path("peers/dead/all/", dead.retry_all, name="dead-retry-all"),
    path("peers/dead/<int:incoming>/retry/", dead.retry, name="dead-retry"),
    path("peers/refused/<int:outgoing>/send/", dead.send, name="refused-send"),
    path("peers/dead/<int:incoming>/aside/", dead.aside, name="dead-aside"),
]
