"""/gardens/: a resident's first page: what comes next for me, then every garden with what is free in it."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from frontend.residents.counts import listed
from frontend.residents.maps import residents_map
from frontend.residents.next_steps import next_steps


@require_safe
def gardens_page(request: HttpRequest) -> HttpResponse:
    """Map and list; `?free=1` and `?accessible=1` leave out gardens without such a plot."""
    free, accessible = "free" in request.GET, "accessible" in request.GET
    every = listed()
    rows = [
        row
        for row in every
        if (not free or (row.accessible_free if accessible else row.free))
        and (not accessible or row.accessible_plots)
    ]
    steps = next_steps(request.user)
    return render(
        request,
        "frontend/residents/gardens.html",
        {
            "steps": steps,
            "rows": rows,
            "gardens": len(every),
            "free": sum(row.free for row in every if row.takes_applications),
            "only_free": free,
            "only_accessible": accessible,
            "map_settings": residents_map("gardens"),
        },
    )
