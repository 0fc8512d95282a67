from django.apps import AppConfig


class TransferConfig(AppConfig):
    name = "liandong.transfer"
    label = "transfer"

    def ready(self) -> None:
        from liandong.audit import catalogue
        from liandong.transfer.facts import AUDITED, FIELDS

        catalogue.register(*AUDITED)
        catalogue.describe(*FIELDS)
