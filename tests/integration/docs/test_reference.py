"""Every setting, command and address is documented: the pages are those that the code gives."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

TOP = Path(__file__).parents[3]


@pytest.mark.parametrize(
    "name",
    [
        "docs/operators/configuration.md",
        "docs/operators/commands.md",
        "docs/developers/addresses.md",
        "docs/developers/flow.md",
        "docs/developers/flow.svg",
        "docs/domain/access.md",
        "docs/domain/mappings.md",
        "docs/domain/jurisdictions.md",
        "docs/reference/errors.md",
    ],
)
def test_the_reference_page_is_up_to_date(name: str) -> None:
    spec = importlib.util.spec_from_file_location("reference", TOP / "tools" / "reference.py")
    assert spec is not None
    assert spec.loader is not None
    reference = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(reference)
    assert (TOP / name).read_text(encoding="utf-8") == reference.PAGES[name](), "run `make docs`"


def test_every_setting_command_and_address_says_what_it_is_for() -> None:
    for name in ("configuration", "commands"):
        assert "|  |\n" not in (TOP / "docs/operators" / f"{name}.md").read_text(encoding="utf-8")
    assert "|  |\n" not in (TOP / "docs/developers/addresses.md").read_text(encoding="utf-8")
