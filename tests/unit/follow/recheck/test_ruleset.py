"""Rules about pages are data, and a hotline lays its own over ours; what cannot be used is said in words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from orbweaver.errors import ConfigurationError
from orbweaver.follow.recheck.pages import Means, Shape, read_page
from orbweaver.follow.recheck.ruleset import parse_rules, ruleset

OURS = parse_rules("""
[[rule]]
name = "removed"
means = "gone"
max_words = 50
phrases = ["has been removed"]
""")


def test_a_rule_of_ones_own_comes_first_and_takes_the_place_of_one_of_its_name() -> None:
    found = parse_rules(
        '[[rule]]\nname = "removed"\nmeans = "login"\nphrases = ["Has Been Removed"]\n'
        '[[rule]]\nname = "mine"\nmeans = "age"\nraw = ["<agegate"]\n',
        over=OURS,
    )
    assert [(each.name, each.means) for each in found.rules] == [("removed", Means.LOGIN), ("mine", Means.AGE)]
    assert found.rules[0].phrases == ("has been removed",)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("it has been removed", True),
        ("it has yesterday, by its owner, been removed", True),
        ("it has what we do not know", False),
        ("been removed it has", False),
        (f"it has {'very ' * 10}long been removed", False),
        (f"it has {'very ' * 10}long it has now been removed", True),
    ],
)
def test_something_short_may_stand_in_the_midst_of_a_phrase(text: str, says: bool) -> None:
    rule = parse_rules('[[rule]]\nname = "a"\nmeans = "gone"\nmax_words = 9\nphrases = ["has … been removed"]').rules[0]
    assert rule.says(text) is says


def test_a_rule_of_ours_can_be_left_out() -> None:
    assert parse_rules('without = ["removed"]', over=OURS).rules == ()


def test_pictures_and_marks_of_countries_are_added() -> None:
    digest = "ab" * 32
    text = f'[[picture]]\nsha256 = "{digest}"\nmeans = "gone"\nsource = "seen"\n[place]\nvary = ["X-Land"]'
    found = parse_rules(text, over=OURS)
    assert found.pictures == {bytes.fromhex(digest): Means.GONE}
    assert found.vary == ("x-land",)
    assert found.rules == OURS.rules


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[[rule]", "not TOML"),
        ("[[rules]]", "the file has a key that is not known: rules"),
        ('[[rule]]\nmeans = "gone"', "rule 1 has no name"),
        ('[[rule]]\nname = "x"\nmeans = "gone"', "rule x has no condition"),
        ('[[rule]]\nname = "x"\nmeans = "lost"\npaths = ["lost"]', "rule x means is none of: gone"),
        ('[[rule]]\nname = "x"\nmeans = "gone"\nphrases = ["is gone"]', "rule x needs max_words"),
        ('[[rule]]\nname = "x"\nmeans = "login"\nphrases = ["a"]', "rule x is too short to tell anything: a"),
        ('[[rule]]\nname = "x"\nmeans = "login"\nphrases = "sign in"', "rule x phrases is no list of texts"),
        ('[[rule]]\nname = "x"\nmeans = "login"\npaths = ["p"]\nmax_words = 0', "max_words is no number from 1 on"),
        ('[[rule]]\nname = "x"\nmeans = "login"\npaths = ["p"]\nword = 1', "has a key that is not known: word"),
        ('rule = "x"', "rule is no list of tables"),
        ('[[picture]]\nsha256 = "ab"\nmeans = "gone"', "picture 1 sha256 is not 64 hexadecimal digits"),
        ('without = ["removd"]', "without names no rule of ours: removd"),
        (
            '[[rule]]\nname = "x"\nmeans = "age"\npaths = ["p"]\n[[rule]]\nname = "x"\nmeans = "age"\npaths = ["q"]',
            "two have the same name",
        ),
    ],
)
def test_what_cannot_be_used_says_where_and_why(text: str, says: str) -> None:
    with pytest.raises(ConfigurationError, match=says):
        parse_rules(text, over=OURS)


def test_the_file_that_the_setting_names_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from orbweaver.follow.recheck.settings import RecheckSettings

    page = b"<html><p>Diese Abbildung ruht nun in Frieden</p></html>"
    headers = {"Content-Type": "text/html"}

    def use(path: Path) -> None:
        monkeypatch.setattr(
            RecheckSettings, "current", classmethod(lambda _: RecheckSettings.model_construct(recheck_rules=path))
        )

    assert read_page(page, headers, Shape(b"")).rule is None
    own = tmp_path / "own.toml"
    own.write_text('[[rule]]\nname = "ruht"\nmeans = "gone"\nmax_words = 40\nphrases = ["ruht nun in frieden"]')
    use(own)
    rule: Any = read_page(page, headers, Shape(b"")).rule
    assert (rule.name, rule.means) == ("ruht", Means.GONE)
    use(tmp_path / "missing.toml")
    with pytest.raises(ConfigurationError, match="cannot be read"):
        ruleset()


def test_words_of_what_is_missing_and_of_ways_to_sign_in_are_laid_over_ours() -> None:
    ours = parse_rules('[sign_in]\nwords = ["login"]\nhosts = ["sso"]\n[missing]\nphrases = ["not found"]\n')
    found = parse_rules('[sign_in]\nwords = ["Inloggen"]\n[missing]\nphrases = ["Weg ermee"]\n', over=ours)
    assert found.sign_in.words == {"login", "inloggen"}
    assert found.sign_in.hosts == {"sso"}
    assert found.says_gone("deze foto: weg ermee", 4)
    assert found.says_gone("not found", 2)
    assert not found.says_gone("alleen voor leden", 3)
    assert not found.says_gone("not found", 1_000)


@pytest.mark.parametrize("text", ['[sign_in]\nword = ["a"]', '[missing]\nphrases = ["ab"]', "[missing]\nwords = []"])
def test_what_cannot_be_used_of_these_is_said(text: str) -> None:
    with pytest.raises(ConfigurationError):
        parse_rules(text)
