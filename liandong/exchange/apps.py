from django.apps import AppConfig


class ExchangeConfig(AppConfig):
    name = "liandong.exchange"
    label = "exchange"
