"""Addresses that are valid for a while: which are signed, when they expire, and which other one is the same file. Pure.

A signed address stops working by itself, whether or not the picture is still there; a host may sign it anew at each
visit to a page. What marks one is data: ``signed.toml``.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
import tomllib
from collections.abc import Mapping, Set
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final
from urllib.parse import parse_qsl, unquote_plus

from orbweaver.platform.network.urls import ParsedUrl

_EPOCH: Final = re.compile(r"1[4-9]\d{8}|[2-3]\d{9}")
"""Seconds since 1970, from 2014 to 2096."""
_TOKEN: Final = re.compile(r"[A-Za-z0-9_=.-]{16,}")
"""What stands beside an instant in the path of a signed address."""
_SESSION: Final = re.compile(r"[A-Za-z0-9,-]{22,}")
"""What a session is called by; ``?s=5`` is none."""
_FILE: Final = re.compile(r"\.(?:jpe?g|png|gif|webp|avif|bmp|tiff?|heic|svg|mp4|webm|mov|mkv|avi|m4v)$", re.IGNORECASE)
"""Paths that name a medium themselves, whatever the query says; ``image.php`` does not."""
_OBJECT: Final = re.compile(r"\d{4,}|(?=\D*\d)(?=[^A-Za-z]*[A-Za-z])[A-Za-z0-9_-]{10,}")
"""The last part of a path that names one object: a number, or letters and digits as drawn at random; not ``image``."""
_WITHIN: Final = re.compile(r"(?:^|[~,&;])(?:exp|expires|e)=(\d{10})(?!\d)")
"""An instant within a value of several parts, such as Akamai's ``exp=1700000000~acl=/*~hmac=…``."""


@dataclass(frozen=True)
class Marks:
    """What ``signed.toml`` says."""

    names: frozenset[str]
    together: tuple[frozenset[str], ...]
    instants: frozenset[str]
    hex_instants: frozenset[str]
    accompanying: frozenset[str]
    path_marks: tuple[str, ...]
    objects: frozenset[str]
    sessions: frozenset[str]
    looks: frozenset[str]


@cache
def marks() -> Marks:
    """The marks, read once."""
    values = tomllib.loads((files("orbweaver.platform.network") / "signed.toml").read_text(encoding="utf-8"))
    return Marks(
        frozenset(values["names"]),
        tuple(frozenset(each) for each in values["together"]),
        frozenset(values["instants"]),
        frozenset(values["hex_instants"]),
        frozenset(values["accompanying"]),
        tuple(values["path_marks"]),
        frozenset(values["objects"]),
        frozenset(values["sessions"]),
        frozenset(values["looks"]),
    )


def is_signed(url: ParsedUrl) -> bool:
    """Whether this address is made to stop working by itself."""
    named = _query(url).keys()
    known = marks()
    return (
        bool(named & known.names)
        or any(group <= named for group in known.together)
        or len(_plain_parts(url.path)) < len(url.path.split("/"))
    )


def expires_at(url: ParsedUrl) -> dt.datetime | None:
    """When a signed address stops working, if it says so in a way that is known."""
    if not is_signed(url):
        return None
    query = _query(url)
    return _from_amazon(query) or _first_instant(query) or _from_path(url.path)


def is_same_file(one: ParsedUrl, other: ParsedUrl) -> bool:
    """Whether two addresses are the same but for signatures; a file's name in the path is enough to tell."""
    if one.host != other.host or _plain_parts(one.path) != _plain_parts(other.path):
        return False
    return bool(_FILE.search(one.path)) or _plain_query(one) == _plain_query(other)


def file_key(url: ParsedUrl) -> bytes:
    """32 bytes that stand for the file at an address: the same under each of its signatures and for each visitor.

    Without a signature or a session it is ``url.key``. So it is where nothing else tells the file, as at
    ``/image.php?token=…``: two tokens may be two files (``path_key``). An instant and a token in the path count as its
    own: they may as well name the folder of an upload.
    """
    plain = _without_signature(url)
    return _key(plain) if _tells(url, plain) else url.key


def path_key(url: ParsedUrl) -> bytes | None:
    """32 bytes that signed addresses of one path share, where nothing but the signature may tell the file; else None.

    Whether two of them are one file, only what is found there can tell, and the page that leads to them.
    """
    plain = _without_signature(url)
    return None if plain == url.normal or _tells(url, plain) else _key(plain)


def varies(url: ParsedUrl) -> bool:
    """Whether the same file may be found at another address at the next visit: it is signed, or names a session."""
    return is_signed(url) or file_key(url) != url.key


def _without_signature(url: ParsedUrl) -> str:
    """The address without what signs it and without sessions."""
    if not url.query and "=" not in url.path:
        return url.normal
    named = _query(url)
    sessions = {name for name in marks().sessions & named.keys() if _SESSION.fullmatch(named[name])}
    passing = _signing(named.keys()) | sessions
    path = "/".join(part for part in url.path.split("/") if not _is_marked(part))
    query = "&".join(each for each in url.query.split("&") if _name(each) not in passing)
    if (path, query) == (url.path, url.query):
        return url.normal
    origin = url.normal[: url.normal.index("/", url.normal.index("://") + 3)]
    return f"{origin}{path}{'?' * bool(query)}{query}"


def _tells(url: ParsedUrl, plain: str) -> bool:
    """Whether an address without its signature still names one file: in its path, or by what is left of its query."""
    path, _, query = plain.partition("?")
    return (
        any(_name(each) not in marks().looks for each in query.split("&") if each)
        or bool(_FILE.search(path) or _OBJECT.fullmatch(path.rpartition("/")[2]))
        or not marks().objects.isdisjoint(_query(url))
    )


def _key(normal: str) -> bytes:
    return hashlib.sha256(normal.encode()).digest()


def _name(parameter: str) -> str:
    return unquote_plus(parameter.partition("=")[0]).lower()


def _query(url: ParsedUrl) -> dict[str, str]:
    return {name.lower(): value for name, value in parse_qsl(url.query, max_num_fields=None) if value}


def _plain_query(url: ParsedUrl) -> dict[str, str]:
    query = _query(url)
    signing = _signing(query.keys())
    return {name: value for name, value in query.items() if name not in signing}


def _signing(named: Set[str]) -> frozenset[str]:
    """Which of the parameters of a query sign it."""
    known = marks()
    signing = known.names & named | {name for group in known.together if group <= named for name in group}
    return signing | (known.accompanying & named) if signing else signing


def _plain_parts(path: str) -> list[str]:
    """The parts of a path without those that sign it."""
    parts = path.split("/")
    return [part for number, part in enumerate(parts) if not _signs(parts, number)]


def _signs(parts: list[str], number: int) -> bool:
    part = parts[number]
    if _is_marked(part):
        return True
    neighbours = [parts[each] for each in (number - 1, number + 1) if 0 <= each < len(parts) - 1]
    if _EPOCH.fullmatch(part):
        return any(_TOKEN.fullmatch(each) for each in neighbours)
    is_last = number == len(parts) - 1
    return not is_last and bool(_TOKEN.fullmatch(part)) and any(_EPOCH.fullmatch(each) for each in neighbours)


def _is_marked(part: str) -> bool:
    return any(mark in part.lower() for mark in marks().path_marks)


def _from_amazon(query: Mapping[str, str]) -> dt.datetime | None:
    for maker in ("amz", "goog"):
        signed_at, lasts = query.get(f"x-{maker}-date", ""), query.get(f"x-{maker}-expires", "")
        if re.fullmatch(r"\d{8}T\d{6}Z", signed_at) and re.fullmatch(r"\d{1,7}", lasts):
            return _iso(signed_at, dt.timedelta(seconds=int(lasts)))
    return None


def _first_instant(query: Mapping[str, str]) -> dt.datetime | None:
    known = marks()
    for name, value in query.items():
        if name in known.instants and (found := _instant(value)) is not None:
            return found
        if name in known.hex_instants and re.fullmatch(r"[0-9a-f]{8}", value.lower()):
            return _from_epoch(str(int(value, 16)))
        if name in known.names and (within := _WITHIN.search(value)):
            return _from_epoch(within[1])
    return None


def _instant(value: str) -> dt.datetime | None:
    if re.fullmatch(r"\d{13}", value):
        value = value[:10]
    return _from_epoch(value) or _iso(value)


def _from_path(path: str) -> dt.datetime | None:
    for index, part in enumerate(parts := path.split("/")):
        if within := _WITHIN.search(part):
            return _from_epoch(within[1])
        if _EPOCH.fullmatch(part) and _signs(parts, index):
            return _from_epoch(part)
    return None


def _from_epoch(seconds: str) -> dt.datetime | None:
    return dt.datetime.fromtimestamp(int(seconds), dt.UTC) if _EPOCH.fullmatch(seconds) else None


def _iso(value: str, later: dt.timedelta = dt.timedelta(0)) -> dt.datetime | None:
    if not re.match(r"20\d\d-?[01]\d-?[0-3]\d", value):
        return None
    try:
        found = dt.datetime.fromisoformat(value) + later
    except (ValueError, OverflowError):
        return None
    return found if found.tzinfo else found.replace(tzinfo=dt.UTC)
