from django.apps import AppConfig


class ReportConfig(AppConfig):
    name = "liandong.report"
    label = "report"
