"""Another version of a table of rules takes a second person, counts from then on, and moves nothing that was before."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from tests.unit.test_rule_tables import HEAD, Conformance

from orbweaver.account_for.transparency.datasets import responses
from orbweaver.account_for.transparency.selectors import figures
from orbweaver.account_for.transparency.yearly import year_report
from orbweaver.assess.review.models import Look, ReviewItem
from orbweaver.assess.review.services import open_items
from orbweaver.detect.crawl.models import Site
from orbweaver.detect.crawl.services import site_ids
from orbweaver.detect.crawl.site_settings import By, set_kind
from orbweaver.detect.matching.models import Front, Sighting
from orbweaver.detect.matching.services import note_fronts
from orbweaver.detect.visiting.site_kinds import SiteKinds
from orbweaver.doors.changing import ask_for_table, carry_out
from orbweaver.doors.cli.doctor.checks import rule_tables_check
from orbweaver.doors.rule_tables import TABLES, note_packaged, open_proposals
from orbweaver.doors.workers.changes import carry_out_due
from orbweaver.errors import Conflict, InvalidInput, NotAllowed
from orbweaver.follow.conduct.models import ProviderConduct
from orbweaver.follow.conduct.services import assess
from orbweaver.follow.escalation.models import Step
from orbweaver.follow.escalation.services import escalate_due
from orbweaver.notify.notices.models import Notice, NoticeUrl, OutboxMessage
from orbweaver.notify.notices.repeating import reminder_policy
from orbweaver.notify.notices.routing.issuing import issue_notices
from orbweaver.notify.notices.routing.referring import follow_up_referrals
from orbweaver.notify.notices.rules import OutboxState
from orbweaver.notify.notices.sending.occasions import tell_notice
from orbweaver.notify.providers.cdns import adopt_cdns
from orbweaver.notify.providers.models import Provider
from orbweaver.notify.providers.services import add_contact, add_provider
from orbweaver.people.accounts.models import User
from orbweaver.people.accounts.rules import Role
from orbweaver.people.audit.models import Event
from orbweaver.people.changes import services as changes
from orbweaver.people.changes.models import Change
from orbweaver.people.rule_tables.models import TableVersion
from orbweaver.people.rule_tables.selectors import history, named
from orbweaver.people.rule_tables.services import follow, keep, keep_packaged, take_up
from orbweaver.platform import rule_tables
from orbweaver.platform.rule_tables import Laid, TableUnusable
from orbweaver.platform.runtime.checks import Level

pytestmark = pytest.mark.django_db
MakePerson = Callable[..., User]
DAY = dt.timedelta(days=1)
LAWS = TABLES["laws"]
OWN = {each.table.name: HEAD + each.own for each in Conformance.__subclasses__()}
"""A version of a hotline's own for every table."""


@pytest.fixture(autouse=True)
def ours_afterwards(set_config: Any) -> Iterator[None]:
    set_config(discover_contacts="false", hotline_country="CA")
    yield
    rule_tables.forget()


@pytest.fixture
def ada(make_person: MakePerson) -> User:
    return make_person("Ada", Role.ADMINISTRATOR)


@pytest.fixture
def mo(make_person: MakePerson) -> User:
    return make_person("Mo", Role.HOTLINE_MANAGER)


@pytest.fixture
def at_work(make_person: MakePerson, make_sighting: Callable[..., Sighting], now: dt.datetime) -> None:
    """Somebody has looked at an item: there is something to be guarded."""
    open_items([make_sighting()], now)
    Look.objects.create(item=ReviewItem.objects.get(), person=make_person("Ann", Role.ANALYST), at=now)


def kept(name: str, now: dt.datetime, text: str = "") -> TableVersion:
    return keep(TABLES[name], text or OWN[name], Laid.OVER, "Counsel says so", by=None, now=now)


def rows_of(but: tuple[str, ...]) -> dict[str, list[str]]:
    """Every row of every table of the database as it is kept, but of these tables."""
    found = {}
    with connection.cursor() as cursor:
        for name in sorted(connection.introspection.table_names(cursor)):
            if not name.startswith(but):
                cursor.execute(f'SELECT to_jsonb(t)::text FROM "{name}" t ORDER BY 1')
                found[name] = [row[0] for row in cursor.fetchall()]
    return found


@pytest.mark.usefixtures("at_work")
def test_a_version_waits_for_a_second_person_and_then_counts_and_is_named(
    ada: User, mo: User, make_person: MakePerson, now: dt.datetime
) -> None:
    version = kept("laws", now)
    change = ask_for_table(version, by=ada, now=now)
    assert change is not None
    assert change.due_at is None
    follow()
    assert LAWS.version() == "2026-11", "nothing is in force by one person's word"
    with pytest.raises(NotAllowed, match="yourself"):
        changes.agree(change.public_id, by=ada, carry_out=carry_out, now=now)
    with pytest.raises(NotAllowed, match="administrators"):
        changes.agree(change.public_id, by=make_person("Eve", Role.ANALYST), carry_out=carry_out, now=now)
    changes.agree(change.public_id, by=mo, carry_out=carry_out, now=now)
    assert follow() == 1  # as a worker does that has run since before
    assert (LAWS.version(), LAWS.head().owner) == ("2026-11+own-1", "The hotline")
    version.refresh_from_db()
    assert (version.asked_by, version.agreed_by, version.in_force_at) == (ada, mo, now)
    event = Event.objects.get(kind="rule_table.set")
    assert (event.actor, event.details["agreed_by"], event.details["version"]) == (ada, mo.public_id, "own-1")
    assert event.details["digest"] == version.sha256
    rule_tables.forget()
    take_up()  # as a process does when it begins


@pytest.mark.usefixtures("at_work")
def test_where_nobody_else_could_agree_it_takes_a_day_after_everybody_was_told(ada: User, now: dt.datetime) -> None:
    change = ask_for_table(kept("chart", now), by=ada, now=now)
    assert change is not None
    assert change.due_at is not None
    changes.told(change, now)
    assert carry_out_due(now + DAY / 2) == 0
    follow()
    assert TABLES["chart"].own is None
    assert carry_out_due(now + DAY) == 1
    follow()
    assert TABLES["chart"].version().endswith("+own-1")


def test_before_anybody_has_worked_here_it_holds_at_once(ada: User, now: dt.datetime) -> None:
    assert ask_for_table(kept("cover", now), by=ada, now=now) is None
    follow()
    assert TABLES["cover"].version() == "2026-11+own-1"
    assert not Change.objects.exists()


def test_a_bad_row_is_refused_with_its_line_and_nothing_is_kept(now: dt.datetime) -> None:
    with pytest.raises(TableUnusable, match=r"Line 5, .*illegal"):
        kept("laws", now, OWN["laws"].replace('"unknown"', '"perhaps"'))
    assert not TableVersion.objects.exists()
    assert LAWS.version() == "2026-11"


def test_a_name_means_one_text_for_good(ada: User, now: dt.datetime) -> None:
    first = kept("laws", now)
    second = kept("laws", now, OWN["laws"].replace('"L"', '"Another law"'))
    with pytest.raises(InvalidInput, match="name of its own"):
        kept("laws", now, OWN["laws"].replace("own-1", "2026-11"))
    ask_for_table(first, by=ada, now=now)
    follow()
    with pytest.raises(InvalidInput, match="same as what is in force"):
        kept("laws", now)
    with pytest.raises(InvalidInput, match="name of its own"):
        ask_for_table(second, by=ada, now=now)
    with pytest.raises(Conflict, match="in force before"):
        ask_for_table(first, by=ada, now=now)
    follow()
    assert "Another law" not in {row.law for row in LAWS.in_force()}


def test_what_comes_with_the_program_holds_again_and_each_version_stays_readable(ada: User, now: dt.datetime) -> None:
    with pytest.raises(InvalidInput, match="in force already"):
        keep_packaged(LAWS, "back", by=None, now=now)
    ask_for_table(kept("laws", now), by=ada, now=now)
    follow()
    back = keep_packaged(LAWS, "Counsel took it back", by=None, now=now + DAY)
    ask_for_table(back, by=ada, now=now + DAY)
    follow()
    assert (LAWS.version(), LAWS.own) == ("2026-11", None)
    both = named(LAWS, "2026-11+own-1")
    assert (both.packaged, both.own) == (LAWS.packaged_text, OWN["laws"])
    assert named(LAWS, "2026-11").own is None
    with pytest.raises(InvalidInput, match="No version"):
        named(LAWS, "2026-11+own-2")
    assert [(each.version, each.in_force_at) for each in history("laws")] == [("2026-11", now + DAY), ("own-1", now)]


def test_a_version_that_came_with_an_earlier_program_stays_readable(
    now: dt.datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert note_packaged(now) == len(TABLES)
    assert note_packaged(now) == 0
    text = LAWS.packaged_text
    newer = text.replace('version = "2026-11"', 'version = "2027-01"', 1)
    monkeypatch.setitem(vars(LAWS), "packaged_text", newer)
    monkeypatch.setitem(vars(LAWS), "packaged", rule_tables.split(newer))
    assert note_packaged(now + DAY) == 1
    assert named(LAWS, "2026-11").packaged == text
    assert named(LAWS, "2027-01").packaged == newer


def test_of_two_versions_at_once_the_one_that_is_written_last_counts_in_every_process(
    ada: User, now: dt.datetime
) -> None:
    """What was begun first is written last, and is older than what others have seen by then."""
    first, second = kept("laws", now), kept("cover", now)
    ask_for_table(second, by=ada, now=now + dt.timedelta(seconds=1))
    assert follow() == 1
    ask_for_table(first, by=ada, now=now)
    assert follow() == 1
    assert LAWS.version() == "2026-11+own-1"


def test_the_last_word_holds_though_a_clock_ran_ahead_when_the_one_before_was_given(
    ada: User, now: dt.datetime
) -> None:
    ask_for_table(kept("laws", now), by=ada, now=now + 900 * DAY)
    later = kept("laws", now, OWN["laws"].replace("own-1", "own-2").replace('"L"', '"Another law"'))
    ask_for_table(later, by=ada, now=now)
    follow()
    assert LAWS.version() == "2026-11+own-2"


def test_a_whole_table_is_not_named_as_ours_are(now: dt.datetime) -> None:
    """An update of ours could bring the same name for another text, and decisions would name two."""
    for name in ("2027-01", "2027-01b", "2027-01.2", "3", "file-0123abcd"):
        text = LAWS.packaged_text.replace('"2026-11"', f'"{name}"', 1)
        with pytest.raises(InvalidInput, match="own-1"):
            keep(LAWS, text, Laid.WHOLE, "Counsel says so", by=None, now=now)
    assert not TableVersion.objects.exists()


def test_a_file_of_a_machine_does_not_come_back_when_what_comes_with_us_holds_again(
    ada: User, now: dt.datetime, tmp_path: Path, set_config: Any
) -> None:
    file = tmp_path / "reminders.toml"
    file.write_text('version = "mine"\n[[steps]]\nfrom_day = 0\nevery = 30\n')
    set_config(reminder_policy=file)
    assert reminder_policy().version == "mine"
    ask_for_table(kept("cadence", now), by=ada, now=now)
    follow()
    assert reminder_policy().version == "1+own-1"
    back = keep_packaged(TABLES["cadence"], "Our own was too rare", by=None, now=now + DAY)
    ask_for_table(back, by=ada, now=now + DAY)
    follow()
    assert reminder_policy().version == "1", "two people agreed to what comes with the program, not to the file"


def test_a_process_of_the_web_that_ran_before_counts_by_the_new_version(
    ada: User, client: Client, now: dt.datetime
) -> None:
    """Whatever its people ask for: not only pages that show a table."""
    follow()
    version = kept("cover", now)
    TableVersion.objects.filter(pk=version.pk).update(in_force_at=now)  # as another process does
    assert TABLES["cover"].own is None
    client.force_login(ada)
    assert client.get("/people/").status_code == 200
    assert TABLES["cover"].version() == "2026-11+own-1"


def published(year: int, at: dt.datetime) -> list[str]:
    """The headline, which brings the summaries up to date, and the report of a year."""
    return [repr(figures(at)), json.dumps(year_report(year, at).as_json(), default=str)]


@pytest.fixture
def a_past(world: Any, now: dt.datetime) -> Provider:
    """A provider that was told of six addresses and did nothing, a standing, a step past it, and figures of it all."""
    known = add_provider("Host", domains=["h.example"], asn=64500, now=now)
    add_contact(known, "abuse@h.example", now=now)
    for number in range(6):
        world.verdict(f"https://h.example/{number}.png")
        issue_notices(now)
    OutboxMessage.objects.update(state="sent", sent_at=now)
    Notice.objects.update(first_sent_at=now, last_sent_at=now, told_at=now, occasions=4)
    first = NoticeUrl.objects.earliest("pk")
    NoticeUrl.objects.filter(pk=first.pk).update(state="removed", removed_at=now + DAY)
    assess(known, now + 20 * DAY)
    escalate_due(now + 60 * DAY)
    told_abroad(world, "1", now)
    kind_told("board.example", b'<meta name="generator" content="phpBB">')
    return known


def told_abroad(world: Any, name: str, now: dt.datetime) -> Notice:
    """A notice about what is hosted in a country whose hotline takes it."""
    if not Provider.objects.filter(country="NL").exists():
        for each, facts in (("Abroad", {"domains": ["abroad.example"]}), ("Hotline NL", {"kind": "hotline"})):
            add_contact(add_provider(each, country="NL", now=now, **facts), "abuse@nl.example", now=now)
    world.verdict(f"https://abroad.example/{name}.png", decided_at=now)
    issue_notices(now)
    return Notice.objects.get(urls__url__endswith=f"abroad.example/{name}.png")


def kind_told(host: str, html: bytes) -> Site:
    """A site whose kind its first page tells."""
    number = site_ids([(host, 443)])[host, 443]
    lead = SimpleNamespace(site_id=number, parsed=SimpleNamespace(host=host))
    page: Any = SimpleNamespace(leased=lead, page="", result=SimpleNamespace(body=html))
    SiteKinds().note([page])
    return Site.objects.get(pk=number)


def test_an_import_of_every_table_moves_no_decision_and_no_past_figure(
    a_past: Provider, ada: User, now: dt.datetime
) -> None:
    then = now + 60 * DAY
    public = published(now.year, then)
    before = rows_of(("rule_tables_", "changes_", "audit_"))
    events = list(Event.objects.order_by("pk").values_list("pk", "kind", "details"))
    assert before["escalation_step"]
    assert set(Notice.objects.values_list("hotlines_version", flat=True)) == {"", "2026-11"}
    assert Site.objects.get(host="board.example").kinds_version == "2026-11"
    assert before["conduct_providerconduct"]
    for name in TABLES:
        ask_for_table(kept(name, then), by=ada, now=then)
    follow()
    assert {table.version().partition("+")[2] for table in TABLES.values()} == {"own-1"}
    assert rows_of(("rule_tables_", "changes_", "audit_")) == before
    assert list(Event.objects.order_by("pk").values_list("pk", "kind", "details"))[: len(events)] == events
    assert published(now.year, then) == public


def test_what_is_decided_afterwards_names_the_new_version_and_what_was_before_the_old(
    a_past: Provider, ada: User, now: dt.datetime
) -> None:
    then = now + 60 * DAY
    steps = dict(Step.objects.values_list("pk", "policy_version"))
    assert set(steps.values()) == {"1"}
    by_version = ProviderConduct.objects.get(provider=a_past).rules_version
    changed = Event.objects.filter(kind="conduct.changed").count()
    for name in ("spectrum", "escalation", "chart"):
        ask_for_table(kept(name, then), by=ada, now=then)
    follow()
    assert responses(then) is not None
    assert ProviderConduct.objects.get(provider=a_past).rules_version == by_version == "2026-11.2"
    assess(a_past, then + DAY)
    escalate_due(then + 100 * DAY)
    assert ProviderConduct.objects.get(provider=a_past).rules_version == "2026-11.2+own-1"
    assert dict(Step.objects.filter(pk__in=steps).values_list("pk", "policy_version")) == steps
    assert set(Step.objects.exclude(pk__in=steps).values_list("policy_version", flat=True)) <= {"1+own-1"}
    assert Event.objects.filter(kind="conduct.changed").count() >= changed


def test_notice_message_and_site_keep_the_versions_by_which_they_were_decided(
    world: Any, ada: User, now: dt.datetime
) -> None:
    first, board = told_abroad(world, "1", now), kind_told("board.example", b'<meta name="generator" content="phpBB">')
    assert (first.route, first.hotlines_version, board.kinds_version) == ("referral", "2026-11", "2026-11")
    message = first.messages.get()
    assert (message.duties_version, message.cadence_version, first.cadence_version) == ("2026-11", "1", "")
    message.state, message.sent_at = "sent", now
    tell_notice(message, OutboxState.SENT, now)
    for name in ("hotlines", "duties", "cadence", "kinds"):
        ask_for_table(kept(name, now), by=ada, now=now)
    follow()
    first.refresh_from_db()
    assert (first.hotlines_version, first.cadence_version) == ("2026-11", "1")
    assert first.messages.get().duties_version == "2026-11"
    second, ours = told_abroad(world, "2", now + DAY), kind_told("ours.example", b"")
    assert (second.hotlines_version, ours.kinds_version) == ("2026-11+own-1", "2026-11+own-1")
    message = second.messages.get()
    assert (message.duties_version, message.cadence_version) == ("2026-11+own-1", "1+own-1")
    direct = follow_up_referrals(now + 30 * DAY)
    assert direct == 2
    assert set(Notice.objects.filter(route="provider").values_list("hotlines_version", flat=True)) == {""}
    set_kind(ours, Site.Kind.FORUM, by=By(), now=now)
    set_kind(board, Site.Kind.CHAT, by=By(), now=now)
    assert Site.objects.get(pk=board.pk).kinds_version == "", "a person said it, and no table"


def test_walled_gardens_cdns_and_pages_of_queries_keep_the_versions_that_told_them(
    world: Any, ada: User, client: Client, now: dt.datetime
) -> None:
    add_contact(add_provider("Host", domains=["h.example"], now=now), "abuse@h.example", now=now)

    def told(number: str) -> tuple[Site, Front, NoticeUrl, Event]:
        """A walled garden that was met, an answer of a CDN, and a notice that leaves out the results of a search."""
        garden = {"1": "discord.com", "2": "walled.example"}[number]
        site = Site.objects.get(pk=site_ids([(garden, 443)])[garden, 443])
        name = {"1": "Fastly", "2": "Cloudflare"}[number]
        note_fronts(f"{number}.example", {name: ["server"]}, now)
        adopt_cdns([name], [], now)
        searched = f"https://search.ours.example/x{number}"
        world.verdict(f"https://h.example/{number}.png", page=searched)
        issue_notices(now)
        url = NoticeUrl.objects.get(url__endswith=f"{number}.png")
        assert bool(url.pages) == (number == "1"), "by the new table a query made it"
        adopted = Event.objects.filter(kind="provider.added", details__has_key="table").latest("pk")
        return site, Front.objects.get(host=f"{number}.example"), url, adopted

    def versions(of: tuple[Site, Front, NoticeUrl, Event]) -> set[str]:
        site, front, url, adopted = of
        assert site.walled_garden
        return {site.cover_version, front.cdns_version, url.queries_version, adopted.details["table"]}

    first = told("1")
    assert versions(first) == {"2026-11"}
    assert Site.objects.get(pk=site_ids([("open.example", 443)])["open.example", 443]).cover_version == ""
    for name in ("cover", "queries", "cdns"):
        ask_for_table(kept(name, now), by=ada, now=now)
    follow()
    for each in first:
        each.refresh_from_db()
    assert versions(first) == {"2026-11"}
    assert versions(told("2")) == {"2026-11+own-1"}
    client.force_login(ada)
    page = client.get(f"/notices/{first[2].notice.public_id}/").content.decode()
    assert 'Pages that a query makes <span class="mono">2026-11</span>' in page
    assert "It cannot be crawled, by version 2026-11 of" in client.get(f"/sites/{first[0].pk}/").content.decode()


@pytest.mark.usefixtures("at_work")
def test_the_pages_show_what_holds_and_what_a_version_would_change_before_anybody_agrees(
    ada: User, mo: User, client: Client, now: dt.datetime
) -> None:
    client.force_login(ada)
    assert "National law" in client.get("/rules/").content.decode()
    page = client.get("/rules/laws/").content.decode()
    assert "2026-11" in page
    assert "The maintainers of Orbweaver" in page
    sent = {"laid": "over", "text": OWN["laws"].replace("\n", "\r\n"), "reason": "Counsel says so"}
    answer = client.post("/rules/laws/import/", {**sent, "text": sent["text"].replace('"unknown"', '"perhaps"')})
    assert answer.status_code == 400
    assert "Line 5, laws.0.illegal" in answer.content.decode()
    assert not TableVersion.objects.exists()
    assert client.post("/rules/laws/import/", sent).status_code == 302
    assert TableVersion.objects.get().text == OWN["laws"]
    assert "It waits for a second person" in client.get("/rules/laws/").content.decode()
    client.force_login(mo)
    waiting = client.get("/people/changes/").content.decode()
    assert "laws JP csam, illegal: yes → unknown" in waiting
    assert "As of: 2026-11-29<" in waiting, "the same day as of what is in force"
    assert "The hotline" in waiting
    assert "Counsel says so" in waiting
    assert client.post(f"/people/changes/{Change.objects.get().public_id}/agree/").status_code == 302
    follow()  # as this process does once its transaction ends
    page = client.get("/rules/laws/").content.decode()
    assert "2026-11+own-1" in page
    assert "Ada → Mo" in page
    assert "import" not in page, "who may only read has no form"
    client.force_login(ada)
    back = {"laid": "packaged", "text": "", "reason": "Taken back"}
    assert client.post("/rules/laws/import/", back).status_code == 302


@pytest.mark.usefixtures("at_work")
def test_what_was_refused_or_withdrawn_is_proposed_no_more_until_it_is_asked_for_again(
    ada: User, mo: User, client: Client, now: dt.datetime
) -> None:
    version = kept("cover", now)
    assert open_proposals("cover") == [version], "nobody asked for it yet"
    client.force_login(ada)
    for by in (mo, ada):
        change = ask_for_table(version, by=ada, now=now)
        assert change is not None
        assert version in open_proposals()
        assert "Proposed" in client.get("/rules/cover/").content.decode()
        changes.refuse(change.public_id, by=by, now=now)
        assert open_proposals() == []
        assert "Proposed" not in client.get("/rules/cover/").content.decode()


@pytest.mark.usefixtures("at_work")
def test_whoever_agrees_reaches_every_difference_and_sees_an_older_day(
    ada: User, mo: User, client: Client, now: dt.datetime
) -> None:
    """What matters may stand behind hundreds of rows that do not."""
    row = '[[garden]]\nname = "Ours {}"\nhosts = ["w{}.example"]\nwhy = "login"\nsource = "S"\n'
    text = HEAD.replace("2026-11-29", "2026-01-02") + "".join(row.format(each, each) for each in range(120))
    version = kept("cover", now, text)
    assert ask_for_table(version, by=ada, now=now) is not None
    client.force_login(mo)
    waiting = client.get("/people/changes/").content.decode()
    assert "2026-11-25 → 2026-01-02" in waiting
    assert "And 380 more." in waiting
    assert f'href="/rules/cover/#{version.public_id}"' in waiting
    address, seen = "/rules/cover/", ""
    for past in (200, 400):
        page = client.get(address).content.decode()
        assert f'href="?past={past}#{version.public_id}"' in page
        seen, address = seen + page, f"/rules/cover/?past={past}"
    page = client.get(address).content.decode()
    assert 'href="?past=' not in page
    assert all(f"garden Ours {each}<" in seen + page for each in range(120))
    assert client.get("/rules/cover/?past=9x").status_code == 200


@pytest.mark.usefixtures("at_work")
def test_what_a_command_kept_is_asked_for_by_somebody_who_signs_in(ada: User, client: Client, now: dt.datetime) -> None:
    version = kept("kinds", now)
    client.force_login(ada)
    assert f"/rules/kinds/{version.public_id}/ask/" in client.get("/rules/kinds/").content.decode()
    assert client.post(f"/rules/laws/{version.public_id}/ask/").status_code == 404
    assert client.post(f"/rules/kinds/{version.public_id}/ask/").status_code == 302
    assert Change.objects.get().subject == version.public_id
    assert client.get("/rules/nothing/").status_code == 404


def test_doctor_names_what_somebody_wrote_into_the_database_and_what_cannot_be_read_any_more(
    ada: User, now: dt.datetime
) -> None:
    ask_for_table(kept("laws", now), by=ada, now=now)
    assert rule_tables_check().level is Level.OK
    written = kept("cover", now)
    TableVersion.objects.filter(pk=written.pk).update(in_force_at=now)
    found = rule_tables_check()
    assert (found.level, "cover own-1" in found.found) == (Level.FAIL, True)
    TableVersion.objects.filter(table="laws").update(text=OWN["laws"].replace("illegal", "wrong"))
    found = rule_tables_check()
    assert (found.level, "laws" in found.found) == (Level.FAIL, True)
    rule_tables.forget()
    take_up()
    assert LAWS.own is None or "wrong" not in LAWS.own.text
