"""References and queries out of folders, for the command line and for measurements."""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from orbweaver.detect.copies import messages
from orbweaver.detect.copies.decoding import Decoders
from orbweaver.detect.copies.embedding import Model
from orbweaver.detect.copies.film_folders import FilmCollection, FilmMatcher, is_film, pictures_of
from orbweaver.detect.copies.matching import Matcher
from orbweaver.detect.copies.picture import Picture, resized
from orbweaver.detect.copies.references import Reference, reference_of
from orbweaver.detect.copies.results import Answer, CopyMatch
from orbweaver.fingerprints.animations import is_animation
from orbweaver.fingerprints.errors import CannotFingerprint

MAX_BYTES = 256 * 2**20
"""Bytes of a file that is read."""


@dataclass
class Collection:
    """The references of some folders."""

    decoders: Decoders
    model: Model | None = None
    references: list[Reference] = field(default_factory=list)
    films: FilmCollection = field(default_factory=FilmCollection)
    """The films among them; stills of them are among the references, for edited ones."""
    errors: dict[str, str] = field(default_factory=dict)
    """Codes of why a file is no reference, by its path."""

    @property
    def count(self) -> int:
        """Files that are held: pictures and films."""
        return len(self.references) - len(self.films.moments) + len(self.films.names)

    def matcher(self, *, hashes_only: bool = False) -> Matcher:
        """Find copies of them; close calls are compared with the files themselves."""
        return Matcher(self.references, self._archived, hashes_only=hashes_only, model=self.model)

    def _archived(self, name: str) -> Picture | None:
        """The picture of a reference that is a file; None of a still of a film, or where it cannot be read any more."""
        if name in self.films.moments:
            return None
        try:
            return self.decoders.picture(body(Path(name)))
        except CannotFingerprint:
            return None


def collected(paths: Iterable[Path], decoders: Decoders, model: Model | None = None) -> Collection:
    """A reference for each file that shows a picture; of a film, its frames and some stills."""
    found = Collection(decoders, model)
    for path in paths:
        name = os.fsdecode(path)
        try:
            data = body(path)
            if is_film(data):
                found.references += found.films.add(name, data, decoders, model)
            else:
                found.references.append(reference_of(name, decoders.picture(data), model))
        except CannotFingerprint as reason:
            found.errors[name] = reason.code
    return found


def body(path: Path) -> bytes:
    """The bytes of a file. Raises CannotFingerprint with the reason."""
    try:
        about = path.stat()
        if not stat.S_ISREG(about.st_mode):
            raise CannotFingerprint("not_a_file")  # a pipe would keep the run waiting, a device would never end
        if about.st_size > MAX_BYTES:
            raise CannotFingerprint("too_large")
        return path.read_bytes()
    except FileNotFoundError:
        raise CannotFingerprint("not_found") from None
    except OSError:
        raise CannotFingerprint("unreadable") from None


def answers(matcher: Matcher, films: FilmMatcher, paths: Iterable[Path], decoders: Decoders) -> Iterator[Answer]:
    """An answer for each file, in order; what cannot be read says so in its ``error``."""
    _load(matcher, films)
    for path in paths:
        answer = Answer(os.fsdecode(path))
        spent = decoders.spent()
        started = time.process_time()
        try:
            _answer(matcher, films, body(path), decoders, answer)
        except CannotFingerprint as reason:
            answer.error = reason.code
        seconds = time.process_time() - started + decoders.spent_since(spent)
        answer.ms = round(seconds * 1000, 3)
        yield answer


def _load(matcher: Matcher, films: FilmMatcher) -> None:
    """Match noise, so that what is loaded once is no part of the first answer's time."""
    noise = np.random.default_rng(1).integers(0, 256, (96, 128, 3), np.uint8)
    picture = Picture(resized(noise, 512))
    answer = matcher.match(picture, Answer(""))
    films.match_still(picture, answer)


def _answer(matcher: Matcher, films: FilmMatcher, data: bytes, decoders: Decoders, answer: Answer) -> None:
    if is_film(data):
        films.match_film(decoders.film(data), answer)
        if is_animation(data):
            _match_each(matcher, films, [picture for _, picture in pictures_of(data, decoders)], answer)
        return
    picture = decoders.picture(data)
    matcher.match(picture, answer)
    films.match_still(picture, answer)


def _match_each(matcher: Matcher, films: FilmMatcher, pictures: Iterable[Picture], answer: Answer) -> None:
    """What any picture of an animation shows; of each reference the strongest match."""
    best: dict[str, CopyMatch] = {}
    gate = answer.gate
    for picture in pictures:
        one = matcher.match(picture, Answer(answer.query))
        films.match_still(picture, one)
        gate = "matched" if "matched" in {gate, one.gate} else one.gate
        for match in one.matches:
            old = best.get(match.reference)
            if old is None or (match.decision, -match.strength) < (old.decision, -old.strength):
                best[match.reference] = match
    answer.gate = gate
    answer.matches = sorted(best.values(), key=lambda match: (match.decision, -match.strength))


def nothing_there(folder: Path) -> Answer:
    """The answer for a folder without files."""
    code = messages.NO_FILES.code.removeprefix("copies.") if folder.is_dir() else "not_found"
    return Answer(os.fsdecode(folder), error=code)
