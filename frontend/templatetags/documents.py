"""Markdown of our own documents in a template."""

from __future__ import annotations

from django import template
from django.utils.safestring import SafeString

from frontend.markdown import as_html

register = template.Library()


@register.filter
def markdown(text: str) -> SafeString:
    """The text as HTML; raw HTML in it is shown, never run."""
    return as_html(text)
