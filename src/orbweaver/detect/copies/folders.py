"""References and queries out of folders, for the command line and for measurements."""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from orbweaver.detect.copies import messages
from orbweaver.detect.copies.decoding import Decoders
from orbweaver.detect.copies.film_folders import FilmCollection, FilmMatcher, is_film
from orbweaver.detect.copies.matching import Matcher
from orbweaver.detect.copies.picture import Picture
from orbweaver.detect.copies.references import Reference, reference_of
from orbweaver.detect.copies.results import Answer
from orbweaver.fingerprints.errors import CannotFingerprint

MAX_BYTES = 256 * 2**20
"""Bytes of a file that is read."""


@dataclass
class Collection:
    """The references of some folders."""

    decoders: Decoders
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
        return Matcher(self.references, self._archived, hashes_only=hashes_only)

    def _archived(self, name: str) -> Picture | None:
        """The picture of a reference that is a file; None where it cannot be read any more."""
        try:
            return self.decoders.picture(body(Path(name)))
        except CannotFingerprint:
            return None


def collected(paths: Iterable[Path], decoders: Decoders) -> Collection:
    """A reference for each file that shows a picture; of a film, its frames and some stills."""
    found = Collection(decoders)
    for path in paths:
        name = os.fsdecode(path)
        try:
            data = body(path)
            if is_film(data):
                found.references += found.films.add(name, data, decoders)
            else:
                found.references.append(reference_of(name, decoders.picture(data)))
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
    for path in paths:
        answer = Answer(os.fsdecode(path))
        started = time.process_time()
        try:
            _answer(matcher, films, body(path), decoders, answer)
        except CannotFingerprint as reason:
            answer.error = reason.code
        answer.ms = round((time.process_time() - started) * 1000, 3)
        yield answer


def _answer(matcher: Matcher, films: FilmMatcher, data: bytes, decoders: Decoders, answer: Answer) -> None:
    if is_film(data):
        films.match_film(decoders.film(data), answer)
        return
    picture = decoders.picture(data)
    matcher.match(picture, answer)
    films.match_still(picture, answer)


def nothing_there(folder: Path) -> Answer:
    """The answer for a folder without files."""
    code = messages.NO_FILES.code.removeprefix("copies.") if folder.is_dir() else "not_found"
    return Answer(os.fsdecode(folder), error=code)
