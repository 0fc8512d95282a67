from django.apps import AppConfig


class TransferConfig(AppConfig):
    name = "liandong.transfer"
    label = "transfer"
