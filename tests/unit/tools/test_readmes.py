"""Every folder of code says what it is for, in under 200 words, and names only files that exist.

Folders of tests mirror those of the source, whose README is beside the source; so their kinds alone have one.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

TOP = Path(__file__).parents[3]
ROOTS = ("src/orbweaver", "trials", "tools")
WORDS = 200
NAME = re.compile(r"`([\w./-]+\.(?:py|toml|sql|html|csv|json|sh|md|svg)|[\w./-]+/)`")
"""What a README names as a file or a folder."""
LINK = re.compile(r"\]\((?!https?:)([^)#]+)")


def folders() -> list[Path]:
    """Folders with code of ours in them; migrations and what tools leave are none."""
    with_code = {path.parent for root in ROOTS for path in (TOP / root).rglob("*.py")}
    roots = {TOP / root for root in ROOTS}
    kinds = {
        TOP / "tests",
        *(each for each in (TOP / "tests").iterdir() if each.is_dir() and each.name != "__pycache__"),
    }
    return sorted(each for each in with_code | roots | kinds if not {"migrations", "build"} & set(each.parts))


def ids(path: Path) -> str:
    return str(path.relative_to(TOP))


@pytest.mark.parametrize("folder", folders(), ids=ids)
def test_a_folder_says_what_it_is_for_and_names_only_what_is_there(folder: Path) -> None:
    readme = folder / "README.md"
    assert readme.exists(), f"{ids(folder)} has no README.md: a heading, what it is for, in which order to read it"
    text = readme.read_text(encoding="utf-8")
    assert text.startswith("# ")
    assert len(text.split()) < WORDS
    around = [folder, *(each for each in folder.parents if each.is_relative_to(TOP)), TOP / "src/orbweaver"]
    named = [name for name in NAME.findall(text) if not name.startswith("/")]
    lost = [name for name in named if not any((place / name).exists() for place in around)]
    assert [name for name in lost if not any(folder.rglob(name))] == [], "not there, nor in a folder below"
    assert [link for link in LINK.findall(text) if not (folder / link).exists()] == []
