from django.apps import AppConfig


class AuditConfig(AppConfig):
    name = "liandong.audit"
    label = "audit"
