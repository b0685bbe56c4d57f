"""What /healthz says of the rasters."""

from __future__ import annotations

from heat_islands.models import HeatMap


def newest_heat_map() -> tuple[bool, dict[str, object]]:
    """The newest heat map. That there is none yet is told, not failed; files that are gone fail."""
    newest = HeatMap.objects.defer("bounds").order_by("-built_at", "-id").first()
    if newest is None:
        return True, {"newest": None, "hint": "none yet: run `manage.py build_heat_map`"}
    details: dict[str, object] = {
        "newest": newest.slug,
        "version": newest.version,
        "built_at": newest.built_at.isoformat(),
    }
    if not newest.display_path.exists():
        return False, details | {
            "error": "its files are gone: run `manage.py build_heat_map` again"
        }
    return True, details
