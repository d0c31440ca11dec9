"""What every format of a referral keeps to; a test of one inherits it and says how it is read back."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import ClassVar

from orbweaver.notify.police.formats.facts import Facts, Format, Seen

AT = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)
PLACES = (
    Seen("https://images.example/1.png?a=<b>&c", "https://forum.example/1", "192.0.2.1", AT, AT),
    Seen("https://images.example/„ünïcode“.png", "", "2001:db8::1", AT, AT),
    Seen("https://images.example/3.png", "", "", AT, AT),
)
FACTS = Facts(
    referral="prf_2",
    made_at=AT,
    hotline="A hotline",
    country="CA",
    because="No list of police holds it",
    item="itm_2",
    sha256="ab" * 32,
    sha1="cd" * 20,
    md5="ef" * 16,
    mime="image/png",
    size=1234,
    file="medium-abab",
    seen=PLACES,
    classification="csam",
    identified=False,
    baseline=False,
    ages=(4, 12),
    words="He “lives” with her\n\tand <b>more</b>",
)


class FormatConformance:
    """Inherited by each format's tests."""

    format: ClassVar[Format]

    def text(self, facts: Facts = FACTS) -> str:
        return self.format.written(facts).decode()

    def test_the_same_facts_give_the_same_bytes(self) -> None:
        assert self.format.written(FACTS) == self.format.written(FACTS)

    def test_all_addresses_digests_and_words_are_in_it(self) -> None:
        text = self.text().lower()
        for each in (FACTS.md5, FACTS.sha1, FACTS.sha256, "images.example/3.png", "2001:db8::1" * self.has_addresses):
            assert each in text
        assert "he “lives” with her" in text

    has_addresses: ClassVar[bool] = False
    """Whether it has a place for those of hosts."""

    def test_nothing_is_said_that_nobody_decided(self) -> None:
        bare = replace(FACTS, classification="", seen=(), file="", words="")
        text = self.text(bare)
        assert "csam" not in text.lower()
        assert "medium-abab" not in text
        assert "images.example" not in text
