"""The top floor: what a browser gets."""

from django.apps import AppConfig


class FrontendConfig(AppConfig):
    name = "frontend"
