from django.apps import AppConfig


class ConsoleConfig(AppConfig):
    name = "liandong.console"
    label = "console"
