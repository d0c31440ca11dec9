"""What a row of police names: a medium by an item's number or a digest, or a referral.

Whoever is bound finds what is theirs alone. All of that is gone through before the first row is looked at, and the
database is not asked for what a row names: it would take longer over what another force has than over what nobody has,
and thousands of rows about one digest in one call would tell whether that was ever seen here. Of what is gone through
that alone stays in memory which the rows name.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

from orbweaver.assess.review.models import ReviewItem
from orbweaver.detect.media.models import Media
from orbweaver.errors import InvalidInput
from orbweaver.notify.police import within
from orbweaver.notify.police.messages import NOT_SEEN_HERE, NOT_TOLD_OF
from orbweaver.notify.police.models import Force, Referral
from orbweaver.notify.police.within import MayBeBound

DIGESTS: Final = {"sha256": 32, "sha1": 20, "md5": 16}
"""Bytes of each."""
MOST_MEDIA: Final = 10
"""That share a digest which can be forged."""
AT_ONCE: Final = 500
"""Rows of what is theirs that are in memory at once."""


@dataclass
class _Theirs:
    """Keys of what is theirs and named, by what a row calls it."""

    media: dict[tuple[str, str | bytes], list[int]] = field(default_factory=lambda: defaultdict(list))
    referrals: dict[tuple[str, int], int] = field(default_factory=dict)


class Named:
    """What these rows of somebody, or of a program, name; of anybody (None), all that is here."""

    def __init__(self, who: MayBeBound | None, rows: Collection[Mapping[str, str]]) -> None:
        self._theirs = _read(who, rows) if who is not None and who.bounds else None

    def referral(self, public_id: str, force: Force) -> Referral:
        """What this force was told. Raises InvalidInput."""
        rows = Referral.objects.select_related("item__media")
        if self._theirs is None:
            found = rows.filter(public_id=public_id, force=force).first()
        else:
            key = self._theirs.referrals.get((public_id, force.pk))
            found = rows.get(pk=key) if key is not None else None
        if found is None:
            raise InvalidInput(NOT_TOLD_OF)
        return found

    def media(self, row: Mapping[str, str]) -> list[Media]:
        """The media that a row is about: one, or, by a digest that can be forged, perhaps several. Raises
        InvalidInput."""
        kind, value = _called(row)
        if self._theirs is not None:
            keys = self._theirs.media.get((kind, value), ())[:MOST_MEDIA]
            found = list(Media.objects.filter(pk__in=keys)) if keys else []
        elif kind == "item":
            found = list(Media.objects.filter(pk__in=ReviewItem.objects.filter(public_id=value).values("media")))
        else:
            found = list(Media.objects.filter(**{kind: value})[:MOST_MEDIA])
        if not found:
            raise InvalidInput(NOT_SEEN_HERE)
        return found


def _read(who: MayBeBound, rows: Collection[Mapping[str, str]]) -> _Theirs:
    theirs, named = _Theirs(), _named(rows)
    referred = {row["referral"] for row in rows if row.get("referral")}
    media = within.media(who)
    for key, *digests in media.values_list("pk", *DIGESTS).order_by("pk").iterator(AT_ONCE):
        for kind, digest in zip(DIGESTS, digests, strict=True):
            if (called := (kind, bytes(digest))) in named:
                theirs.media[called].append(key)
    for item, key in ReviewItem.objects.filter(media__in=media).values_list("public_id", "media").iterator(AT_ONCE):
        if ("item", item) in named:
            theirs.media["item", item].append(key)
    told = within.referrals(who).values_list("public_id", "force", "pk")
    for public_id, force, key in told.iterator(AT_ONCE):
        if public_id in referred:
            theirs.referrals[public_id, force] = key
    return theirs


def _named(rows: Collection[Mapping[str, str]]) -> set[tuple[str, str | bytes]]:
    found = set()
    for row in rows:
        with suppress(InvalidInput):
            found.add(_called(row))
    return found


def _called(row: Mapping[str, str]) -> tuple[str, str | bytes]:
    """What a row calls its medium by. Raises InvalidInput."""
    kind = next((each for each in ("item", *DIGESTS) if row.get(each)), "")
    if not kind:
        raise InvalidInput(NOT_SEEN_HERE)
    return kind, row[kind] if kind == "item" else _digest(row[kind], kind)


def _digest(text: str, kind: str) -> bytes:
    try:
        digest = bytes.fromhex(text)
    except ValueError:
        raise InvalidInput(NOT_SEEN_HERE) from None
    if len(digest) != DIGESTS[kind]:
        raise InvalidInput(NOT_SEEN_HERE)
    return digest
