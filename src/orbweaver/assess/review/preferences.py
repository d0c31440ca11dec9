"""How one person likes to work. Remembered on the server, so that it is the same at every desk."""

from __future__ import annotations

from collections.abc import Mapping

from orbweaver.assess.review.models import Preferences
from orbweaver.people.accounts.models import User

BLURS = (0, 1, 2, 3)
"""None, light, medium, strong."""

PARTS = ("whole", "top", "middle", "bottom", "left", "right", "window")
"""What a reveal shows: all of it, a third across, a half, or a soft-edged window where it is pressed."""


def preferences_of(user: User) -> Preferences:
    """What this person chose; until then blurred, grey and whole, with the usual keys. Not saved by reading.

    Asked once for each ``user`` object, which lives as long as a request: a page needs it at several places.
    """
    try:
        return user.preferences
    except Preferences.DoesNotExist:
        return Preferences(person=user)


def remember_picture(user: User, blur: int, grey: bool, part: str) -> None:
    """Keep how pictures are to be shown; what cannot be is left as it was."""
    kept = preferences_of(user)
    chosen = (blur if blur in BLURS else kept.blur, grey, part if part in PARTS else kept.part)
    if chosen != (kept.blur, kept.grey, kept.part):
        values = dict(zip(("blur", "grey", "part"), chosen, strict=True))
        user.preferences, _ = Preferences.objects.update_or_create(person=user, defaults=values)


def remember_keys(user: User, changes: Mapping[str, str]) -> None:
    """Keep the keys that differ from the usual ones: usual key → own key."""
    user.preferences, _ = Preferences.objects.update_or_create(person=user, defaults={"keys": dict(changes)})
