"""Pages of the hand-over: the desk's home, 受理, the order page and what its forms do."""

from django.urls import path

from liandong.transfer.pages import accept, alarms, doing, home, order

urlpatterns = [
    path("desk/", home.desk, name="desk"),
    *(
        path(f"transfers/{which}/", home.transfers, {"which": which}, name=f"transfers-{which}")
        for which in home.LISTINGS
    ),
    path("transfers/alarm/", alarms.alarm, name="alarm"),
    path("transfers/<str:number>/acknowledge/", alarms.acknowledge, name="transfer-acknowledge"),
    path("orders/new/", accept.accept, name="accept"),
    path("orders/<str:number>/", order.order, name="order"),
    path("orders/<str:number>/do/<slug:verb>/", doing.order_act, name="order-act"),
    path("orders/<str:number>/offer/", doing.offer, name="order-offer"),
    path("orders/<str:number>/danger/", doing.danger, name="order-danger"),
    path("transfers/<str:number>/step/<slug:verb>/", doing.step, name="transfer-step"),
    path("transfers/<str:number>/note/<slug:kind>/", doing.note, name="transfer-note"),
    path("transfers/<str:number>/relay/", doing.relay, name="transfer-relay"),
]
