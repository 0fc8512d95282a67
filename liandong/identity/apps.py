from django.apps import AppConfig


class IdentityConfig(AppConfig):
    name = "liandong.identity"
    label = "identity"

    def ready(self) -> None:
        from liandong.audit import catalogue
        from liandong.identity import checks  # noqa: F401 - importing registers them
        from liandong.identity.facts import AUDITED, FIELDS

        catalogue.register(*AUDITED)
        catalogue.describe(*FIELDS)
