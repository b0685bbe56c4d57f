"""Markdown passes no markup of its own."""

from __future__ import annotations

import pytest

from frontend.markdown import as_html


@pytest.mark.parametrize(
    "text",
    [
        "<img src=x onerror=alert(1)>",
        "[x](javascript:alert(1))",
        "![x](data:text/html;base64,PHNjcmlwdD4=)",
        "<svg/onload=alert(1)>",
        "[x]: javascript:alert(1)\n\n[x]",
    ],
)
def test_nothing_runs(text: str) -> None:
    html = as_html(text)
    assert "<img" not in html
    assert "<svg" not in html
    assert 'href="javascript' not in html


def test_tables_and_headings_pass() -> None:
    assert "<h2>Validation</h2>" in as_html("## Validation")
    assert "<td>.81</td>" in as_html("| τ |\n|---|\n| .81 |")
