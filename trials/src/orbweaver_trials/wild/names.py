"""A stand-in for the name servers of every program of a run: the names of the world, and no others.

It is put before each program as its ``sitecustomize``; the names are read anew when their file changes, so that a name
can go.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path

_CODE = '''"""The names of a small world, in place of name servers."""

import json
import os
import socket

_FILE, _asked = {file!r}, socket.getaddrinfo
_known = {{"at": None, "names": {{}}}}


def _names():
    stamp = os.stat(_FILE).st_mtime_ns
    if stamp != _known["at"]:
        with open(_FILE, encoding="utf-8") as stream:
            _known.update(at=stamp, names=json.load(stream))
    return _known["names"]


def _answer(host, *arguments, **options):
    name = host.decode() if isinstance(host, bytes) else host
    if isinstance(name, str) and name.rstrip(".").lower().endswith(".example"):
        address = _names().get(name.rstrip(".").lower())
        if address is None:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return _asked(address, *arguments, **options)
    return _asked(host, *arguments, **options)


socket.getaddrinfo = _answer
'''


class Names:
    """Names → addresses, for all programs that get ``environment``."""

    def __init__(self, folder: Path, names: Mapping[str, str]) -> None:
        self._names = dict(names)
        self._file = folder / "names.json"
        self._folder = folder / "names"
        self._folder.mkdir(parents=True, exist_ok=True)
        (self._folder / "sitecustomize.py").write_text(_CODE.format(file=str(self._file)), encoding="utf-8")
        self._write()

    @property
    def environment(self) -> dict[str, str]:
        """What makes a Python program ask here."""
        return {"PYTHONPATH": os.pathsep.join([str(self._folder), *filter(None, [os.environ.get("PYTHONPATH")])])}

    def forget(self, name: str) -> None:
        """From now on nobody knows this name."""
        if self._names.pop(name, None):
            self._write()

    def _write(self) -> None:
        draft = self._file.with_suffix(".part")
        draft.write_text(json.dumps(self._names), encoding="utf-8")
        draft.chmod(0o644)
        draft.rename(self._file)
