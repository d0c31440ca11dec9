"""The world's own book: what was told to whom, what was answered, and since when each address is as it is."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from orbweaver_trials.demo.ledger import stamps


@dataclass
class Book:
    """Events in their order, each with ``at`` and ``domain_at``; on disk before anybody gets an answer to them."""

    path: Path
    mails: list[dict[str, Any]] = field(default_factory=list)
    """Party, mailbox, notice, addresses, whether it says that the child is identified."""
    returned: list[dict[str, Any]] = field(default_factory=list)
    """Mail that a party never read: mailbox, how, notice."""
    answers: list[dict[str, Any]] = field(default_factory=list)
    """What a party answered: notice, party, manner, marker, outcome."""
    automatic: list[dict[str, Any]] = field(default_factory=list)
    struck: list[dict[str, Any]] = field(default_factory=list)
    """Since when the fate of an address holds: host, path, fate."""
    reposted: list[dict[str, Any]] = field(default_factory=list)
    visits: dict[str, int] = field(default_factory=dict)
    """Visits to an address since it was struck."""
    served: dict[str, int] = field(default_factory=dict)
    """How often a file was given out whole."""
    pages: dict[str, int] = field(default_factory=dict)
    """How often a page was given out."""

    def add(self, kind: str, **event: Any) -> None:
        """One more event."""
        getattr(self, kind).append({**event, **stamps()})
        self.write()

    def count(self, kind: str, key: str) -> None:
        """One more of something; written with the next event."""
        counts = getattr(self, kind)
        counts[key] = counts.get(key, 0) + 1

    def as_json(self) -> dict[str, Any]:
        """All of it."""
        book = asdict(self)
        del book["path"]
        return book

    def write(self) -> None:
        """Replace the file in one step."""
        draft = self.path.with_suffix(".part")
        draft.write_text(json.dumps(self.as_json()), encoding="utf-8")
        draft.rename(self.path)
