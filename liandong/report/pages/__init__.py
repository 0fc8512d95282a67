"""The page of a transfer's reports: making one, taking it out of the house, typing in what was answered; and the page
on which what a desk on paper hands over is typed in.
"""

from django.urls import path

from liandong.report.pages import answers, arrived, reports

urlpatterns = [
    path("arrived/", arrived.arrived, name="arrived"),
    path("arrived/<str:desk>/", arrived.arrived, name="arrived-from"),
    path("transfers/<str:number>/reports/", reports.reports, name="reports"),
    path("transfers/<str:number>/reports/make/", reports.make, name="report-make"),
    path("transfers/<str:number>/reports/step/<slug:verb>/", answers.step, name="report-step"),
    path("transfers/<str:number>/reports/note/<slug:kind>/", answers.note, name="report-note"),
    path("transfers/<str:number>/reports/answer/", answers.answer, name="report-answer"),
    path("transfers/<str:number>/reports/<int:report>/<slug:form>/", reports.fetch, name="report-fetch"),
]
