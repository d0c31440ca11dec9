"""Files as this room looks at them, decoded in processes that hold nothing worth taking."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from types import TracebackType
from typing import Final, Self

from orbweaver.detect.copies.filmed import Filmed, filmed
from orbweaver.detect.copies.picture import LONGEST, Picture, picture_of
from orbweaver.fingerprints.errors import CannotFingerprint
from orbweaver.fingerprints.limits import DEFAULT_LIMITS
from orbweaver.fingerprints.pool import SOFT_SHARE, DecoderPool
from orbweaver.fingerprints.result import Frames, Sized

PATIENT: Final = replace(DEFAULT_LIMITS, max_decode_s=4 * 3600.0)
"""A film that somebody names is read whole, however long it takes."""


class Decoders:
    """One process for pictures, and one for films, which may take their time. Use it as a context manager.

    Each comes up with the first file for it.
    """

    def __init__(self, memory_mb: int = 2048) -> None:
        """``memory_mb`` is what decoding one file may take."""
        self.pictures = DecoderPool(1, memory_mb, ready=0)
        self.films = DecoderPool(1, memory_mb, PATIENT.max_decode_s / SOFT_SHARE, limits=PATIENT, ready=0)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.pictures.close()
        self.films.close()

    def spent(self) -> dict[int, float]:
        """Seconds of processor time that each process that is up has used, by its number."""
        pids = [*self.pictures.pids, *self.films.pids]
        return {pid: seconds for pid in pids if (seconds := _processor_s(pid)) is not None}

    def spent_since(self, before: dict[int, float]) -> float:
        """Seconds that they used since then. Of a process that came up since, starting is no part of a file's time, so
        nothing of it counts."""
        return sum(max(0.0, seconds - before.get(pid, seconds)) for pid, seconds in self.spent().items())

    def picture(self, data: bytes) -> Picture:
        """The first picture that a file shows. Raises CannotFingerprint with the reason."""
        seen = self.pictures.submit_views(data, Sized(LONGEST)).result()
        if not seen.views:
            raise CannotFingerprint(seen.error or "no_picture")
        return picture_of(seen.views[0])

    def film(self, data: bytes) -> Filmed:
        """A film, ready to be compared; of a broken one what can be read. Raises CannotFingerprint."""
        track = self.films.submit_track(data).result()
        if not len(track.times):
            raise CannotFingerprint(track.note or "no_picture")
        return filmed(track)

    def stills(self, data: bytes, fps: float) -> Iterator[tuple[float, Picture]]:
        """Seconds and picture of ``fps`` frames of each second of a film; of a broken one those before the damage."""
        after_s, more = -1.0, True
        while more:
            seen = self.films.submit_views(data, Frames(fps, after_s)).result()
            for view in seen.views:
                yield view.time_s, picture_of(view)
            more = seen.more and seen.views[-1].time_s > after_s
            after_s = seen.views[-1].time_s if more else after_s


def _processor_s(pid: int) -> float | None:
    """Processor time of another process by its own clock (clock_getcpuclockid(3) of Linux); None once it is gone."""
    try:
        return time.clock_gettime(~pid << 3 | 2)
    except OSError:
        return None
