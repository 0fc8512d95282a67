from django.apps import AppConfig


class AuditConfig(AppConfig):
    name = "liandong.audit"
    label = "audit"

    def ready(self) -> None:
        from liandong.audit import catalogue
        from liandong.audit.facts import AUDITED, FIELDS

        catalogue.register(*AUDITED)
        catalogue.describe(*FIELDS)
