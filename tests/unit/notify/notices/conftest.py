"""Letters to compose, with what may vary."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest

from orbweaver.notify.notices.letters.letter import Hotline, Letter, LetterUrl, numbered

NOW = dt.datetime(2026, 11, 24, 14, 5, tzinfo=dt.UTC)

URL: dict[str, Any] = {
    "url": "https://img.host.example/a/1.jpg?x=1",
    "pages": ("https://host.example/gallery/3",),
    "host": "img.host.example",
    "address": "192.0.2.1",
    "seen_at": NOW,
    "identified": False,
    "age_class": "prepubescent",
    "baseline": False,
    "act": "",
    "detection": "hash_match",
    "sha256": "a" * 64,
    "sha1": "b" * 40,
    "md5": "c" * 32,
    "mime": "image/jpeg",
    "reasons": ("Both questions were answered yes.", "The image falls in a criminal definition."),
    "criteria_version": "1",
}

LETTER: dict[str, Any] = {
    "reference": "ntc_7h2k7h2k7h2k7h2k",
    "occasion": 0,
    "notice_type": "csam",
    "sub_type": "",
    "composed_at": NOW,
    "first_sent_at": NOW - dt.timedelta(days=1),
    "respond_by": NOW + dt.timedelta(hours=24),
    "reminder_hours": 24.0,
    "to_address": "abuse@host.example",
    "provider_name": "Host & Söhne",
    "reduced": False,
    "clause": "4.2 Child safety",
    "terms_url": "https://host.example/terms",
    "answer_url": "https://hotline.example/public/answer/ntc_7h2k7h2k7h2k7h2k.signature/",
    "hotline": Hotline("Example Hotline", "hotline.example", "notices@hotline.example", "CA"),
    "demonstration": False,
}

MakeLetter = Callable[..., Letter]


@pytest.fixture(scope="session")
def letter_of() -> MakeLetter:
    """``letter_of({"age_class": …}, {…}, notice_type=…)``: one url for each dictionary of what differs."""

    def make(*urls: dict[str, Any], **letter: Any) -> Letter:
        varied = [LetterUrl(**(URL | url)) for url in urls or ({},)]
        return Letter(**(LETTER | letter), urls=numbered(varied))

    return make
