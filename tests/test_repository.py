"""The repository keeps its own promises."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import call_command, get_commands

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text() if (ROOT / "README.md").exists() else ""


def tracked(*patterns: str) -> list[Path]:
    """Files git knows or would take (not ignored); works in a checkout only."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", *patterns],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return [ROOT / line for line in listed.stdout.splitlines() if (ROOT / line).is_file()]


def test_every_setting_read_from_the_environment_is_in_the_readme() -> None:
    names = re.findall(r'env\.\w+\(\s*"([A-Z_]+)"', (ROOT / "greening" / "settings.py").read_text())
    assert len(names) > 5
    missing = sorted({name for name in names if f"`{name}`" not in README})
    assert not missing, f"document these settings in the README's table: {missing}"


def test_every_make_target_named_in_the_readme_exists() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.M))
    named = set(re.findall(r"(?:`|\$ )make ([a-z]+)", README))
    assert {"run", "test"} <= named
    assert named <= targets


def test_every_management_command_named_in_the_readme_exists() -> None:
    named = set(re.findall(r"manage\.py ([a-z_]+)", README))
    assert {"add_scene", "build_heat_map", "rank_courtyards"} <= named
    assert named <= set(get_commands())


@pytest.mark.django_db
def test_no_migration_is_missing() -> None:
    call_command("makemigrations", "--check", "--dry-run", verbosity=0)


def test_only_the_known_names_stand_at_the_top() -> None:
    known = {
        "greening", "parcels", "heat_islands", "frontend", "tests", "manage.py", "pyproject.toml", "README.md",
        "Makefile", "LICENSE", "CHANGELOG.md", "requirements.txt", "requirements-dev.txt",
    }  # fmt: skip
    tops = {path.relative_to(ROOT).parts[0] for path in tracked()}
    assert {top for top in tops if not top.startswith(".")} == known


def test_no_file_is_over_500_kb() -> None:
    assert [str(path) for path in tracked() if path.stat().st_size > 500_000] == []


def test_lock_files_name_versions_and_hashes_only() -> None:
    for lock in (*ROOT.glob("requirements*.txt"), ROOT / "frontend" / "package-lock.json"):
        text = lock.read_text()
        assert "http://" not in text.replace("http://json", ""), lock
        assert "resolved" not in text, lock
        assert not re.search(r"^(--index|--extra|--find)", text, re.M), lock


def test_every_python_file_says_what_it_is_for() -> None:
    silent = [
        str(path.relative_to(ROOT))
        for path in tracked("*.py")
        if path.stat().st_size and "migrations" not in path.parts
        and not re.match(r'(#!.*\n)?r?"""\S', path.read_text())
    ]  # fmt: skip
    assert silent == []


def test_no_room_without_a_subject() -> None:
    vague = re.compile(r"(^|/)(utils|helpers|services|common|misc)(\.py|\.ts|/)")
    assert [str(path) for path in tracked() if vague.search(str(path.relative_to(ROOT)))] == []


def test_a_command_that_computes_nothing_loads_no_scientific_library() -> None:
    """A second `make run` is a handful of such commands, and each worker of the server starts like one."""
    told = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", LOADED], cwd=ROOT, capture_output=True, text=True
    )
    assert told.returncode == 0, told.stderr
    assert told.stdout.split() == []


LOADED = """
import os, sys
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
import django
django.setup()
import greening.urls
print(*sorted({"scipy", "sklearn", "pystac", "pandas"} & sys.modules.keys()))
"""
