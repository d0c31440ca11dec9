"""A long password of two short common ones is refused; phrases and what chance made are not."""

from __future__ import annotations

import secrets

import pytest

from orbweaver.people.accounts.common_pieces import is_common


@pytest.mark.parametrize(
    "password",
    [
        "password1234",
        "password12345678",
        "monkeydragon",
        "monkeymonkey",
        "iloveyou2026!",
        "12dragonmaster!!",
        "summer2026summer2026",
        "123456789012",
        "aaaaaaaaaaaa",
        "abcabcabcabc",
        "qwertyuiop12",
    ],
)
def test_common_ones_put_together_are_common(password: str) -> None:
    assert is_common(password)


@pytest.mark.parametrize(
    "password",
    [
        "a long enough passphrase",
        "correct horse battery staple",
        "184467440737095516",
        "leuchtturm of seven grey seals",
        "",
    ],
)
def test_a_phrase_is_not(password: str) -> None:
    assert not is_common(password)


def test_what_chance_made_is_not() -> None:
    assert not any(is_common(secrets.token_urlsafe(12).casefold()) for _ in range(200))
