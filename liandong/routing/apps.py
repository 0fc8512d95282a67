from django.apps import AppConfig


class RoutingConfig(AppConfig):
    name = "liandong.routing"
    label = "routing"

    def ready(self) -> None:
        from liandong.audit import catalogue
        from liandong.routing.facts import AUDITED, FIELDS

        catalogue.register(*AUDITED)
        catalogue.describe(*FIELDS)
