"""Pages of the hand-over: the desk's home, 受理, the order page and what its forms do."""

from django.urls import path

from liandong.transfer.pages import accept, alarms, calls, documents, doing, home, order, room, row

urlpatterns = [
    path("desk/", home.desk, name="desk"),
    path("desk/parts/<slug:name>/", home.part, name="desk-part"),
    *(
        path(f"transfers/{which}/", home.transfers, {"which": which}, name=f"transfers-{which}")
        for which in home.LISTINGS
    ),
    path("transfers/alarm/", alarms.alarm, name="alarm"),
    path("transfers/<str:number>/acknowledge/", alarms.acknowledge, name="transfer-acknowledge"),
    path("orders/new/", accept.accept, name="accept"),
    path("calls/caller/", calls.caller, name="call-caller"),
    path("calls/suggest/", calls.suggest, name="call-suggest"),
    path("calls/items/", calls.items, name="call-items"),
    path("calls/urge/", calls.urge, name="call-urge"),
    path("drafts/", calls.my_drafts, name="drafts"),
    path("drafts/<str:key>/", calls.keep, name="draft-keep"),
    path("drafts/<str:key>/discard/", calls.discard, name="draft-discard"),
    path("orders/<str:number>/", order.order, name="order"),
    path("orders/<str:number>/do/<slug:verb>/", doing.order_act, name="order-act"),
    path("orders/<str:number>/offer/", doing.offer, name="order-offer"),
    path("orders/<str:number>/danger/", doing.danger, name="order-danger"),
    path("orders/<str:number>/documents/", documents.add, name="document-add"),
    path("orders/<str:number>/documents/<int:document>/take-down/", documents.take_down, name="document-take-down"),
    path("orders/<str:number>/correct/<int:decided>/", doing.correct, name="order-correct"),
    path("transfers/<str:number>/step/<slug:verb>/", doing.step, name="transfer-step"),
    path("transfers/<str:number>/note/<slug:kind>/", doing.note, name="transfer-note"),
    path("transfers/<str:number>/relay/", doing.relay, name="transfer-relay"),
    path("transfers/<str:number>/row/", row.row, name="row"),
    path("transfers/<str:number>/row/<slug:name>/", row.row_act, name="row-act"),
    path("negotiations/<str:number>/", room.room, name="room"),
    path("negotiations/<str:number>/step/<slug:verb>/", room.step, name="room-step"),
    path("negotiations/<str:number>/note/<slug:kind>/", room.note, name="room-note"),
]
