"""References and queries out of folders, for the command line and for measurements."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from orbweaver.detect.copies import messages
from orbweaver.detect.copies.matching import Matcher
from orbweaver.detect.copies.picture import Picture, decoded
from orbweaver.detect.copies.references import Reference, reference_of
from orbweaver.detect.copies.results import Answer
from orbweaver.fingerprints.errors import CannotFingerprint

MAX_BYTES = 256 * 2**20
"""Bytes of a file that is read."""


@dataclass
class Collection:
    """The references of some folders."""

    references: list[Reference] = field(default_factory=list)
    errors: dict[str, str] = field(default_factory=dict)
    """Codes of why a file is no reference, by its path."""

    def matcher(self, *, hashes_only: bool = False) -> Matcher:
        """Find copies of them; close calls are compared with the files themselves."""
        return Matcher(self.references, archived, hashes_only=hashes_only)


def collected(paths: Iterable[Path]) -> Collection:
    """A reference for each file that shows a picture."""
    found = Collection()
    for path in paths:
        name = os.fsdecode(path)
        try:
            found.references.append(reference_of(name, read(path)))
        except CannotFingerprint as reason:
            found.errors[name] = reason.code
    return found


def read(path: Path) -> Picture:
    """The picture in a file. Raises CannotFingerprint with the reason."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise CannotFingerprint("too_large")
        data = path.read_bytes()
    except FileNotFoundError:
        raise CannotFingerprint("not_found") from None
    except OSError:
        raise CannotFingerprint("unreadable") from None
    return decoded(data)


def archived(name: str) -> Picture | None:
    """The picture of a reference that is a file; None where it cannot be read any more."""
    try:
        return read(Path(name))
    except CannotFingerprint:
        return None


def answers(matcher: Matcher, paths: Iterable[Path]) -> Iterator[Answer]:
    """An answer for each file, in order; what cannot be read says so in its ``error``."""
    for path in paths:
        answer = Answer(os.fsdecode(path))
        started = time.process_time()
        try:
            matcher.match(read(path), answer)
        except CannotFingerprint as reason:
            answer.error = reason.code
        answer.ms = round((time.process_time() - started) * 1000, 3)
        yield answer


def nothing_there(folder: Path) -> Answer:
    """The answer for a folder without files."""
    code = messages.NO_FILES.code.removeprefix("copies.") if folder.is_dir() else "not_found"
    return Answer(os.fsdecode(folder), error=code)
