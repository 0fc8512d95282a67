"""Pages of the diversion list: versions, one by class, what differs, the editor of an item; corrections."""

from django.urls import path

from liandong.routing.pages import comparing, corrections, editing, versions

urlpatterns = [
    path("diversion/", versions.versions, name="diversion"),
    path("diversion/corrections/", corrections.corrections, name="corrections"),
    path("diversion/corrections/<int:number>/<slug:verb>/", corrections.settle, name="correction-settle"),
    path("diversion/<str:code>/", versions.version, name="diversion-version"),
    path("diversion/<str:code>/about/", versions.about, name="diversion-about"),
    path("diversion/<str:code>/step/<slug:verb>/", versions.step, name="diversion-step"),
    path("diversion/<str:code>/changes/", comparing.changes, name="diversion-changes"),
    path("diversion/<str:code>/file/", editing.file, name="diversion-file"),
    path("diversion/<str:code>/import/", editing.bring, name="diversion-import"),
    path("diversion/<str:code>/items/new/", editing.new_item, name="diversion-item-new"),
    path("diversion/<str:code>/items/<str:item>/", editing.item, name="diversion-item"),
    path("diversion/<str:code>/items/<str:item>/remove/", editing.remove, name="diversion-item-remove"),
]
