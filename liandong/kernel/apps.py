from django.apps import AppConfig


class KernelConfig(AppConfig):
    name = "liandong.kernel"
    label = "kernel"
