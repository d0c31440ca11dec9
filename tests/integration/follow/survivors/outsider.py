"""What an abuser may try at a running server to learn whether somebody has asked: raw requests, as programs send."""

from __future__ import annotations

import http.client
import math
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

Texts = tuple[int, tuple[tuple[str, str], ...], bytes]
"""Status, headers and body of an answer, without what is drawn by chance for each."""

BY_CHANCE = re.compile(
    rb'class="mono keep" id="\w+">[^<]+<|name="form" value="[^"]*"|rep_\w+|(?<=value=")[0-9a-z ]{10,24}(?=")'
)
BY_THE_CLOCK = {"date"}


@dataclass(frozen=True)
class Seen:
    """One answer: what it says, and the seconds that it took."""

    said: Texts
    seconds: float


class Outsider:
    """Somebody at a distance, with one connection after another."""

    def __init__(self, address: str) -> None:
        self.host = urlsplit(address).netloc

    def send(self, method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None) -> Seen:
        """One request on a connection of its own."""
        connection = http.client.HTTPConnection(self.host, timeout=120)
        begun = time.perf_counter()
        connection.request(method, path, body or None, headers or {})
        answer = connection.getresponse()
        read = answer.read()
        took = time.perf_counter() - begun
        connection.close()
        named = {name.lower(): BY_CHANCE.sub(b"?", value.encode()).decode() for name, value in answer.getheaders()}
        kept = sorted((name, value) for name, value in named.items() if name not in BY_THE_CLOCK)
        return Seen((answer.status, tuple(kept), BY_CHANCE.sub(b"?", read)), took)

    def form(self, path: str, headers: dict[str, str] | None = None, /, **fields: str) -> Seen:
        """A form, as a browser sends it."""
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        return self.send("POST", path, urlencode(fields).encode(), {**kind, **(headers or {})})

    def shown(self, path: str, name: str) -> tuple[str, dict[str, str]]:
        """The value of a hidden field of a page, and the cookie that came with it, as a header."""
        connection = http.client.HTTPConnection(self.host, timeout=120)
        connection.request("GET", path)
        answer = connection.getresponse()
        [value, *_] = re.findall(rf'name="{name}" value="([^"]*)"', answer.read().decode())
        cookie = (answer.getheader("Set-Cookie") or "").partition(";")[0]
        connection.close()
        return str(value), {"Cookie": cookie} if cookie else {}


def in_turns(count: int, one: Callable[[int], Seen], other: Callable[[int], Seen]) -> tuple[list[Seen], list[Seen]]:
    """That many answers of each, in turns, and who is first in turns, too."""
    found: tuple[list[Seen], list[Seen]] = ([], [])
    for number in range(count):
        for which in (0, 1) if number % 2 else (1, 0):
            found[which].append((one, other)[which](number))
    return found


def advantage(one: Sequence[float], other: Sequence[float]) -> float:
    """How much better than chance the best threshold tells the two apart: 0 not at all, 0.5 always."""
    cuts = sorted((at, kind) for kind, values in ((1, one), (-1, other)) for at in values)
    ahead, most = 0, 0
    for place, (at, kind) in enumerate(cuts):
        ahead += kind
        if place + 1 == len(cuts) or cuts[place + 1][0] != at:
            most = max(most, abs(ahead))
    return most / (2 * len(one))


def limit(count: int) -> float:
    """What chance gives in 999 of 1,000 such comparisons (Kolmogorov and Smirnov), as an advantage."""
    return 1.95 * math.sqrt(2 / count) / 2


def told_apart(pair: tuple[Sequence[Seen], Sequence[Seen]]) -> dict[str, float]:
    """What a classifier gets out of answers of two kinds: by what they say, by their length, and by their time."""
    texts = sorted({each.said for kind in pair for each in kind})
    measures: dict[str, Callable[[Seen], float]] = {
        "text": lambda each: float(texts.index(each.said)),
        "length": lambda each: float(len(each.said[2])),
        "time": lambda each: each.seconds,
    }
    return {name: advantage(*([measure(each) for each in kind] for kind in pair)) for name, measure in measures.items()}
