"""Does what the system says agree with what happened? To the last notice, and word for word."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any

from rich.console import Console
from rich.table import Table

from orbweaver.account_for.transparency.selectors import Figures
from orbweaver_trials.demo.year.characters import MANNERS, Character, Host, Party, Role
from orbweaver_trials.demo.year.ledger import Ledger

PAST = (Role.UPSTREAM, Role.REGISTRAR, Role.PAYMENT)
"""Whoever is told past a silent provider."""


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
    """What became of one provider on the spectrum, with what the rules rest on."""

    provider: str
    character: str
    words: frozenset[str]
    expected: frozenset[str]
    because: tuple[str, ...]

    @property
    def agrees(self) -> bool:
        """Whether it got the words that it deserves."""
        return self.words == self.expected


@dataclass(frozen=True)
class Outcome:
    """The whole year. ``mails`` are all that arrived; ``true_median_s`` is from telling to the removal itself."""

    figures: Figures
    mails: int
    true_median_s: float | None
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
            "figures": self.figures.as_json(),
            "mails": self.mails,
            "true_median_removal_s": self.true_median_s,
            "comparisons": [asdict(each) | {"agrees": each.agrees} for each in self.comparisons],
            "providers": [
                asdict(each) | {"words": sorted(each.words), "expected": sorted(each.expected), "agrees": each.agrees}
                for each in self.judged
            ],
            "confusion": {name: dict(found) for name, found in confusion(self.judged).items()},
        }


def confusion(judged: Iterable[Judged]) -> dict[str, Counter[str]]:
    """Character → words that it got, joined → how many providers."""
    table: dict[str, Counter[str]] = {}
    for each in judged:
        table.setdefault(each.character, Counter())[" + ".join(sorted(each.words)) or "none"] += 1
    return table


def compare(ledger: Ledger, hosts: Sequence[Host], parties: Sequence[Party], end: dt.datetime) -> Outcome:
    """Read the system's figures and hold them against the ledger. Models must be usable."""
    from orbweaver.account_for.transparency.selectors import figures

    said = figures(end)
    comparisons = [
        *_totals(said, ledger),
        *_messages(said, ledger),
        *_notices(said, ledger, hosts, parties),
        *_by_mailbox(ledger),
        *_removals(said, ledger, end),
    ]
    return Outcome(said, ledger.message_ids.total(), _true_median(ledger), comparisons, _judged(hosts, parties))


def _totals(said: Figures, ledger: Ledger) -> list[Comparison]:
    from orbweaver.follow.recheck.models import Return
    from orbweaver.notify.notices.models import PushBack, Reply

    places = ledger.places.values()
    told = [place for place in places if place.told_at]
    returns = Return.objects.values_list("kind", flat=True)
    came_back = {"same_url": sum(len(place.back_at) for place in places), "same_medium": ledger.moves}
    return [
        Comparison("verified pictures", said.verified, len({place.body for place in places})),
        Comparison("addresses told", said.notified_urls, len(told)),
        Comparison("addresses that nobody was told of", 0, len(places) - len(told)),
        Comparison("removed", said.removed, sum(not place.there for place in told)),
        Comparison("still there", said.open_urls, sum(place.there for place in told)),
        Comparison("came back", dict(Counter(returns)), {kind: n for kind, n in came_back.items() if n}),
        Comparison("objections", PushBack.objects.count(), ledger.push_backs.total()),
        Comparison("claims of removal", Reply.objects.filter(action="removed").count(), ledger.claims.total()),
    ]


def _messages(said: Figures, ledger: Ledger) -> list[Comparison]:
    """Each mail that left arrived, once, and no other."""
    from orbweaver.notify.notices.models import OutboxMessage

    messages = OutboxMessage.objects.values_list("message_id", "state", "push_back")
    sent = {name for name, state, _ in messages if state == "sent"}
    reminders = sum(ledger.reminders(mailbox) for mailbox in ledger.notices)
    return [
        Comparison("mails sent", len(sent), ledger.message_ids.total()),
        Comparison("mails that did not arrive, or that nobody sent", 0, len(sent ^ set(ledger.message_ids))),
        Comparison("mails that came twice", 0, sum(count - 1 for count in ledger.message_ids.values())),
        Comparison("messages neither sent nor cancelled", _odd(state for _, state, _ in messages), {}),
        Comparison("reminders", said.reminders_sent, reminders),
        Comparison("answers to objections", sum(row[2] is not None for row in messages), ledger.answers.total()),
        Comparison("reports that are no valid XARF", 0, len(ledger.problems)),
    ]


def _odd(states: Iterable[str]) -> dict[str, int]:
    return {state: n for state, n in Counter(states).items() if state not in ("sent", "cancelled")}


def _notices(said: Figures, ledger: Ledger, hosts: Sequence[Host], parties: Sequence[Party]) -> list[Comparison]:
    from orbweaver.follow.escalation.models import Step
    from orbweaver.notify.notices.models import Notice

    arrived = [notice for mailbox in ledger.notices for notice in ledger.at(mailbox)]
    routes = Counter(Notice.objects.filter(first_sent_at__isnull=False).values_list("route", flat=True))
    roles = Counter({"provider": sum(len(ledger.at(host.mailbox)) for host in hosts)})
    for party in parties:
        roles[party.role.value] += len(ledger.at(party.mailbox))
    late = Notice.objects.filter(parent__route=Notice.Route.REFERRAL, first_sent_at__isnull=False)
    told_after = sum(notice.is_step for host in hosts for notice in ledger.at(host.mailbox))
    past = sum(len(ledger.at(party.mailbox)) for party in parties if party.role in PAST)
    return [
        Comparison("notices", said.notices_sent, sum(not notice.is_step for notice in arrived)),
        Comparison("notices by route", dict(+routes), dict(+roles)),
        Comparison("told past a silent provider", sum(Step.objects.values_list("told", flat=True)), past),
        Comparison("told after a referral's deadline", late.count(), told_after),
    ]


def _by_mailbox(ledger: Ledger) -> list[Comparison]:
    """The same for each addressee: notices, reminders, addresses, objections. Only those that differ are shown."""
    from orbweaver.notify.notices.models import NoticeUrl, OutboxMessage, PushBack

    sent = OutboxMessage.objects.filter(state="sent", push_back=None)
    notices = Counter(sent.filter(number=0).values_list("address", flat=True))
    reminders = Counter(sent.filter(number__gt=0).values_list("address", flat=True))
    urls = Counter(
        NoticeUrl.objects.filter(notice__first_sent_at__isnull=False).values_list("notice__contact__address", flat=True)
    )
    gone = Counter(NoticeUrl.objects.filter(state="removed").values_list("notice__contact__address", flat=True))
    asked = Counter(PushBack.objects.values_list("notice__contact__address", flat=True))
    differing = {}
    for box in {*ledger.notices, *notices}:
        told = ledger.told.get(box, set())
        true = (
            len(ledger.at(box)),
            ledger.reminders(box),
            len(told),
            sum(not ledger.places[url].there for url in told),
            ledger.push_backs[box],
        )
        said = (notices[box], reminders[box], urls[box], gone[box], asked[box])
        if said != true:
            differing[box] = (said, true)
    return [Comparison("addressees for whom a count differs", differing, {})]


def _removals(said: Figures, ledger: Ledger, end: dt.datetime) -> list[Comparison]:
    """Each removal counts from the visit that first found it; what is still there counts in the median, too (R50)."""
    from orbweaver.notify.notices.models import NoticeUrl

    seen = dict(NoticeUrl.objects.filter(state="removed", follows=None).values_list("url", "removed_at"))
    gone = {place.url: place for place in ledger.places.values() if not place.there}
    early = sum(at is None or at < gone[url].gone_at[-1] for url, at in seen.items() if url in gone)
    return [
        Comparison("removals that were not", 0, len(seen.keys() - gone.keys())),
        Comparison("removals dated before they happened", 0, early),
        Comparison(
            "removals not dated by the visit that found them",
            0,
            sum(seen.get(url) != place.found_gone_at for url, place in gone.items()),
        ),
        Comparison(
            "median removal time, s", said.median_removal_s, _as_near(said.median_removal_s, _half_gone(ledger, end))
        ),
    ]


def _half_gone(ledger: Ledger, end: dt.datetime) -> float | None:
    """Seconds in which half was found gone, by the product of the shares that outlived each removal."""
    told = [(place.told_at, place.found_gone_at) for place in ledger.places.values() if place.told_at]
    lasted = sorted(((gone or end) - since, gone is None) for since, gone in told)
    still_there = 1.0
    for number, (span, is_there) in enumerate(lasted):
        if not is_there:
            still_there *= 1 - 1 / (len(lasted) - number)
            if still_there <= 0.5:
                return span.total_seconds()
    return None


def _as_near(said: float | None, true: float | None) -> float | None:
    """What the system says where that is within 3 % of the truth (its grid has steps of 2.2 %), else the truth."""
    return said if said is not None and true is not None and abs(said - true) <= 0.03 * true else true


def _true_median(ledger: Ledger) -> float | None:
    times = [
        (place.gone_at[-1] - place.told_at).total_seconds()
        for place in ledger.places.values()
        if not place.there and place.told_at
    ]
    return median(times) if times else None


def _judged(hosts: Sequence[Host], parties: Sequence[Party]) -> list[Judged]:
    from orbweaver.errors import message_from_json
    from orbweaver.follow.conduct import messages  # noqa: F401  # what is kept is declared there
    from orbweaver.follow.conduct.models import ProviderConduct

    standings = {each.provider.name: each for each in ProviderConduct.objects.select_related("provider")}

    def judged(name: str, character: str, expected: frozenset[str]) -> Judged:
        assessed = standings.get(name)
        if assessed is None:
            return Judged(name, character, frozenset(), expected, ())
        because = [
            f"{each['kind']}: {message_from_json(reason)}" for each in assessed.findings for reason in each["because"]
        ]
        return Judged(name, character, frozenset(assessed.kinds), expected, tuple(because))

    return [
        *(judged(host.name, host.character.value, MANNERS[host.character].expected) for host in hosts),
        *(judged(party.name, party.name, party.expected) for party in parties),
    ]


def show(outcome: Outcome, console: Console) -> None:
    """Two tables for people."""
    table = Table("what", "system", "world", "", title="The year, as both wrote it down")
    for each in outcome.comparisons:
        table.add_row(each.what, _shown(each.system), _shown(each.world), _mark(each.agrees))
    console.print(table)
    words = Table("character", "words found", "words deserved", "providers", "", title="The spectrum")
    order = [character.value for character in Character]
    judged = sorted(outcome.judged, key=lambda each: order.index(each.character) if each.character in order else 99)
    expected = {each.character: " + ".join(sorted(each.expected)) or "none" for each in judged}
    for character, found in confusion(judged).items():
        for got, count in found.items():
            words.add_row(character, got, expected[character], str(count), _mark(got == expected[character]))
    console.print(words)


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {_shown(value[name])}" for name in sorted(value)) or "none"
    return f"{value:,}" if isinstance(value, int | float) else str(value)


def _mark(agrees: bool) -> str:
    return "[green]✓[/]" if agrees else "[bold red]✗[/]"
