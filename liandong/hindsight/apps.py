from django.apps import AppConfig


class HindsightConfig(AppConfig):
    name = "liandong.hindsight"
    label = "hindsight"

    def ready(self) -> None:
        from liandong.audit import catalogue
        from liandong.hindsight.facts import AUDITED, FIELDS

        catalogue.register(*AUDITED)
        catalogue.describe(*FIELDS)
