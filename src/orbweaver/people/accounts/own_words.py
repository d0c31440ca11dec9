"""Passwords that are little more than the hotline's own words, which whoever guesses tries first. Django calls it."""

from __future__ import annotations

import re
from typing import Final

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from orbweaver.people.settings import HotlineSettings

LEAST_BESIDES: Final = 6
"""Letters that a password has besides such words."""
SHORTEST: Final = 4
"""Letters of a word that counts."""


class OwnWordsValidator:
    """Refuses what is made of the names of the hotline, of its domain and of this program, of digits and signs."""

    def validate(self, password: str, user: object = None) -> None:
        """Raise ValidationError."""
        left = password.casefold()
        for word in own_words():
            left = left.replace(word, "")
        if sum(letter.isalpha() for letter in left) < LEAST_BESIDES and left != password.casefold():
            raise ValidationError(_("It is little more than the name of the hotline or of this program."))

    def get_help_text(self) -> str:
        """What a form may say."""
        return _("It is more than the name of the hotline or of this program.")


def own_words() -> list[str]:
    """The longest first, as one may hold another."""
    hotline = HotlineSettings.current()
    text = f"{hotline.hotline_name} {hotline.hotline_domain} orbweaver hotline".casefold()
    words = {word for word in re.findall(r"[^\W\d_]+", text) if len(word) >= SHORTEST}
    return sorted(words, key=lambda word: (-len(word), word))
