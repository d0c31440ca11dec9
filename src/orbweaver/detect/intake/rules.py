"""How many reports one network may send, and how hashes are read that a survivor brings. Pure."""

from __future__ import annotations

import datetime as dt
import hashlib
import ipaddress
import re
from dataclasses import dataclass
from typing import Final

NETWORK_BITS: Final = {4: 24, 6: 64}
"""Bits of an address that one household or office usually has to itself: what lies below is one sender."""


def network_of(address: str) -> str:
    """The network that an address counts for; "unknown" for what is none."""
    try:
        parsed = ipaddress.ip_address(address.strip())
    except ValueError:
        return "unknown"
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped is not None:
        parsed = parsed.ipv4_mapped
    return str(ipaddress.ip_network(f"{parsed}/{NETWORK_BITS[parsed.version]}", strict=False))


def hour_of(now: dt.datetime) -> dt.datetime:
    """The hour that reports of this moment are counted in."""
    return now.replace(minute=0, second=0, microsecond=0)


def minutes_left(now: dt.datetime) -> int:
    """Minutes until another hour is counted, 1 to 60: wherever somebody lives, a clock of theirs tells as many."""
    return 60 - now.minute


def sender_key(address: str, hour: dt.datetime, secret: str) -> bytes:
    """32 bytes that stand for a sender within one hour. Without the secret they tell nothing."""
    text = f"{network_of(address)} {hour.isoformat()}".encode()
    return hashlib.blake2b(text, key=hashlib.sha256(secret.encode()).digest(), digest_size=32).digest()


_FRAME = re.compile(r"frame:([0-9a-f]{64})@([0-9]{1,6}\.[0-9]{3})/([0-9]{1,6}\.[0-9]{3}),([0-9]{1,3})", re.I | re.A)
"""What our page writes of a picture out of a video: PDQ, seconds from the start, length of the video, quality."""
_NAMED = re.compile(r"(?:(md5|sha-?1|sha-?256|pdq|frame)\s*[:=,\s]\s*)?([0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{64})", re.I)
_KINDS: Final = {32: ("md5",), 40: ("sha1",), 64: ("sha256", "pdq")}
"""By hexadecimal digits. 64 may be either; both are looked for where nobody says which it is."""
LEAST_QUALITY: Final = 50
"""What has less is too flat to compare by: our page never sends it."""
MOST_FRAMES: Final = 48
"""Pictures that our page sends of one video."""
LONGEST_S: Final = 86_400.0


@dataclass(frozen=True)
class AskedFor:
    """One hash that a survivor brings. ``is_frame``: a PDQ of one picture out of a film."""

    kind: str
    value: bytes
    is_frame: bool = False
    time_s: float | None = None
    """Of a picture out of a film: seconds from the start, where whoever made it says so."""
    quality: int | None = None
    """0-100, where it is said."""


@dataclass
class _Film:
    """What was read so far of the pictures of one film: they stand one below the other, in the order of time."""

    length_s: float = -1.0
    last_s: float = -1.0
    count: int = 0

    def takes(self, time_s: float, length_s: float) -> bool:
        """Whether a picture may come next; where the length is another one, another film begins."""
        if length_s != self.length_s:
            self.length_s, self.last_s, self.count = length_s, -1.0, 0
        if not self.last_s < time_s <= length_s <= LONGEST_S or self.count == MOST_FRAMES:
            return False
        self.last_s, self.count = time_s, self.count + 1
        return True


def read_hashes(text: str) -> tuple[list[AskedFor], list[int]]:
    """The hashes of a text, one a line, with or without the name of their kind; and the numbers of lines that are none.

    That is what our own page writes, and what Take It Down and StopNCII give people (MD5 and PDQ). Of a picture out of
    a video our page says its time and its quality, too; a line of before it did is read as well.
    """
    found: dict[AskedFor, None] = {}
    bad, film = [], _Film()
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        if "@" in line:
            frame = _frame_of(line.strip(), film)
            if frame is None:
                bad.append(number)
            else:
                found[frame] = None
            continue
        film = _Film()
        match = _NAMED.fullmatch(line.strip())
        kinds = _kinds_of(match) if match else ()
        if match is None or not kinds:
            bad.append(number)
            continue
        name, digits = (match[1] or "").lower(), match[2].lower()
        found |= {AskedFor(kind, bytes.fromhex(digits), name == "frame"): None for kind in kinds}
    return list(found), bad


def _frame_of(line: str, film: _Film) -> AskedFor | None:
    """A picture out of a video with its time; None where the line, its order or its numbers are not our page's."""
    match = _FRAME.fullmatch(line)
    if match is None or not LEAST_QUALITY <= int(match[4]) <= 100 or not film.takes(float(match[2]), float(match[3])):
        return None
    return AskedFor("pdq", bytes.fromhex(match[1]), is_frame=True, time_s=float(match[2]), quality=int(match[4]))


def _kinds_of(match: re.Match[str]) -> tuple[str, ...]:
    """Which kinds a line may be of; none where its name and its length do not fit."""
    possible, name = _KINDS[len(match[2])], (match[1] or "").lower().replace("-", "")
    name = "pdq" if name == "frame" else name
    return possible if not name else tuple(kind for kind in possible if kind == name)
