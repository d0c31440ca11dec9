"""Tests of units lie where their sources lie: whoever knows one finds the other.

A file of tests is named for a module or a folder of its place: ``test_rules.py``, or ``test_rules_hashes.py`` where the
tests of one module are several files. What no single module keeps is named here, with what it is about.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

TOP = Path(__file__).parents[3]
UNITS = TOP / "tests" / "unit"
SOURCES = TOP / "src" / "orbweaver"
OUTSIDE = {
    "trials": TOP / "trials" / "src" / "orbweaver_trials",
    "tools": TOP / "tools",
    "benchmarks": TOP / "benchmarks",
}
"""Folders of tests whose sources lie outside the product."""
WEIGHT = 150
"""Lines from which on tests must name a pure module."""

OF_A_WHOLE = {
    "docs/test_attack_day.py": "a document",
    "docs/test_faults.py": "a document",
    "docs/test_threat_model.py": "a document",
    "doors/cli/test_before_django.py": "all commands",
    "follow/recheck/test_answers.py": "what the room's rules make together of recorded answers",
    "test_alerts.py": "the rules for Prometheus",
    "test_deployment.py": "units of systemd and files for containers",
    "test_glossary.py": "words in all texts and names",
    "test_messages.py": "the messages of all rooms",
    "test_rule_tables.py": "the tables of rules of all rooms",
    "tools/test_ci.py": "what continuous integration runs",
    "tools/test_coverage_floors.py": "tests/coverage_floors.py",
    "tools/test_mirror.py": "where tests lie",
    "tools/test_ordering.py": "tests/ordering.py",
    "tools/test_readmes.py": "the READMEs of all folders",
    "tools/test_sweeps.py": "tests/sweeps.py",
}

BY_WAY_OF = {
    "assess/criteria/model.py": "assess/criteria/test_loading.py",
    "detect/copies/edits.py": "detect/copies/test_matching.py",
    "detect/copies/judging.py": "detect/copies/test_matching.py",
    "detect/copies/lines.py": "detect/copies/test_matching.py",
    "detect/copies/proving.py": "detect/copies/test_matching.py",
    "index/container.py": "index/test_store.py",
    "index/state.py": "index/test_store.py",
    "fingerprints/worker.py": "fingerprints/test_pool.py",
}
"""Pure modules that nobody calls but the one that these tests are about."""


def files() -> list[str]:
    return sorted(path.relative_to(UNITS).as_posix() for path in UNITS.rglob("test_*.py"))


def place_of(file: str) -> Path:
    """The folder of the sources that a file of tests is about."""
    first, *rest = Path(file).parent.parts or (".",)
    return OUTSIDE.get(first, SOURCES / first).joinpath(*rest)


def is_named_for_a_source(file: str) -> bool:
    tested = Path(file).stem.removeprefix("test_")
    sources = [path.stem for path in place_of(file).glob("*") if path.suffix == ".py" or path.is_dir()]
    return any(tested == name or tested.startswith(f"{name}_") for name in sources)


def test_each_file_of_tests_is_named_for_a_source_of_its_place() -> None:
    assert [file for file in files() if is_named_for_a_source(file) == (file in OF_A_WHOLE)] == []
    assert OF_A_WHOLE.keys() <= {*files()}


@pytest.mark.parametrize(
    ("file", "named"),
    [
        ("detect/intake/test_rules.py", True),
        ("detect/intake/test_rules_hashes.py", True),
        ("detect/intake/test_ruleset.py", False),
        ("detect/extraction/test_extractors_containers.py", True),
        ("trials/bench/test_hash.py", True),
        ("detect/gone/test_rules.py", False),
    ],
)
def test_a_name_is_that_of_a_module_or_a_folder_with_or_without_more(file: str, named: bool) -> None:
    assert is_named_for_a_source(file) == named


def pure_modules() -> Iterator[Path]:
    """Those that may not know Django, by the contract for import-linter: units can be tried without a database."""
    project = tomllib.loads((TOP / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = project["tool"]["importlinter"]["contracts"]
    (pure,) = (each["source_modules"] for each in contracts if each["type"] == "forbidden")
    for name in pure:
        path = TOP.joinpath("src", *name.split("."))
        yield from [path.with_suffix(".py")] if path.with_suffix(".py").exists() else path.rglob("*.py")


def is_imported(path: Path, text: str) -> bool:
    """Whether what the files of tests say, all together, imports this module or a name from it."""
    *above, name = path.relative_to(TOP / "src").with_suffix("").parts
    return bool(re.search(rf"from {'[.]'.join(above)}(?:[.]{name} import|\s+import [^\n]*\b{name}\b)", text))


def has_own_tests(path: Path) -> bool:
    folder = UNITS / path.parent.relative_to(SOURCES)
    return any([*folder.glob(f"test_{path.stem}.py"), *folder.glob(f"test_{path.stem}_*.py")])


def test_each_pure_module_of_weight_is_known_to_tests() -> None:
    text = "\n".join(path.read_text(encoding="utf-8") for path in (TOP / "tests").rglob("*.py"))
    unknown = {
        path.relative_to(SOURCES).as_posix()
        for path in pure_modules()
        if len(path.read_text(encoding="utf-8").splitlines()) >= WEIGHT
        and not (has_own_tests(path) or is_imported(path, text))
    }
    assert unknown - BY_WAY_OF.keys() == set()
    assert [file for file in BY_WAY_OF.values() if not (UNITS / file).exists()] == []
