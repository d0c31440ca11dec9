"""What each key does, and the keys that a person has changed.

Pages name the usual keys (``aria-keyshortcuts``); the script puts a person's own in their place. No key alone shows a
picture: that one is pressed together with Shift.
"""

from __future__ import annotations

import json
from typing import Any

from django.utils.translation import gettext_lazy

from orbweaver.assess.review.preferences import preferences_of
from orbweaver.people.accounts.models import User

KEYS: dict[str, Any] = {
    "/": gettext_lazy("Search"),
    "n": gettext_lazy("Take the next item"),
    "t": gettext_lazy("Take this item"),
    "r": gettext_lazy("Keep it longer"),
    "b": gettext_lazy("Give it back"),
    "u": gettext_lazy("Take my last answer back"),
    "g": gettext_lazy("Decide look-alikes together"),
    "x": gettext_lazy("See the exact notice"),
    "1": gettext_lazy("First question: yes"),
    "2": gettext_lazy("First question: no"),
    "3": gettext_lazy("Second question: yes"),
    "4": gettext_lazy("Second question: no"),
    "a": gettext_lazy("Age"),
    "5": gettext_lazy("First category"),
    "6": gettext_lazy("Second category"),
    "7": gettext_lazy("Third category"),
    "8": gettext_lazy("First circumstance"),
    "9": gettext_lazy("Second circumstance"),
    "0": gettext_lazy("Third circumstance"),
    "p": gettext_lazy("Fourth circumstance"),
    "m": gettext_lazy("Marker"),
    "i": gettext_lazy("Interpol baseline"),
}
"""Usual key → what it does. Each is one key, ignored while typing."""


def changes_of(user: User) -> str:
    """A person's own keys for the script, as JSON; empty where all are the usual ones."""
    own = preferences_of(user).keys
    return json.dumps(own) if own else ""
