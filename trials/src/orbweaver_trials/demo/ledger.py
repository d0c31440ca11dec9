"""The world's own book of what happened in it, to be held against Orbweaver's figures.

An event is on disk before anybody gets an answer to it.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from orbweaver.platform.clock import now, real_now


def stamps() -> dict[str, str]:
    """The instant of an event: real time and domain time, ISO 8601."""
    return {"at": real_now().isoformat(), "domain_at": now().isoformat()}


@dataclass
class Ledger:
    """Events in the order they came; each holds ``at`` and ``domain_at`` besides what the list's name says."""

    path: Path
    mails: list[dict[str, Any]] = field(default_factory=list)
    refused: list[dict[str, Any]] = field(default_factory=list)
    removals: list[dict[str, Any]] = field(default_factory=list)
    disputes: list[dict[str, Any]] = field(default_factory=list)
    trespasses: list[dict[str, Any]] = field(default_factory=list)
    requests: dict[str, int] = field(default_factory=dict)
    """Requests by host; written with the next event."""

    def add(self, kind: str, event: dict[str, Any]) -> None:
        """Append an event to the list of that name and write the book."""
        getattr(self, kind).append({**event, **stamps()})
        self.write()

    def write(self) -> None:
        """Replace the file in one step, so that a reader never sees half of it."""
        draft = self.path.with_suffix(".part")
        draft.write_text(json.dumps(self.as_json()), encoding="utf-8")
        draft.rename(self.path)

    def as_json(self) -> dict[str, Any]:
        """All events."""
        book = asdict(self)
        del book["path"]
        return book

    def removed_urls(self) -> set[str]:
        """What providers have taken down so far."""
        return {event["url"] for event in self.removals}

    def disputed(self, provider: str) -> bool:
        """Whether this provider has pushed back already."""
        return any(event["provider"] == provider for event in self.disputes)
