"""The summaries say what a full count says, whatever happened and in whatever order.

The full count is made by hand from the rows (``by_hand``), as what is built anew shares the definition with the rest.
"""

from __future__ import annotations

import datetime as dt
import random
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from django.db import transaction
from tests.integration.account_for.transparency.by_hand import count_by_hand

from orbweaver.account_for.transparency import folding
from orbweaver.account_for.transparency.figures import FIGURES, VERSION
from orbweaver.account_for.transparency.folding import bring_up_to_date, keep_up, rebuild, waiting
from orbweaver.account_for.transparency.models import Built, NotifiedAddress, Tally
from orbweaver.account_for.transparency.recount import recount
from orbweaver.account_for.transparency.tallies import HEADLINE, Tallies, counts_of
from orbweaver.assess.linking.models import Marker, TextFlag
from orbweaver.assess.review.models import Look, Verdict
from orbweaver.assess.terms.models import TermList
from orbweaver.detect.crawl.models import Site
from orbweaver.detect.crawl.site_settings import By, set_kind, sites_named
from orbweaver.detect.intake.models import Report
from orbweaver.detect.matching.models import Match, Sighting
from orbweaver.follow.recheck.models import Return
from orbweaver.notify.notices.models import Notice, NoticeUrl, OutboxMessage, PushBack
from orbweaver.notify.notices.routing.issuing import issue_notices
from orbweaver.notify.providers.models import Provider
from orbweaver.notify.providers.services import add_contact, add_provider
from orbweaver.people.accounts.models import Organisation, User

NOW = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)
END = NOW + dt.timedelta(days=400)
MakeSighting = Callable[..., Sighting]

pytestmark = pytest.mark.django_db


@pytest.fixture
def provider() -> Provider:
    known = add_provider("Host", domains=["h.example"], now=NOW)
    add_contact(known, "abuse@h.example", now=NOW)
    return known


def tallies() -> dict[tuple[str, int, str], int]:
    return {(each.figure, each.ref, each.key): each.n for each in Tally.objects.exclude(n=0)}


def addresses() -> set[tuple[Any, ...]]:
    return {
        tuple(bytes(each) if isinstance(each, memoryview) else each for each in row)
        for row in NotifiedAddress.objects.values_list()
    }


def somebody() -> User:
    day = NOW.date()
    home, _ = Organisation.objects.get_or_create(
        name="Home", defaults={"kind": "hotline", "country": "CA", "vetted_on": day}
    )
    defaults = {"display_name": "X", "organisation": home}
    return User.objects.get_or_create(email="x@hotline.example", defaults=defaults)[0]


def catch_up() -> None:
    while bring_up_to_date(limit=7):
        pass
    assert waiting() == 0


class History:
    """Random things that happen to notices, through the models that the services use."""

    def __init__(self, seed: int, world: Any, make_sighting: MakeSighting) -> None:
        self.random = random.Random(seed)
        self.world = world
        self.make_sighting = make_sighting
        self.at = NOW

    def step(self) -> None:
        self.at += dt.timedelta(minutes=self.random.randrange(1, 5000))
        self.random.choice(
            [self.verdict, self.verdict, self.send, self.send, self.remove, self.remove, self.back, self.push_back,
             self.remind, self.look, self.report, self.sight, self.correct, self.withdraw, self.regroup,
             self.mark, self.flag, self.site, self.bounce, self.escalate, self.fall]
        )()  # fmt: skip

    def verdict(self) -> None:
        url = f"https://h.example/{self.random.randrange(8)}.png"
        self.world.verdict(
            url,
            decided_at=self.at,
            category=self.random.choice(["csam", "csam_related", "other_harmful"]),
            age_class=self.random.choice(["prepubescent", "pubescent", "post_pubescent"]),
            identified=self.random.choice(["identified", "unidentified"]),
            straddles=self.random.random() < 0.3,
            children=self.random.choice([None, 1, 2, 5]),
            baseline=self.random.random() < 0.3,
            self_generated=self.random.random() < 0.3,
        )
        issue_notices(self.at)

    def mark(self) -> None:
        """A marker is set, or one that stands is withdrawn."""
        url, standing = self._one(NoticeUrl.objects.all()), self._one(Marker.objects.filter(withdrawn_at=None))
        if standing and self.random.random() < 0.4:
            Marker.objects.filter(pk=standing.pk).update(withdrawn_at=self.at)
        elif url:
            kind = self.random.choice(["live_stream", "advertises_set", "self_generated", "shown_to_child"])
            known = {"media": url.media, "kind": kind, "withdrawn_at": None}
            Marker.objects.get_or_create(**known, defaults={"set_at": self.at, "set_by": somebody()})

    def flag(self) -> None:
        """Terms of a list are found near something that was notified, or no longer."""
        notified = NoticeUrl.objects.values("url_key")
        sighting = self._one(Sighting.objects.filter(url_key__in=notified))
        if sighting and not TextFlag.objects.filter(sighting=sighting).delete()[0]:
            words, _ = TermList.objects.get_or_create(
                name="Words", defaults={"language": "en", "supplier": "Us", "added_at": NOW}
            )
            TextFlag.objects.create(sighting=sighting, term_list=words, terms=["mouse"], times=1, found_at=self.at)

    def site(self) -> None:
        """A person says what kind of site it is."""
        kind = self.random.choice([Site.Kind.FORUM, Site.Kind.ADULT, Site.Kind.UNKNOWN])
        set_kind(sites_named("h.example")[0], kind, by=By(), now=self.at)

    def _one(self, rows: Any) -> Any:
        found = list(rows.order_by("pk"))
        return self.random.choice(found) if found else None

    def send(self) -> None:
        notice = self._one(Notice.objects.filter(first_sent_at=None))
        if notice:
            Notice.objects.filter(pk=notice.pk).update(first_sent_at=self.at, last_sent_at=self.at)

    def remove(self) -> None:
        url = self._one(NoticeUrl.objects.exclude(state="removed"))
        if url:
            at = self.at - dt.timedelta(minutes=self.random.randrange(0, 3000))
            NoticeUrl.objects.filter(pk=url.pk).update(state="removed", removed_at=at)

    def back(self) -> None:
        url = self._one(NoticeUrl.objects.filter(state="removed"))
        if url:
            url.state, url.reappearances = "reappeared", url.reappearances + 1
            url.save()
            Return.objects.create(
                url=url, removed=url, provider=url.notice.provider, kind="same_url", times=url.reappearances, at=self.at
            )

    def push_back(self) -> None:
        notice = self._one(Notice.objects.filter(push_backs=None))
        if notice:
            reason = self.random.choice(["not_a_child", "not_ours", "wants_proof_of_age"])
            PushBack.objects.create(notice=notice, reason=reason, made_at=self.at)
        elif PushBack.objects.exists():
            PushBack.objects.update(outcome="upheld")

    def remind(self) -> None:
        message = self._one(OutboxMessage.objects.all())
        if message:
            number = message.notice.messages.count()
            OutboxMessage.objects.create(
                notice=message.notice, number=number, occasion=f"{message.notice}.{number}", channel="smtp", raw=b"",
                address="a@b.example", message_id=f"<{message.notice}.{number}>", created_at=self.at,
                state=self.random.choice(["sent", "queued"]), sent_at=self.at,
            )  # fmt: skip

    def look(self) -> None:
        verdict = self._one(Verdict.objects.all())
        person = self.random.choice(self.people)
        if verdict:
            Look.objects.create(item=verdict.item, person=person, at=self.at)

    people: list[Any] = []

    def report(self) -> None:
        Report.objects.create(url="https://h.example/", url_key=bytes(32), source="public", created_at=self.at)

    def sight(self) -> None:
        self.make_sighting(b"%d" % self.random.randrange(20), now=self.at)

    def correct(self) -> None:
        verdict = self._one(Verdict.objects.all())
        if verdict:
            verdict.identified, verdict.age_class = "identified", "pubescent"
            verdict.save()

    def withdraw(self) -> None:
        """A verdict withdrawn as no action, a match taken back."""
        verdict = self._one(Verdict.objects.filter(notice_urls=None))
        if verdict:
            Verdict.objects.filter(pk=verdict.pk).update(outcome="no_action")
        match = self._one(Match.objects.all())
        if match and self.random.random() < 0.5:
            match.delete()

    def bounce(self) -> None:
        """What had left comes back, or an answer shows that it did arrive."""
        notice = self._one(Notice.objects.exclude(first_sent_at=None))
        if notice:
            arrived = notice.unreached or self.random.random() < 0.5
            Notice.objects.filter(pk=notice.pk).update(unreached="" if arrived else "nobody")

    def escalate(self) -> None:
        """A notice that has not left becomes a step after another."""
        step = self._one(Notice.objects.filter(parent=None, steps=None, first_sent_at=None))
        first = self._one(Notice.objects.filter(steps=None).exclude(pk=step.pk)) if step else None
        if step and first:
            Notice.objects.filter(pk=step.pk).update(parent=first, route="upstream")

    def fall(self) -> None:
        """A verdict falls on review: what was notified because of it is withdrawn."""
        url = self._one(NoticeUrl.objects.exclude(state="withdrawn"))
        if url and self.random.random() < 0.3:
            NoticeUrl.objects.filter(pk=url.pk).update(state="withdrawn")

    def regroup(self) -> None:
        """A URL moves to another notice, as when a held one is split."""
        url, notice = self._one(NoticeUrl.objects.all()), self._one(Notice.objects.all())
        if url and notice:
            NoticeUrl.objects.filter(pk=url.pk).update(notice=notice)


@pytest.mark.sampled(1)
@pytest.mark.usefixtures("provider", "hotline")
@pytest.mark.parametrize("seed", range(4))
def test_after_any_history_the_summaries_equal_a_full_count(
    seed: int, world: Any, make_sighting: MakeSighting, make_person: Callable[..., Any]
) -> None:
    history = History(seed, world, make_sighting)
    history.people = [make_person("Ann")]
    rebuild()
    for _ in range(5):
        for _ in range(14):
            with transaction.atomic():
                history.step()
        catch_up()
        assert tallies() == count_by_hand()
        counted = counts_of(Tallies(*HEADLINE), END.timestamp())
        assert counted == recount(END)
    kept, rows = tallies(), addresses()
    assert NotifiedAddress.objects.count() == counted.notified > 0
    rebuild()
    assert (tallies(), addresses()) == (kept, rows)


@pytest.mark.usefixtures("hotline")
def test_in_a_small_history_every_figure_counts_what_it_says(
    world: Any, make_sighting: MakeSighting, make_person: Callable[..., Any], provider: Provider
) -> None:
    history = History(0, world, make_sighting)
    history.people = [make_person("Ann")]
    for name, facts in (
        ("a", {"straddles": True, "baseline": True, "self_generated": True, "children": 2}),
        ("b", {}),
        ("c", {"identified": "identified"}),
        ("d", {}),
    ):
        world.verdict(f"https://h.example/{name}", decided_at=NOW, **facts)
    issue_notices(NOW)
    sent = NOW + dt.timedelta(hours=5)
    Notice.objects.update(first_sent_at=sent, last_sent_at=sent)
    NoticeUrl.objects.filter(url__endswith="a").update(state="removed", removed_at=sent + dt.timedelta(days=20))
    NoticeUrl.objects.filter(url__endswith="d").update(state="offline", offline_at=sent + dt.timedelta(days=3))
    NoticeUrl.objects.filter(url__endswith="b").update(state="reappeared", reappearances=1)
    url = NoticeUrl.objects.get(url__endswith="b")
    Return.objects.create(url=url, removed=url, provider=provider, kind="same_url", times=1, at=sent)
    PushBack.objects.create(notice=url.notice, reason="not_illegal", made_at=sent)
    OutboxMessage.objects.create(
        notice=url.notice, number=1, occasion="x.1", channel="smtp", raw=b"", address="a@b.example",
        message_id="<x.1>", created_at=sent, state="sent", sent_at=sent,
    )  # fmt: skip
    for kind in ("live_stream", "advertises_set"):
        Marker.objects.create(media=url.media, kind=kind, set_at=sent, set_by=somebody())
    history.flag()
    history.look()
    history.report()
    history.sight()
    catch_up()
    kept, of = tallies(), provider.pk
    assert {figure for figure, _, _ in kept} == {figure.name for figure in FIGURES}
    assert kept == count_by_hand()
    chosen = {"address", "gone", "of_back", "of_span", "of_away", "notice", "way"}
    told = {entry: n for entry, n in kept.items() if entry[0] in chosen}
    assert told == {
        ("notice", 0, "2026-11|csam||f"): 1, ("way", 0, "2026|provider|f"): 1,
        ("address", 0, "removed"): 1, ("address", 0, "open"): 2, ("gone", 0, "2026-12"): 1, ("of_back", of, ""): 1,
        ("of_span", of, "82"): 1, ("address", 0, "offline"): 1, ("of_away", of, "71"): 1,
    }  # fmt: skip


@pytest.mark.usefixtures("provider", "hotline")
def test_what_was_removed_later_was_still_there_before(world: Any) -> None:
    world.verdict("https://h.example/a", decided_at=NOW)
    issue_notices(NOW)
    Notice.objects.update(first_sent_at=NOW)
    NoticeUrl.objects.update(state="removed", removed_at=NOW + dt.timedelta(days=2))
    before, after = (recount(NOW + dt.timedelta(days=day)) for day in (1, 3))
    assert (before.notified, before.still_there, before.removed, before.median_s) == (1, 1, 0, None)
    assert (after.notified, after.still_there, after.removed) == (1, 0, 1)
    assert after.median_s == pytest.approx(2 * 86400, rel=0.022)


@pytest.mark.usefixtures("provider", "hotline")
def test_cells_count_each_address_once_by_its_first_notice(world: Any) -> None:
    for name in ("a", "b"):
        world.verdict(f"https://h.example/{name}", age_class="pubescent", category="csam", identified="identified")
    world.verdict("https://h.example/a", age_class="prepubescent", category="csam")
    issue_notices(NOW)
    Notice.objects.filter(identified=True).update(first_sent_at=NOW)
    Notice.objects.filter(identified=False).update(first_sent_at=NOW + dt.timedelta(hours=1))
    NoticeUrl.objects.filter(url__endswith="b").update(state="removed", removed_at=NOW + dt.timedelta(hours=2))
    bring_up_to_date()
    assert Tallies("cell")["cell"] == Counter(
        {("pubescent", "csam", "t", "open"): 1, ("pubescent", "csam", "t", "removed"): 1}
    )


def test_large_summaries_that_are_missing_are_left_to_the_worker(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    world.verdict("https://h.example/a")
    issue_notices(NOW)
    monkeypatch.setattr(folding, "SMALL", 0)
    with pytest.raises(folding.FiguresNotReady):
        bring_up_to_date()
    assert keep_up() == 1
    assert Built.objects.get().version == VERSION
    assert keep_up() == 0


def test_summaries_of_another_version_are_built_anew(db: None) -> None:
    Built.objects.create(version=VERSION - 1)
    Tally.objects.create(figure="look", n=99)
    bring_up_to_date()
    assert counts_of(Tallies(*HEADLINE), 0.0).looks == 0
