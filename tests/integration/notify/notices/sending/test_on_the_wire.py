"""What a notice says and does not say, read where it arrives: by real servers of each channel, out of the outbox."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from itertools import product
from typing import Any

import pytest
import xarf

from orbweaver.assess.series.models import SeriesItem, SeriesName, Victim, VictimSeries
from orbweaver.detect.hashlists.rules import EntryRow
from orbweaver.detect.hashlists.services import get_or_create_list
from orbweaver.detect.hashlists.writing import upsert_entries
from orbweaver.detect.intake.models import Report
from orbweaver.detect.matching.models import Match
from orbweaver.notify.notices.answers import report_status
from orbweaver.notify.notices.answers.report_status import ask_about_reports
from orbweaver.notify.notices.handovers import RecheckWanted, recheck_wanted
from orbweaver.notify.notices.letters.compose import compose
from orbweaver.notify.notices.letters.parts import parts_of
from orbweaver.notify.notices.models import Notice, OutboxMessage, PushBack, Reply, SubmittedReport
from orbweaver.notify.notices.routing.drafting import letter_for
from orbweaver.notify.notices.sending.channels.webhook import webhook_secret
from orbweaver.notify.notices.services import follow_up_referrals, issue_notices, queue_reminders, send_due
from orbweaver.notify.providers.models import Provider
from orbweaver.notify.providers.services import add_contact, add_provider, set_clause, set_reduced_notices
from orbweaver.platform.clock import real_now

from ..servers import AbuseSignalServer, IccamServer, Server, WebhookServer

pytestmark = pytest.mark.django_db(transaction=True)
NOW = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)
DAY = dt.timedelta(days=1)
TEXTS = {"text/plain", "text/html", "message/feedback-report", "application/json"}


@pytest.fixture(autouse=True)
def offline(set_config: Callable[..., None]) -> None:
    set_config(discover_contacts="false", hotline_country="CA", network_allow="127.0.0.1:*", referral_deadline_hours=72)


def provider(channel: str = "smtp", address: str = "abuse@host.example", **facts: Any) -> Provider:
    made = add_provider("Host", now=NOW, **({"domains": ["host.example"]} | facts))
    add_contact(made, address, channel=channel, now=NOW)
    return made


def send(now: dt.datetime = NOW) -> Any:
    return send_due(lambda: now)


def again(now: dt.datetime = NOW) -> Any:
    OutboxMessage.objects.filter(state="failed").update(retry_at=real_now())
    return send(now)


def arrived(raw: bytes) -> EmailMessage:
    message = message_from_bytes(raw, policy=policy.default)
    assert isinstance(message, EmailMessage)
    return message


SECRETS = (
    "Nightingale series",
    "RCMP 2026-7781",
    "Supplier series 9",
    "The older child",
    "Detective Quill",
    "Mallory Pinkerton",
    "Lakeside School",
    "seen at her uncle's",
    "A thread about Mallory",
)
"""Names, series, police references and texts of pages, as they stand all around a sighting."""


def surrounded(world: Any, kind: tuple[str, str]) -> Any:
    """A verdict about a medium with each of the secrets at the place where it is kept."""
    media = world.media()
    verdict = world.verdict(
        "https://host.example/1.png",
        media=media,
        page="https://host.example/thread",
        notice_type=kind[0],
        sub_type=kind[1],
        identified="identified",
        identified_source=SECRETS[4],
        baseline=True,
    )
    series = VictimSeries.objects.create(
        title=SECRETS[0], police_reference=SECRETS[1], status="known", opened_at=NOW, known_since=NOW
    )
    SeriesName.objects.create(series=series, supplier="NCMEC", name=SECRETS[2])
    Victim.objects.create(series=series, label=SECRETS[3], identified=True, identified_source=SECRETS[4], added_at=NOW)
    SeriesItem.objects.create(series=series, media=media, reason="clothing", words=SECRETS[7], linked_at=NOW)
    known = get_or_create_list("Known", "NCMEC", NOW)
    upsert_entries(
        known, [EntryRow("sha256", bytes(media.sha256), "a1", "identified", SECRETS[2], SECRETS[4], True)], NOW
    )
    sighting = verdict.item.sightings.get()
    Match.objects.create(sighting=sighting, entry=known.entries.get(), kinds=["sha256"], exact=True, found_at=NOW)
    report = Report.objects.create(
        url=sighting.url, url_key=bytes(sighting.url_key), source="public", comment=SECRETS[7], created_at=NOW
    )
    sighting.context = {"title": SECRETS[8], "alt": SECRETS[5], "before": SECRETS[6], "after": SECRETS[7]}
    sighting.report_id = report.pk
    sighting.save()
    return verdict


@pytest.mark.sampled(2)
@pytest.mark.parametrize(
    "kind", [("csam", ""), ("harmful_abusive", "a"), ("harmful_abusive", "b"), ("harmful_abusive", "c")]
)
def test_no_letter_by_any_route_tells_a_name_a_series_a_police_reference_or_a_word_of_the_page(
    world: Any, kind: tuple[str, str], set_config: Callable[..., None]
) -> None:
    set_config(notice_preservation_days=90, notice_preservation_basis="Act 1")
    host = provider(country="DE")
    surrounded(world, kind)
    issue_notices(NOW)
    notice = Notice.objects.get()
    urls = list(notice.urls.select_related("verdict", "media"))
    assert notice.contact is not None
    for reduced, route, language in product((False, True), Notice.Route.values, ("en", "fr")):
        set_reduced_notices(host, reduced, now=NOW)
        notice.refresh_from_db()
        assert notice.contact is not None
        notice.route, notice.contact.language = route, language
        composed = compose(letter_for(notice, urls, NOW))
        message = arrived(composed.raw)
        parts = [part for part in message.walk() if not part.is_multipart()]
        said = [composed.subject, composed.text, composed.html, json.dumps(composed.reports, ensure_ascii=False)]
        said += [str(part.get_content()) for part in parts if part.get_content_maintype() in ("text", "application")]
        everything = "\n".join([*said, *(f"{name}: {value}" for name, value in message.items())]).casefold()
        assert [secret for secret in SECRETS if secret.casefold() in everything] == []
        assert {part.get_content_type() for part in parts} <= TEXTS | {"text/plain"}


def test_a_mail_that_arrives_holds_the_exact_addresses_in_its_machine_part_alone_and_no_picture(
    world: Any, mail: Any
) -> None:
    provider()
    world.verdict(*(f"https://host.example/{number}.png?x=1" for number in range(40)), address="192.0.2.7")
    issue_notices(NOW)
    assert send().sent == 1
    [(address, raw)] = mail.received
    message = arrived(raw)
    assert (address, message.get_content_type(), message.get_param("report-type")) == (
        "abuse@host.example",
        "multipart/report",
        "feedback-report",
    )
    parts = [part for part in message.walk() if not part.is_multipart()]
    reports = [json.loads(part.get_content()) for part in parts if part.get_content_type() == "application/json"]
    assert sorted(each["url"] for each in reports) == sorted(f"https://host.example/{n}.png?x=1" for n in range(40))
    for each in reports:
        result = xarf.parse(each)
        assert (result.errors, result.warnings) == ([], [])
    for part in parts:
        if part.get_content_maintype() == "text" and part.get_content_type() != "text/rfc822-headers":
            words = part.get_content()
            if "hxxps://host[.]example/7[.]png" in words or "hxxps://host[.]example/7.png" in words:
                assert "https://host.example/7.png" not in words
        decoded = part.get_payload(decode=True) or b""
        assert not any(magic in decoded for magic in (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"RIFF", b"ftyp"))


@pytest.mark.parametrize(
    ("country", "kind", "says"),
    [
        ("US", "csam", "must report such material to an authority"),
        ("GB", "csam", "We do not know whether a hosting provider in United Kingdom"),
        ("US", "harmful_abusive", "We do not know whether"),
        ("", "csam", ""),
    ],
)
def test_the_note_on_the_duty_to_report_is_that_of_the_country_and_the_type(
    world: Any, mail: Any, country: str, kind: str, says: str
) -> None:
    provider(country=country)
    facts = {"sub_type": "a", "category": "csam_related"} if kind == "harmful_abusive" else {}
    world.verdict("https://host.example/1.png", notice_type=kind, **facts)
    issue_notices(NOW)
    send()
    text = " ".join(parts_of(mail.received[0][1]).text.split())
    assert ("YOUR DUTY TO REPORT" in text) == bool(says)
    assert says in text


def test_a_french_contact_reads_french_with_the_terms_and_what_to_keep(
    world: Any, mail: Any, set_config: Callable[..., None]
) -> None:
    set_config(notice_preservation_days=90, notice_preservation_basis="article 6 de la loi d’essai")
    host = provider(country="FR", terms_url="https://host.example/cgu")
    add_contact(host, "abuse@host.example", language="fr", now=NOW)
    set_clause(host, "child_exploitation", "4.2 Protection des mineurs")
    world.verdict("https://host.example/1.png")
    issue_notices(NOW)
    send()
    message = arrived(mail.received[0][1])
    text = parts_of(mail.received[0][1]).text
    assert message["Content-Language"] == "fr"
    assert str(message["Subject"]).startswith("À retirer")
    for words in (
        "Veuillez agir au plus tard le 25 nov. 2026, 12:00 UTC",
        "Dites-nous au plus tard le 25 nov. 2026, 12:00 UTC",
        "pendant 90 jours",
        "article 6 de la loi d’essai",
        "4.2 Protection des mineurs (https://host.example/cgu)",
        "/public/answer/ntc_",
    ):
        assert words in text


def test_only_who_has_the_material_is_asked_to_keep_it(world: Any, set_config: Callable[..., None]) -> None:
    set_config(notice_preservation_days=90, notice_preservation_basis="Act 1")
    provider()
    world.verdict("https://host.example/1.png")
    issue_notices(NOW)
    notice = Notice.objects.get()
    urls = list(notice.urls.select_related("verdict", "media"))
    asked = []
    for route in Notice.Route.values:
        notice.route = route
        if letter_for(notice, urls, NOW).preservation is not None:
            asked.append(route)
    assert asked == ["provider", "cdn"]


@pytest.fixture
def webhook() -> Iterator[WebhookServer]:
    """The endpoint of ``Host``, which refuses what is not signed with the secret of its contact."""
    secrets: list[str] = []
    server = WebhookServer(lambda: secrets[0])
    secrets.append(webhook_secret(provider("webhook", server.url).contacts.get().public_id))
    yield server
    server.close()


def test_a_webhook_that_is_busy_gets_the_same_signed_message_later_once(world: Any, webhook: WebhookServer) -> None:
    world.verdict("https://host.example/1.png")
    issue_notices(NOW)
    webhook.refusals += [503, 429]
    assert (send().failed, send().failed, send().sent) == (1, 0, 0)  # nothing before its time
    assert (again().failed, again().sent, again().sent) == (1, 1, 0)
    bodies = {body for _, _, _, body in webhook.requests}
    keys = {headers["idempotency-key"] for _, _, headers, _ in webhook.requests}
    assert (len(webhook.requests), len(bodies), len(keys), len(webhook.taken)) == (3, 1, 1, 1)
    [taken] = webhook.taken.values()
    assert taken["reports"][0]["url"] == "https://host.example/1.png"
    assert "hxxps://host[.]example/1" in taken["text"]
    queue_reminders(NOW + DAY)
    send(NOW + DAY)
    assert len(webhook.taken) == 2


def test_a_webhook_whose_answer_was_not_heard_gets_it_again_under_the_same_key(
    world: Any, webhook: WebhookServer
) -> None:
    world.verdict("https://host.example/1.png")
    issue_notices(NOW)
    webhook.silent = True
    assert send().failed == 1
    webhook.silent = False
    assert again().sent == 1
    assert (webhook.repeated, len(webhook.taken)) == (1, 1)
    assert OutboxMessage.objects.get().state == "sent"


def test_a_webhook_that_is_gone_for_good_is_shown_and_the_next_reminder_tries_anew(
    world: Any, webhook: WebhookServer
) -> None:
    world.verdict("https://host.example/1.png")
    issue_notices(NOW)
    webhook.refusals.append(410)
    assert send().refused == 1
    assert str(OutboxMessage.objects.get().reason) == "the other side answered 410"
    queue_reminders(NOW + DAY)
    assert send(NOW + DAY).sent == 1


@pytest.fixture
def service(set_config: Callable[..., None]) -> Iterator[AbuseSignalServer]:
    """A service that follows botocore's model, and is asked as soon as somebody wants to know."""
    server = AbuseSignalServer()
    set_config(abuse_signal_key="AKTEST", abuse_signal_secret="s")
    yield server
    server.close()


@pytest.fixture
def reported(world: Any, service: AbuseSignalServer) -> Notice:
    """A notice about two addresses that the service took over."""
    provider("abuse_signal", service.url)
    world.verdict("https://host.example/1.png", "https://host.example/2.png")
    issue_notices(NOW)
    assert send().sent == 1
    return Notice.objects.get()


def ask(now: dt.datetime) -> int:
    SubmittedReport.objects.filter(ask_at__isnull=False).update(ask_at=real_now())
    return ask_about_reports(now)


def test_the_service_gets_one_report_for_each_address_and_is_asked_until_it_is_done(
    reported: Notice, service: AbuseSignalServer
) -> None:
    assert sorted(each["report"]["xarf"]["url"][-5:] for each in service.taken.values()) == ["1.png", "2.png"]
    assert set(SubmittedReport.objects.values_list("remote_id", flat=True)) == set(service.numbers.values())
    assert ask(NOW) == 0
    assert set(SubmittedReport.objects.values_list("status", flat=True)) == {"QUEUED"}
    asked = len(service.requests)
    assert ask_about_reports(NOW) == 0  # not before its time
    assert len(service.requests) == asked
    for number in service.numbers.values():
        service.states[number] = ("COMPLETED", "ACTIONED")
    wanted: list[Any] = []

    def note(said: RecheckWanted) -> None:
        wanted.extend(said.urls)

    with recheck_wanted.heard_by(note):
        assert ask(NOW + HOUR) == 2
    assert len({each.pk for each in wanted}) == 2
    assert set(Reply.objects.values_list("action", "via")) == {("removed", "channel")}
    assert ask(NOW + 2 * HOUR) == 0


@pytest.mark.sampled(2)
@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("NOT_RESOLVABLE_TO_AWS", "not_ours"),
        ("CONTENT_DOWN_OR_INACCESSIBLE", "already_gone"),
        ("REVIEWED_NO_AWS_ACTION", "not_illegal"),
        ("NEED_MORE_INFORMATION", ""),
    ],
)
def test_what_the_service_decides_is_an_answer_like_a_person_s_and_pauses_nothing(
    reported: Notice, service: AbuseSignalServer, code: str, reason: str
) -> None:
    for number in service.numbers.values():
        service.states[number] = ("COMPLETED", code)
    assert ask(NOW + HOUR) == 2
    assert list(PushBack.objects.values_list("reason", flat=True)) == ([reason] if reason else [])
    assert queue_reminders(NOW + DAY) == 1
    assert send(NOW + DAY).sent == 1


def test_a_service_that_does_not_answer_is_asked_later(
    reported: Notice, service: AbuseSignalServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Server, "counts", lambda self, path: True)
    service.refusals += [503, 503]
    assert ask(NOW + HOUR) == 0
    later = SubmittedReport.objects.values_list("ask_at", flat=True)
    assert all(at is not None and at > real_now() + report_status.ASK_EVERY / 2 for at in later)


@pytest.fixture
def iccam(set_config: Callable[..., None]) -> Iterator[IccamServer]:
    """ICCAM as far as it is known, with an account of ours."""
    server = IccamServer()
    set_config(iccam_user="hotline", iccam_password="secret")
    yield server
    server.close()


def referred(world: Any, iccam: IccamServer, mail: Any) -> None:
    provider(country="DE")
    hotline = add_provider("Hotline DE", kind="hotline", country="DE", now=NOW)
    add_contact(hotline, iccam.url, channel="iccam", now=NOW)
    world.verdict("https://host.example/1.png", "https://host.example/2.png")
    issue_notices(NOW)


def test_a_hotline_abroad_gets_its_referral_by_iccam_and_past_the_deadline_the_provider_by_mail(
    world: Any, iccam: IccamServer, mail: Any
) -> None:
    referred(world, iccam, mail)
    assert send().sent == 1
    [taken] = iccam.taken
    assert [url["isSourceUrl"] for url in taken["urls"]] == [True, False]
    assert "27 Nov 2026, 12:00 UTC" in taken["memo"]
    assert SubmittedReport.objects.get().remote_id == "1"
    assert follow_up_referrals(NOW + 72 * HOUR) == 1
    assert send(NOW + 72 * HOUR).sent == 1
    assert [address for address, _ in mail.received] == ["abuse@host.example"]
    assert len(iccam.taken) == 1


def wait() -> None:
    """As time would: what is in doubt may be asked about now."""
    OutboxMessage.objects.filter(conclude_at__isnull=False).update(conclude_at=real_now())


def unheard(iccam: IccamServer) -> OutboxMessage:
    """A referral whose answer was not heard."""
    iccam.silent = True
    assert send().uncertain == 1
    iccam.silent = False
    assert send().sent == 0  # it is too early to ask
    return OutboxMessage.objects.get(state="uncertain")


def test_a_referral_whose_answer_was_not_heard_is_found_there_and_never_repeated(
    world: Any, iccam: IccamServer, mail: Any
) -> None:
    referred(world, iccam, mail)
    message = unheard(iccam)
    wait()
    send(NOW + HOUR)
    message.refresh_from_db()
    assert (message.state, message.sent_at, len(iccam.taken)) == ("sent", NOW, 1)
    assert Notice.objects.get().first_sent_at == NOW
    assert SubmittedReport.objects.get().remote_id == "1"


def test_a_referral_that_was_lost_is_sent_again_once_the_list_is_known_to_work(
    world: Any, iccam: IccamServer, mail: Any
) -> None:
    referred(world, iccam, mail)
    iccam.forgetful = True
    lost = unheard(iccam)
    iccam.forgetful = False
    wait()
    send()
    lost.refresh_from_db()
    assert lost.state == "uncertain"  # nothing is surely there that would show that the list can be relied on
    assert lost.conclude_at is not None
    assert lost.conclude_at > real_now()
    world.verdict("https://host.example/3.png")
    issue_notices(NOW)
    assert send().sent == 1
    iccam.deaf = True
    wait()
    send()
    lost.refresh_from_db()
    assert lost.state == "uncertain"  # the list does not name what is surely there either
    iccam.deaf = False
    wait()
    assert send(NOW + HOUR).sent == 1
    lost.refresh_from_db()
    assert (lost.state, lost.sent_at) == ("sent", NOW + HOUR)
    assert sorted(each["hotlineReference"] for each in iccam.taken) == sorted(
        OutboxMessage.objects.values_list("occasion", flat=True)
    )


def test_a_page_of_the_newest_reports_does_not_show_that_an_earlier_one_is_missing(
    world: Any, iccam: IccamServer, mail: Any
) -> None:
    referred(world, iccam, mail)
    doubtful = unheard(iccam)
    world.verdict("https://host.example/3.png")
    issue_notices(NOW)
    assert send().sent == 1
    iccam.newest = True
    wait()
    assert send().sent == 0
    doubtful.refresh_from_db()
    assert (doubtful.state, len(iccam.taken)) == ("uncertain", 2)
    iccam.newest = False
    wait()
    send()
    doubtful.refresh_from_db()
    assert (doubtful.state, len(iccam.taken)) == ("sent", 2)


def test_while_iccam_cannot_be_asked_a_doubt_stays_and_its_deadline_still_counts(
    world: Any, iccam: IccamServer, mail: Any
) -> None:
    referred(world, iccam, mail)
    unheard(iccam)
    iccam.close()
    wait()
    assert send().sent == 0
    assert OutboxMessage.objects.get().state == "uncertain"
    assert follow_up_referrals(NOW + 72 * HOUR) == 1
