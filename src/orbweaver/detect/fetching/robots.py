"""robots.txt (RFC 9309): what a site asks of crawlers, and what to make of a robots.txt that does not come. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import islice
from typing import Final

from protego import Protego

MAX_BYTES: Final = 512 * 1024
"""Bytes of robots.txt that are read; RFC 9309 asks for 500 KiB at least."""
MAX_LINE: Final = 2000
"""Characters of a line; longer than any path that a server takes in earnest."""
FRESH_S: Final = 24 * 3600.0
"""Seconds for which a robots.txt is kept (RFC 9309, section 2.4)."""
CRAWL_DELAY_MAX_S: Final = 30.0
"""The longest Crawl-delay that is kept: at 30 s a site of 1,000 pages takes eight hours."""
SITEMAPS_A_SITE: Final = 20
"""Sitemaps of one robots.txt that are read; the protocol lets an index name the rest."""
ALLOW_ALL: Final = ""
_AGENT_LINE: Final = re.compile(r"\s*user[- ]?agent\s*:?\s*(.*)", re.IGNORECASE)


class Robots:
    """The rules of one site for our user agent."""

    def __init__(self, text: str, user_agent: str) -> None:
        """``text`` is robots.txt; the user agent's first word (``Orbweaver``) is what its groups are matched with."""
        self._agent = user_agent.split("/", 1)[0].split(" ", 1)[0]
        self._rules = Protego.parse(_for_agent(text, self._agent)) if text.strip() else None

    def allows(self, url: str) -> bool:
        """Whether the site lets us fetch this URL."""
        return self._rules is None or bool(self._rules.can_fetch(url, self._agent))

    @property
    def sitemaps(self) -> list[str]:
        """Addresses of sitemaps that it names, the first ones; as written."""
        return list(islice(self._rules.sitemaps, SITEMAPS_A_SITE)) if self._rules is not None else []

    @property
    def delay_s(self) -> float:
        """Crawl-delay in seconds, bounded; 0 when none is asked for."""
        delay = self._rules.crawl_delay(self._agent) if self._rules is not None else None
        return min(max(float(delay or 0.0), 0.0), CRAWL_DELAY_MAX_S)


def _for_agent(text: str, agent: str) -> str:
    """The text with the groups of all other agents under one name, and without lines of absurd length.

    A robots.txt that names 14,000 agents over 20,000 rules would otherwise become 280 million rules.
    """
    lines: list[str] = []
    for line in text[:MAX_BYTES].splitlines():
        found = _AGENT_LINE.match(line)
        if found is None:
            if len(line) <= MAX_LINE:
                lines.append(line)
            continue
        name = found[1].split("#")[0].strip().lower()
        kept = f"User-agent: {name if name == '*' or name in agent.lower() else 'other'}"
        if not lines or lines[-1] != kept:
            lines.append(kept)
    return "\n".join(lines)


@dataclass(frozen=True, slots=True)
class RobotsAnswer:
    """What a request for robots.txt means: its text, or that nothing may be fetched for now (None)."""

    text: str | None


def read_answer(status: int | None, error: str | None, body: bytes) -> RobotsAnswer:
    """Judge the answer to a request for robots.txt (RFC 9309, section 2.3.1).

    2xx: its text, of which MAX_BYTES are read. 4xx, or more redirects than are followed: there is none, all is allowed.
    5xx or no answer: nothing may be fetched until it can be read. So it is with 429, which asks for patience and says
    nothing of rules.
    """
    if error in ("too_many_redirects", "bad_redirect", "bad_encoding"):
        return RobotsAnswer(ALLOW_ALL)
    if error is not None or status is None or status >= 500 or status == 429:
        return RobotsAnswer(None)
    if 200 <= status < 300:
        return RobotsAnswer(body.decode("utf-8", "replace").replace("\x00", ""))
    return RobotsAnswer(ALLOW_ALL)
