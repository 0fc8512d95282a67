from django.apps import AppConfig


class RoutingConfig(AppConfig):
    name = "liandong.routing"
    label = "routing"
