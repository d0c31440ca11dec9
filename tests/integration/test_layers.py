"""The order of the folders holds for foreign keys too, no migration is missing, and commands load what they need."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from django.apps import apps
from django.core.management import call_command

TOP = Path(__file__).parents[2]


def order() -> dict[str, tuple[int, int]]:
    """App → place of its folder at the top and place inside it, from the bottom up, as import-linter has them."""
    contracts = tomllib.loads((TOP / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]["contracts"]
    layers = {each["containers"][0]: list(reversed(each["layers"])) for each in contracts if "containers" in each}
    return {
        room.strip(): (floor, place)
        for floor, name in enumerate(layers["orbweaver"])
        for place, rooms in enumerate(layers.get(f"orbweaver.{name}", [name]))
        for room in rooms.split("|")
    }


def test_foreign_keys_point_down() -> None:
    places = order()
    wrong = [
        f"{model.__name__}.{field.name}"
        for model in apps.get_models()
        if model.__module__.startswith("orbweaver.")
        for field in model._meta.get_fields()
        if field.concrete
        and isinstance(field.related_model, type)
        and places[field.related_model._meta.app_label] > places[model._meta.app_label]
    ]
    assert wrong == []


@pytest.mark.django_db
def test_no_migration_is_missing() -> None:
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


@pytest.fixture(scope="module")
def loaded() -> tuple[set[str], set[str], set[str]]:
    """The modules that a process has when Django is ready, those that it has with all pages, and with the crawler."""
    models = "import django, sys; django.setup(); print(*sys.modules)"
    program = f"{models}; import orbweaver.doors.web.urls; print(*sys.modules)"
    program += "; import orbweaver.doors.workers.crawl; print(*sys.modules)"
    answer = subprocess.run([sys.executable, "-c", program], env=os.environ, check=True, capture_output=True, text=True)
    ready, pages, crawler = (set(line.split()) for line in answer.stdout.splitlines())
    return ready, pages, crawler


@pytest.mark.parametrize(
    "library", ["aiohttp", "botocore", "httpx", "numba", "numpy", "snowballstemmer", "whoisit", "xarf"]
)
def test_a_command_that_reads_the_database_does_not_wait_for(library: str, loaded: tuple[set[str], ...]) -> None:
    ready = loaded[0]
    assert "django" in ready
    assert library not in ready


@pytest.mark.parametrize("library", ["aiohttp", "httpx", "numba", "whoisit"])
def test_pages_do_not_wait_for(library: str, loaded: tuple[set[str], ...]) -> None:
    assert library not in loaded[1]


def test_a_crawler_at_rest_holds_no_compiler(loaded: tuple[set[str], ...]) -> None:
    assert "aiohttp" in loaded[2]
    assert "numba" not in loaded[2]
