from django.apps import AppConfig


class IntakeConfig(AppConfig):
    name = "liandong.intake"
    label = "intake"
