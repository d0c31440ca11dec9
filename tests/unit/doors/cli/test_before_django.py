"""Every command is there before Django is set up: a module of commands that needs models at import ends all of them.

And a command loads no other's module, nor the libraries that others need: who types one waits for it alone.
"""

from __future__ import annotations

import importlib
import pkgutil
import subprocess
import sys

import pytest
import typer

from orbweaver.doors import cli

LOADED = """
import sys
from orbweaver.doors.cli import build
build(*sys.argv[1:])
from django.apps import apps
assert not apps.ready
print(*sys.modules)
"""
DEAR = {"aiohttp", "httpx", "numpy", "cv2", "cryptography"}


def loaded(*wanted: str) -> set[str]:
    asked = subprocess.run([sys.executable, "-c", LOADED, *wanted], capture_output=True, text=True, check=False)
    assert (asked.returncode, asked.stderr) == (0, "")
    return set(asked.stdout.split())


@pytest.mark.parametrize("word", ["", "output"])
def test_all_commands_load_without_models_or_what_single_ones_need(word: str) -> None:
    found = loaded(word)
    assert {"orbweaver.doors.cli.lists", "orbweaver.doors.cli.providers"} <= found
    assert not found & DEAR


def test_a_command_is_loaded_without_the_others() -> None:
    found = loaded("lists")
    assert {"orbweaver.doors.cli.lists", "orbweaver.doors.cli.providers"} & found == {"orbweaver.doors.cli.lists"}
    assert not found & (DEAR | {"psycopg", "orbweaver_trials"})


def test_each_module_has_the_commands_by_which_it_is_found() -> None:
    names = [each.name for each in pkgutil.iter_modules(cli.__path__)]
    registers = {name: getattr(importlib.import_module(f"{cli.__name__}.{name}"), "register", None) for name in names}
    for name, register in registers.items():
        app = typer.Typer()
        if register is not None:
            register(app)
        there = {each.name for each in app.registered_commands} | {each.name for each in app.registered_groups}
        assert register is None or there == set(cli.COMMANDS_OF.get(name, (name,)))
    assert all(registers[name] for name in cli.COMMANDS_OF)
