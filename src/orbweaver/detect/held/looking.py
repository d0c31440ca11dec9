"""The rounds of the ``copies`` worker: hold what is new, forget what is not, compare what waits.

Held points and small pictures are in the clear in the memory of this process alone. Killed at any moment it does the
same again, which changes nothing.
"""

from __future__ import annotations

import datetime as dt
import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final

import pyrage
from django.db.models import Exists, OuterRef, QuerySet

from orbweaver.detect.copies.decoding import Decoders
from orbweaver.detect.copies.matching import Matcher
from orbweaver.detect.copies.picture import Picture
from orbweaver.detect.copies.references import Reference
from orbweaver.detect.copies.results import Answer
from orbweaver.detect.evidence.services import archive_is_on
from orbweaver.detect.held import earlier, finding, gate, holding, keys, packing, references
from orbweaver.detect.held.models import HeldPicture, LookedAt, WaitingPicture
from orbweaver.detect.held.settings import CopiesSettings
from orbweaver.detect.matching.models import Match, Sighting
from orbweaver.detect.matching.rules import Proof
from orbweaver.detect.media.models import Media
from orbweaver.fingerprints.errors import CannotFingerprint

logger = logging.getLogger(__name__)
STEP: Final = 20
"""Pictures of each kind in one round."""
FEW: Final = 200
"""Newly held pictures, or a tenth of all, up to which they are searched beside the others instead of all anew: with a
hundred thousand that takes a minute."""
FORGETS_EVERY_S: Final = 60.0
"""Seconds, of earlier pictures: each of them is looked up."""
LONGEST_PAUSE_S: Final = 2.0
"""Seconds, between two pictures that matched nothing."""

Pause = Callable[[float], bool]
"""Waits for so many seconds, or says at once that it is time to stop."""


@dataclass
class Looker:
    """Holds the references in memory. For one thread."""

    decoders: Decoders
    pause: Pause = lambda _seconds: False
    """Between pictures that matched nothing; at once where nobody minds the time."""
    _matchers: list[Matcher] = field(default_factory=list)
    """Of most of what is held, and of what came since."""
    _settled: int = 0
    """How many the first one has."""
    _held: dict[int, dt.datetime] = field(default_factory=dict)
    _references: dict[int, Reference] = field(default_factory=dict)
    _unreadable: set[int] = field(default_factory=set)
    _forgot_at: float = float("-inf")

    def work(self, now: dt.datetime) -> dict[str, int]:
        """One round; what was done, by name. Nothing while the archive is off."""
        if not archive_is_on():
            return {}
        done = {"forgotten": holding.forget()}
        if time.monotonic() - self._forgot_at > FORGETS_EVERY_S:
            self._forgot_at = time.monotonic()
            done["forgotten"] += earlier.forget()
        done["held"] = references.hold_new(self.decoders, now, STEP, tried=self._unreadable)
        self._follow()
        if not self._matchers:
            return done
        done["compared"] = sum(self._media(media, now) for media in to_compare()[:STEP])
        done["compared"] += sum(self._waiting(row, now) for row in self._next())
        done["met"] = earlier.meet_held(self.decoders, now, self._rest)
        return done

    def close(self) -> None:
        """End the decoder processes."""
        self.decoders.pictures.close()
        self.decoders.films.close()

    def _follow(self) -> None:
        """Bring the memory up to what is held. What is held no longer is in no memory after this."""
        held = dict(HeldPicture.objects.values_list("pk", "made_at"))
        if held == self._held:
            return
        gone = [pk for pk, made_at in self._held.items() if held.get(pk) != made_at]
        for pk in gone:
            self._references.pop(pk, None)
        new = self._read([pk for pk in held if pk not in self._held or pk in gone])
        self._references |= new
        self._held = held
        fresh = list(self._references.values())[self._settled :]
        if gone or not self._matchers or len(fresh) > max(FEW, self._settled // 10):
            self._settled, fresh = len(self._references), []
            self._matchers = [Matcher(list(self._references.values()), self._archived)] if self._references else []
        if fresh:
            self._matchers = [self._matchers[0], Matcher(fresh, self._archived)]

    def _read(self, numbers: list[int]) -> dict[int, Reference]:
        """What is kept of these, in the clear; one that another key sealed is left out."""
        found = {}
        for row in HeldPicture.objects.filter(pk__in=numbers).order_by("pk").iterator(chunk_size=200):
            try:
                found[row.pk] = packing.from_bytes(str(row.media_id), keys.opened(bytes(row.data)))
            except (pyrage.DecryptError, ValueError, KeyError):
                logger.warning("A held picture cannot be read with this key: orbweaver copies rebuild makes it anew.")
        return found

    def _archived(self, name: str) -> Picture | None:
        media = Media.objects.select_related("evidence").filter(pk=int(name)).first()
        return None if media is None else references.archived(self.decoders, media)

    def _media(self, media: Media, now: dt.datetime) -> int:
        """Compare a medium out of the archive."""
        picture = references.archived(self.decoders, media)
        if picture is not None:
            if self._compare(bytes(media.sha256), picture, now):
                finding.record_on(media, now)
            earlier.keep(bytes(media.sha256), None, picture, max(self._held), now)
        LookedAt.objects.get_or_create(media=media, defaults={"at": now})
        return 1

    def _next(self) -> Iterator[WaitingPicture]:
        """What waits, the certain and near ones first; others within their share of time."""
        for row in WaitingPicture.objects.order_by("-certain", "hops", "pk")[:STEP]:
            began = time.process_time()
            yield row
            if self._rest(0.0 if row.certain else time.process_time() - began):
                return

    def _rest(self, spent: float) -> bool:
        """Keep to the share of time after so many seconds of work; whether it is time to stop."""
        share = CopiesSettings.current().copies_share
        return self.pause(min(LONGEST_PAUSE_S, spent * (1 - share) / max(share, 0.01)))

    def _waiting(self, row: WaitingPicture, now: dt.datetime) -> int:
        """Compare a crawled picture, and let its place be fetched again if it shows something held."""
        sha256 = bytes(row.sha256)
        try:
            picture = self.decoders.picture(keys.opened(bytes(row.data)))
        except (pyrage.DecryptError, CannotFingerprint):
            picture = None
        if picture is not None:
            if self._compare(sha256, picture, now):
                finding.fetch_again(row.place_id, sha256, now)
            earlier.keep(sha256, row.place_id, picture, max(self._held), now)
        row.delete()
        return 1

    def _compare(self, sha256: bytes, picture: Picture, now: dt.datetime) -> bool:
        """Whether it shows something held, which is then kept."""
        answers = [each.match(picture, Answer(sha256.hex())) for each in self._matchers]
        kept = finding.keep(sha256, [match for answer in answers for match in answer.matches], now)
        proved = sum(each.decision == "proved" for each in kept)
        gate.count(compared=1, proved=proved, suspected=len(kept) - proved)
        return bool(kept)


def to_compare() -> QuerySet[Media]:
    """Media that were reported or matched by a piece and were not compared yet; none that is held or known."""
    whole = Match.objects.filter(sighting__media=OuterRef("pk"), proof=Proof.HASH)
    kept = Media.objects.filter(evidence__isnull=False, evidence__erased_at=None, mime__startswith="image/")
    seen = kept.filter(Exists(Sighting.objects.filter(media=OuterRef("pk")))).exclude(Exists(whole))
    return seen.filter(compared__isnull=True, held__isnull=True).select_related("evidence").order_by("pk")
