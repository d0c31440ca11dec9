"""Passwords that are common ones put together, which guessing programs try early. Django calls it.

Of the 20,000 commonest passwords that Django brings, two hundred are as long as ours have to be: alone they would
refuse next to nothing. People make a long one of two short ones, of one twice, or with a year behind it.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Final

from django.contrib.auth.password_validation import CommonPasswordValidator
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

MOST_PIECES: Final = 2
SHORTEST: Final = 3
"""Letters of a common password that counts as a piece."""
LEAST_UNIT: Final = 8
"""Letters of what stands in a password again and again; the commonest passwords are shorter."""
_ENDS: Final = re.compile(r"^[\d\W_]{0,4}|[\d\W_]{0,4}$")
"""A year, a number or signs before and behind."""


class CommonPiecesValidator:
    """Refuses one or two common passwords with digits and signs around them, and short texts that are repeated."""

    def validate(self, password: str, user: object = None) -> None:
        """Raise ValidationError."""
        if is_common(password.casefold()):
            raise ValidationError(_("It is made of passwords that many people use."))

    def get_help_text(self) -> str:
        """What a form may say."""
        return _("It is not made of passwords that many people use.")


def is_common(text: str) -> bool:
    """Whether a password, in small letters, is common ones put together."""
    if not text:
        return False
    unit = text[: (text + text).index(text, 1)]
    if len(unit) < min(LEAST_UNIT, len(text)):
        return True
    return any(_pieces(each) <= MOST_PIECES for each in {unit, _ENDS.sub("", unit)})


def _pieces(text: str) -> int:
    """How many common passwords the text is made of at least; more than it has letters: it is not."""
    common = _common()
    none = len(text) + 1
    least = [0] + [none] * len(text)
    for end in range(SHORTEST, len(text) + 1):
        found = [least[begin] for begin in range(end - SHORTEST + 1) if text[begin:end] in common]
        least[end] = min([none, *(each + 1 for each in found)])
    return least[-1]


@cache
def _common() -> frozenset[str]:
    return frozenset(each for each in CommonPasswordValidator().passwords if len(each) >= SHORTEST)
