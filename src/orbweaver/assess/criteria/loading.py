"""From the text of a version to criteria that keep the laws, or to a list of all that is wrong with it."""

from __future__ import annotations

import hashlib
import tomllib
from functools import cache
from importlib import resources
from typing import Any

from pydantic import ValidationError

from orbweaver.assess.criteria.errors import CriteriaInvalid
from orbweaver.assess.criteria.laws import broken
from orbweaver.assess.criteria.messages import NO_SUCH_VERSION, NOT_TOML, UNUSABLE
from orbweaver.assess.criteria.model import Criteria
from orbweaver.errors import Message

PACKAGED = "1"
"""The version that comes with the program. It holds until another one is taken into use (``governance``)."""


def load(text: str) -> Criteria:
    """The criteria that a file says. Raises CriteriaInvalid, naming everything that is wrong."""
    return from_data(_parsed(text))


def load_signed(text: str) -> Criteria:
    """The criteria of a text that was held to the laws when it was drafted. Raises CriteriaInvalid.

    Laws that grew since, such as a marker that is fixed now, do not count: what was signed goes on to judge (ADR 9).
    """
    return _shaped(_parsed(text))


def _parsed(text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise CriteriaInvalid(NOT_TOML.of(error=str(error))) from None


def _shaped(data: dict[str, Any]) -> Criteria:
    try:
        return Criteria.model_validate(data)
    except ValidationError as error:
        raise CriteriaInvalid(_listing([_in_words(dict(each)) for each in error.errors()])) from None


def from_data(data: dict[str, Any]) -> Criteria:
    """Criteria from what the file holds, already read as TOML. Raises CriteriaInvalid."""
    criteria = _shaped(data)
    problems = broken(criteria)
    if problems:
        raise CriteriaInvalid(_listing(problems))
    return criteria


def _in_words(error: dict[str, Any]) -> str:
    path = ".".join(str(step + 1) if isinstance(step, int) else step for step in error["loc"])
    words = {"missing": "is missing.", "extra_forbidden": "is not known; is it misspelt?"}
    return f"{path}: {words.get(error['type'], error['msg'] + '.')}"


def _listing(problems: list[str]) -> Message:
    return UNUSABLE.of(problems="\n".join(f"  - {problem}" for problem in problems))


def version_text(version: str) -> str:
    """The file of a version that comes with the program, as signed. Raises CriteriaInvalid when there is none."""
    found = resources.files("orbweaver.assess.criteria").joinpath("versions", f"{version}.toml")
    if not version.isalnum() or not found.is_file():
        raise CriteriaInvalid(NO_SUCH_VERSION)
    return found.read_text(encoding="utf-8")


def packaged_versions() -> frozenset[str]:
    """The numbers of all versions that come with the program."""
    folder = resources.files("orbweaver.assess.criteria").joinpath("versions")
    return frozenset(each.name.removesuffix(".toml") for each in folder.iterdir() if each.name.endswith(".toml"))


def digest(text: str) -> str:
    """SHA-256 in hexadecimal of the text of a version: what a government and a hotline sign (R66)."""
    return hashlib.sha256(text.encode()).hexdigest()


@cache
def current() -> Criteria:
    """The version that comes with the program; ``governance.selectors.in_force`` says which one holds."""
    return load(version_text(PACKAGED))


def current_version() -> str:
    """The number of the version that comes with the program."""
    return current().version
