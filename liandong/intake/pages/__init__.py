"""Pages of intake: lists, search, exports, the caller. The order page stands above: it shows hand-overs."""

from django.urls import path

from liandong.intake.pages import caller, documents, exports, finding, lists

urlpatterns = [
    path("orders/", lists.orders, name="orders"),
    path("orders/open/", lists.work, name="work"),
    path("lists/<slug:listing>/fresh/", lists.fresh_part, name="list-fresh-part"),
    path("lists/<slug:listing>/save/", lists.save, name="list-save"),
    path("lists/<slug:listing>/export/", exports.export, name="list-export"),
    path("lists/<slug:listing>/ask/", exports.ask, name="list-ask"),
    path("exports/", exports.exports, name="exports"),
    path("exports/own/", exports.own_exports, name="own-exports"),
    path("exports/<int:number>/decide/", exports.decide, name="export-decide"),
    path("exports/<int:number>/file/", exports.fetch, name="export-file"),
    path("search/", finding.search, name="search"),
    path("search/found/", finding.found_part, name="search-found-part"),
    path("search/phone/", finding.search_phone, name="search-phone"),
    path("orders/<str:number>/caller/", caller.caller, name="caller"),
    path("orders/<str:number>/documents/<int:document>/", documents.fetch, name="document"),
    path("orders/<str:number>/documents/<int:document>/picture/", documents.picture, name="document-picture"),
]
