from django.apps import AppConfig


class ReportConfig(AppConfig):
    name = "liandong.report"
    label = "report"

    def ready(self) -> None:
        from liandong.audit import catalogue
        from liandong.report.facts import AUDITED, FIELDS

        catalogue.register(*AUDITED)
        catalogue.describe(*FIELDS)
