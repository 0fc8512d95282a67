from django.apps import AppConfig


class PeersConfig(AppConfig):
    name = "liandong.peers"
    label = "peers"

    def ready(self) -> None:
        from liandong.audit import catalogue
        from liandong.peers.facts import AUDITED, FIELDS

        catalogue.register(*AUDITED)
        catalogue.describe(*FIELDS)
