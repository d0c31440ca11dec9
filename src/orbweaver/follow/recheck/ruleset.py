"""What pages and pictures in a picture's place mean, as data: ours in ``data/pages.toml``, a hotline's own over them.

The file that the setting ``recheck_rules`` names is written alike. Its rules come before ours, one of a name of ours
takes its place, and ``without`` names those of ours that do not hold. Nothing in it is passed over: what cannot be used
is an error that says where.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any, Final

from orbweaver.errors import ConfigurationError
from orbweaver.follow.recheck.messages import RULES_NOT_TOML, RULES_UNREADABLE, RULES_UNUSABLE
from orbweaver.follow.recheck.settings import RecheckSettings
from orbweaver.platform.rule_tables import Body, RuleTable, version_of_file, without_head

ANY_LENGTH: Final = 10**9
"""``max_words`` of a rule that names none."""

GONE_STATUSES: Final = frozenset({404, 410})
"""Not found, gone."""

LEAST_PHRASE: Final = 4
"""Characters of a phrase or mark, at least: shorter ones are in every page (two in scripts that write words so)."""

GAP: Final = " … "
"""In a phrase: something may stand between what is before and what is after."""

MOST_BETWEEN: Final = 40
"""Characters that may: the name of who did it, a date."""

MOST_OF_MISSING: Final = 150
"""Words of a page that is taken to speak of what is missing; a longer one may speak of something else."""

_WORD_SIGNS: Final = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_CONDITIONS: Final = ("phrases", "raw", "headers", "paths")
_KEYS: Final = frozenset({"name", "means", "max_words", "when_missing", *_CONDITIONS})


class Means(StrEnum):
    """What a page or picture in the place of another tells us."""

    GONE = "gone"
    CHALLENGE = "challenge"
    LOGIN = "login"
    GEO = "geo"
    HOTLINK = "hotlink"
    AGE = "age"
    SIGNED = "signed"


@dataclass(frozen=True, slots=True)
class PageRule:
    """Holds when any of its conditions does; data/pages.toml says what each means."""

    name: str
    means: Means
    phrases: tuple[str, ...] = ()
    raw: tuple[str, ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    paths: frozenset[str] = frozenset()
    max_words: int = ANY_LENGTH
    when_missing: bool = False

    @property
    def is_definite(self) -> bool:
        """Whether it holds for a page of any length: a mark of the software itself, not words."""
        return self.max_words == ANY_LENGTH

    def is_heard(self, status: int) -> bool:
        """Whether it counts beside this status: 404 and 410 say "gone", which a form in the margin does not undo.

        Words that mean gone are heard beside 410, which says the same of what the host once had. Beside 404 they are
        not: hosts say "does not exist" there of what they hide as well.
        """
        if status not in GONE_STATUSES or self.is_definite or self.when_missing:
            return True
        return status == 410 and self.means is Means.GONE

    def says(self, text: str) -> bool:
        """Whether a visible text (lower case, blanks as one) has one of the phrases."""
        return any(_has(text, phrase) for phrase in self.phrases)


def _has(text: str, phrase: str) -> bool:
    first, gap, second = phrase.partition(GAP)
    at = text.find(first)
    while gap and at >= 0:
        after = at + len(first)
        if second in text[after : after + MOST_BETWEEN + len(second)]:
            return True
        at = text.find(first, after)
    return not gap and at >= 0


@dataclass(frozen=True, slots=True)
class SignIn:
    """How addresses name where one signs in, without hyphens and endings: words of paths and queries, first labels of
    hosts; ``registers``: where one registers."""

    words: frozenset[str] = frozenset()
    hosts: frozenset[str] = frozenset()
    registers: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Ruleset:
    """All rules in the order in which they are tried; known pictures by SHA-256; what says that a country matters; the
    languages that they have words of, by their codes."""

    rules: tuple[PageRule, ...]
    pictures: Mapping[bytes, Means]
    vary: tuple[str, ...]
    country_headers: tuple[str, ...]
    languages: frozenset[str] = frozenset()
    sign_in: SignIn = SignIn()
    missing: tuple[str, ...] = ()
    """What pages say of what is missing, beside what rules that mean gone know."""

    def says_gone(self, text: str, words: int) -> bool:
        """Whether a text of so many words says in words that we know that something is missing or was removed."""
        if words <= MOST_OF_MISSING and any(_has(text, phrase) for phrase in self.missing):
            return True
        return any(rule.means is Means.GONE and words <= rule.max_words and rule.says(text) for rule in self.rules)


def ruleset() -> Ruleset:
    """The rules in force: what two people agreed to, else the hotline's file. Raises ConfigurationError for a file that
    cannot be used.
    """
    file = RecheckSettings.current().recheck_rules
    return PAGES.in_force() if file is None or PAGES.is_agreed else _read(file)


def version_in_force() -> str:
    """The name of the rules in force, which each observation keeps: of a hotline's file, by what it says."""
    file = RecheckSettings.current().recheck_rules
    if file is None or PAGES.is_agreed:
        return PAGES.version()
    return f"{PAGES.version()}+{_file_version(file)}"


@cache
def _file_version(path: Path) -> str:
    return version_of_file(path.read_text(encoding="utf-8"))


def _body(body: Body) -> Ruleset:
    return _rules_of(body, None)


def _over(ours: Body, own: Body) -> Body:
    """Own rules before ours, one of a name of ours in its place; lists of words together."""
    names = {*(rule.get("name") for rule in own.get("rule", ())), *own.get("without", ())}
    both = {**ours, "rule": [*own.get("rule", ()), *(rule for rule in ours["rule"] if rule["name"] not in names)]}
    both["picture"] = [*ours.get("picture", ()), *own.get("picture", ())]
    for table in ("place", "sign_in", "missing"):
        parts = (ours.get(table, {}), own.get(table, {}))
        both[table] = {key: [*parts[0].get(key, ()), *parts[1].get(key, ())] for key in {*parts[0], *parts[1]}}
    if strange := set(own.get("without", ())) - {rule["name"] for rule in ours["rule"]}:
        raise _unusable("without", f"names no rule of ours: {min(strange)}")
    if strange := own.keys() - both.keys() - {"without"}:
        raise _unusable("the file", f"has a key that is not known: {min(strange)}")
    return both


PAGES: Final = RuleTable(
    "pages",
    "follow/recheck/data/pages.toml",
    _body,
    keys={"rule": ("name",), "picture": ("sha256",)},
    lay_over=_over,
    ordered=True,
)


@cache
def _read(path: Path) -> Ruleset:
    ours = PAGES.read(PAGES.packaged[1])
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeError):
        raise ConfigurationError(RULES_UNREADABLE) from None
    return parse_rules(text, over=ours)


def parse_rules(text: str, over: Ruleset | None = None) -> Ruleset:
    """The rules of a file, laid over others. Raises ConfigurationError with where and why."""
    try:
        written = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(RULES_NOT_TOML.of(error=str(error))) from None
    return _rules_of(without_head(written), over)


def _rules_of(written: Body, over: Ruleset | None) -> Ruleset:
    _expect_keys(written, {"rule", "picture", "place", "sign_in", "missing", "without"}, "the file")
    rules = tuple(_rule(each, number) for number, each in enumerate(_tables(written, "rule"), start=1))
    names = [rule.name for rule in rules]
    if len(set(names)) < len(names):
        raise _unusable("rule", "two have the same name")
    pictures = dict(_picture(each, number) for number, each in enumerate(_tables(written, "picture"), start=1))
    place = written.get("place", {})
    _expect_keys(place, {"vary", "headers", "languages"}, "place")
    vary = tuple(each.lower() for each in _texts(place, "vary", "place"))
    headers = _texts(place, "headers", "place")
    languages = frozenset(each.lower() for each in _texts(place, "languages", "place"))
    sign_in, missing = _sign_in(written), _missing(written)
    if over is None:
        return Ruleset(rules, pictures, vary, headers, languages, sign_in, missing)
    without = set(_texts(written, "without", "the file"))
    unknown = without - {rule.name for rule in over.rules}
    if unknown:
        raise _unusable("without", f"names no rule of ours: {min(unknown)}")
    kept = tuple(rule for rule in over.rules if rule.name not in without | set(names))
    return Ruleset(
        (*rules, *kept),
        {**over.pictures, **pictures},
        (*over.vary, *vary),
        (*over.country_headers, *headers),
        over.languages | languages,
        SignIn(
            over.sign_in.words | sign_in.words,
            over.sign_in.hosts | sign_in.hosts,
            over.sign_in.registers | sign_in.registers,
        ),
        (*over.missing, *missing),
    )


def _sign_in(written: dict[str, Any]) -> SignIn:
    table = written.get("sign_in", {})
    _expect_keys(table, {"words", "hosts", "registers"}, "sign_in")
    words, hosts, registers = (
        frozenset(each.lower() for each in _texts(table, key, "sign_in")) for key in ("words", "hosts", "registers")
    )
    return SignIn(words, hosts, registers)


def _missing(written: dict[str, Any]) -> tuple[str, ...]:
    table = written.get("missing", {})
    _expect_keys(table, {"phrases"}, "missing")
    phrases = tuple(each.lower() for each in _texts(table, "phrases", "missing"))
    short = next(filter(_is_short, phrases), None)
    if short is not None:
        raise _unusable("missing", f"is too short to tell anything: {short}")
    return phrases


def _unusable(where: str, why: str) -> ConfigurationError:
    return ConfigurationError(RULES_UNUSABLE.of(where=where, why=why))


def _expect_keys(table: object, known: set[str] | frozenset[str], where: str) -> None:
    if not isinstance(table, dict):
        raise _unusable(where, "is no table")
    unknown = table.keys() - known
    if unknown:
        raise _unusable(where, f"has a key that is not known: {min(unknown)}")


def _tables(written: dict[str, Any], name: str) -> list[dict[str, Any]]:
    tables = written.get(name, [])
    if not isinstance(tables, list) or not all(isinstance(each, dict) for each in tables):
        raise _unusable(name, "is no list of tables: write [[" + name + "]]")
    return tables


def _texts(table: dict[str, Any], key: str, where: str) -> tuple[str, ...]:
    values = table.get(key, [])
    if not isinstance(values, list) or not all(isinstance(each, str) and each.strip() for each in values):
        raise _unusable(where, f"{key} is no list of texts")
    return tuple(values)


def _means(table: dict[str, Any], where: str) -> Means:
    try:
        return Means(table.get("means", ""))
    except ValueError:
        raise _unusable(where, "means is none of: " + ", ".join(each.value for each in Means)) from None


def _rule(table: dict[str, Any], number: int) -> PageRule:
    name = table.get("name")
    if not isinstance(name, str) or not name.strip():
        raise _unusable(f"rule {number}", "has no name")
    where = f"rule {name}"
    _expect_keys(table, _KEYS, where)
    if not any(table.get(each) for each in _CONDITIONS):
        raise _unusable(where, "has no condition: " + ", ".join(_CONDITIONS))
    most = table.get("max_words", ANY_LENGTH)
    if type(most) is not int or most < 1:
        raise _unusable(where, "max_words is no number from 1 on")
    if type(table.get("when_missing", False)) is not bool:
        raise _unusable(where, "when_missing is neither true nor false")
    headers = table.get("headers", {})
    if not isinstance(headers, dict) or not all(isinstance(each, str) for each in headers.values()):
        raise _unusable(where, "headers is no table of texts")
    phrases, raw = (tuple(each.lower() for each in _texts(table, key, where)) for key in ("phrases", "raw"))
    short = next((each for each in (*phrases, *raw) if _is_short(each)), None)
    if short is not None:
        raise _unusable(where, f"is too short to tell anything: {short}")
    means = _means(table, where)
    if means is Means.GONE and phrases and most == ANY_LENGTH:
        raise _unusable(where, "needs max_words: a long page may speak of the removal of something else")
    return PageRule(
        name.strip(),
        means,
        phrases,
        raw,
        tuple((key.lower(), value.lower()) for key, value in headers.items()),
        frozenset(each.lower() for each in _texts(table, "paths", where)),
        most,
        table.get("when_missing", False),
    )


def _is_short(text: str) -> bool:
    return any(not part.strip() for part in text.split(GAP)) or len(text.strip()) < (
        2 if _WORD_SIGNS.search(text) else LEAST_PHRASE
    )


def _picture(table: dict[str, Any], number: int) -> tuple[bytes, Means]:
    where = f"picture {number}"
    _expect_keys(table, {"sha256", "means", "source"}, where)
    digest = table.get("sha256")
    if not isinstance(digest, str) or not re.fullmatch(r"[0-9a-fA-F]{64}", digest):
        raise _unusable(where, "sha256 is not 64 hexadecimal digits")
    return bytes.fromhex(digest), _means(table, where)
