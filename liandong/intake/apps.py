from django.apps import AppConfig


class IntakeConfig(AppConfig):
    name = "liandong.intake"
    label = "intake"

    def ready(self) -> None:
        from liandong.audit import catalogue
        from liandong.intake.facts import AUDITED, FIELDS

        catalogue.register(*AUDITED)
        catalogue.describe(*FIELDS)
