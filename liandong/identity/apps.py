from django.apps import AppConfig


class IdentityConfig(AppConfig):
    name = "liandong.identity"
    label = "identity"
