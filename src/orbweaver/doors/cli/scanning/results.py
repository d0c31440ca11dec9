"""Results of a scan in a file, one JSON object a line: what is in it already is not scanned again.

But for what could not be read: its network or its permission may be back. Its later line is the one that counts.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, Self

from orbweaver.doors.cli.messages import RESULTS_IN_USE, RESULTS_UNUSABLE
from orbweaver.errors import Conflict, InvalidInput

KEY_BYTES: Final = 16
"""Of a digest of a name, which is remembered in its place: names may be long."""


class Results:
    """The file, locked while it is open. A line that a kill cut off is taken out, and its file is scanned again."""

    def __init__(self, path: Path, count: Callable[[Mapping[str, Any]], None]) -> None:
        """Open or make it; ``count`` is called for each result in it that stands. Raises InvalidInput or Conflict."""
        self._done: set[bytes] = set()
        self._path = path
        try:
            self._file = path.open("a+b")
        except OSError as error:
            raise InvalidInput(RESULTS_UNUSABLE.of(reason=str(error.strerror))) from None
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._read(count)
        except BlockingIOError:
            self._file.close()
            raise Conflict(RESULTS_IN_USE) from None
        except BaseException:
            self._file.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def has(self, name: bytes) -> bool:
        """Whether there is a result for what has this name, or it is this file itself, which grows while it is read."""
        return _key(name) in self._done or self._is_itself(name)

    def _is_itself(self, name: bytes) -> bool:
        path = Path(os.fsdecode(name))
        if path.name != self._path.name:  # spares a question to the disk for each file
            return False
        with suppress(OSError, ValueError):
            return path.samefile(self._path)
        return False

    def add(self, results: Sequence[Mapping[str, Any]]) -> None:
        """Write results, which are safe from a kill from then on."""
        self._file.write(b"".join(json.dumps(each, default=str).encode() + b"\n" for each in results))
        self._file.flush()

    def _read(self, count: Callable[[Mapping[str, Any]], None]) -> None:
        self._file.seek(0)
        whole = 0
        for line in self._file:
            if not line.endswith(b"\n"):
                break
            try:
                found = json.loads(line)
                name = found["path"]
            except (ValueError, TypeError, KeyError):
                raise InvalidInput(RESULTS_UNUSABLE.of(reason="a line is no result of a scan")) from None
            if found.get("error") is None or found.get("sha256") is not None:
                self._done.add(_key(os.fsencode(name)))
                count(found)
            whole += len(line)
        self._file.truncate(whole)


def _key(name: bytes) -> bytes:
    return hashlib.blake2b(name, digest_size=KEY_BYTES).digest()
