"""Does what the system says agree with what happened? To the last notice, and word for word."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any

from rich.console import Console
from rich.table import Table

from orbweaver.demo.year.campaign import STEP
from orbweaver.demo.year.characters import EXPECTED, Character, Host
from orbweaver.demo.year.ledger import Ledger, Place
from orbweaver.transparency.selectors import Figures

CHECK_SHARE = 1 / 24
"""A removal is seen within this share of the time that the address has been followed, or within two steps."""


@dataclass(frozen=True)
class Comparison:
    """One thing that is compared: what the system says, what the world wrote down."""

    what: str
    system: Any
    world: Any

    @property
    def agrees(self) -> bool:
        """Whether both say the same."""
        return bool(self.system == self.world)


@dataclass(frozen=True)
class Judged:
    """What became of one provider on the spectrum."""

    provider: str
    character: Character
    words: frozenset[str]

    @property
    def agrees(self) -> bool:
        """Whether it got the words that it deserves."""
        return self.words == EXPECTED[self.character]


@dataclass(frozen=True)
class Outcome:
    """The whole year."""

    figures: Figures
    comparisons: Sequence[Comparison]
    judged: Sequence[Judged]

    @property
    def ok(self) -> bool:
        """Whether everything agrees."""
        return all(each.agrees for each in self.comparisons) and all(each.agrees for each in self.judged)

    def as_json(self) -> dict[str, Any]:
        """For scripts."""
        return {
            "ok": self.ok,
            "figures": asdict(self.figures),
            "comparisons": [asdict(each) | {"agrees": each.agrees} for each in self.comparisons],
            "providers": [
                {"provider": each.provider, "character": each.character, "words": sorted(each.words),
                 "expected": sorted(EXPECTED[each.character]), "agrees": each.agrees}
                for each in self.judged
            ],
        }  # fmt: skip


def compare(ledger: Ledger, hosts: Sequence[Host], end: dt.datetime) -> Outcome:
    """Read the system's figures and hold them against the ledger. Models must be usable."""
    from orbweaver.transparency.selectors import figures

    said = figures(end)
    comparisons = [*_totals(said, ledger), *_by_provider(ledger, hosts), *_times(said, ledger)]
    return Outcome(said, comparisons, _judged(hosts))


def _totals(said: Figures, ledger: Ledger) -> list[Comparison]:
    from orbweaver.notices.models import PushBack
    from orbweaver.recheck.models import Return

    places = ledger.places.values()
    told = [place for place in places if place.told_at]
    notices = sum(len(references) for references in ledger.notices.values())
    return [
        Comparison("verified pictures", said.verified, len(places)),
        Comparison("notices", said.notices_sent, notices),
        Comparison("reminders", said.reminders_sent, sum(ledger.mails.values()) - notices),
        Comparison("mails that came twice", 0, sum(count - 1 for count in ledger.message_ids.values())),
        Comparison("addresses told", said.notified_urls, len(told)),
        Comparison("removed", said.removed, sum(not place.there for place in told)),
        Comparison("still there", said.open_urls, sum(place.there for place in told)),
        Comparison("came back", Return.objects.count(), sum(len(place.back_at) for place in places)),
        Comparison("objections", PushBack.objects.count(), sum(ledger.push_backs.values())),
        Comparison("reports that are no valid XARF", [], ledger.problems),
    ]


def _by_provider(ledger: Ledger, hosts: Sequence[Host]) -> list[Comparison]:
    from orbweaver.notices.models import Notice, NoticeUrl

    notices = Counter(Notice.objects.filter(first_sent_at__isnull=False).values_list("provider__name", flat=True))
    gone = Counter(NoticeUrl.objects.filter(state="removed").values_list("notice__provider__name", flat=True))
    said = {host.name: (notices[host.name], gone[host.name]) for host in hosts}
    true = {
        host.name: (len(ledger.notices.get(host.mailbox, ())), sum(not place.there for place in ledger.of(host)))
        for host in hosts
    }
    differing = {name: (said[name], true[name]) for name in true if said[name] != true[name]}
    return [Comparison("providers whose notices and removals differ", differing, {})]


def _times(said: Figures, ledger: Ledger) -> list[Comparison]:
    """Each removal was seen when it could first be seen; the median is that of the true times, as exactly as that."""
    from orbweaver.notices.models import NoticeUrl

    seen = dict(NoticeUrl.objects.filter(state="removed").values_list("url", "removed_at"))
    gone = [place for place in ledger.places.values() if place.told_at and not place.there]
    late = sum(not _was_seen_in_time(place, seen.get(place.url)) for place in gone)
    comparisons = [Comparison("removals seen too early or too late", late, 0)]
    if gone and said.median_removal_s is not None:
        true = median((place.gone_at[-1] - place.told_at).total_seconds() for place in gone if place.told_at)
        slack = 2 * STEP.total_seconds() + CHECK_SHARE * true
        comparisons.append(Comparison("median removal time is right", 0 <= said.median_removal_s - true <= slack, True))
    return comparisons


def _was_seen_in_time(place: Place, seen_at: dt.datetime | None) -> bool:
    if seen_at is None or place.told_at is None:
        return False
    followed = place.gone_at[-1] - place.told_at
    return place.gone_at[-1] <= seen_at <= place.gone_at[-1] + followed * CHECK_SHARE + 2 * STEP


def _judged(hosts: Sequence[Host]) -> list[Judged]:
    from orbweaver.conduct.selectors import words_of
    from orbweaver.providers.models import Provider

    by_name = {provider.name: provider for provider in Provider.objects.all()}
    return [
        Judged(host.name, host.character, frozenset(word.value for word in words_of(by_name[host.name])))
        for host in hosts
    ]


def show(outcome: Outcome, console: Console) -> None:
    """Two tables for people."""
    table = Table("what", "system", "world", "", title="The year, as both wrote it down")
    for each in outcome.comparisons:
        table.add_row(each.what, str(each.system), str(each.world), _mark(each.agrees))
    console.print(table)
    words = Table("character", "providers", "words they got", "", title="The spectrum")
    for character in Character:
        of = [each for each in outcome.judged if each.character is character]
        got = sorted({", ".join(sorted(each.words)) or "none" for each in of})
        words.add_row(character.value, str(len(of)), "; ".join(got), _mark(all(each.agrees for each in of)))
    console.print(words)


def _mark(agrees: bool) -> str:
    return "[green]✓[/]" if agrees else "[bold red]✗[/]"
