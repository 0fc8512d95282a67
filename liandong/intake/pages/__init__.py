"""Pages of intake: lists, search, the caller. The order page stands above: it shows hand-overs."""

from django.urls import path

from liandong.intake.pages import caller, lists

urlpatterns = [
    path("orders/", lists.orders, name="orders"),
    path("orders/open/", lists.work, name="work"),
    path("search/", lists.search, name="search"),
    path("search/phone/", lists.search_phone, name="search-phone"),
    path("orders/<str:number>/caller/", caller.caller, name="caller"),
]
