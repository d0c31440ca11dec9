"""Words about a survivor: a company is asked about an address, outside verdicts, notices and figures (R20, R59)."""

from __future__ import annotations

import contextlib
import datetime as dt
import email
import email.message
import email.policy
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from orbweaver.errors import InvalidInput
from orbweaver.follow.survivors import safety
from orbweaver.follow.survivors.models import Request, RequestPart, SafetyNotice, WordsStep
from orbweaver.follow.survivors.selectors import progress_of
from orbweaver.follow.survivors.services import Asked, ask
from orbweaver.notify.notices.answers.incoming import receive
from orbweaver.notify.notices.errors import ChannelDown, ChannelFailed
from orbweaver.notify.notices.models import IncomingAnswer, Notice
from orbweaver.notify.notices.selectors import unread
from orbweaver.notify.notices.sending.channels.smtp import SmtpChannel
from orbweaver.notify.providers.models import Contact
from orbweaver.notify.providers.services import add_contact, add_provider
from orbweaver.people.accounts.rules import Role

from ...conftest import NOW

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("hotline")]

PAGE = "https://forum.example/thread/9"
DAY = dt.timedelta(days=1)
Kind = WordsStep.Kind


def part_of(aim: Request.Aim = Request.Aim.TEXT, words: str = "My name is Nicolette Brandywine.") -> RequestPart:
    made, _ = ask(Asked(Request.Capacity.ADULT, aim, at_risk=False, urls=[PAGE], words=words, form=aim.value), NOW)
    return made.parts.select_related("request").get()


def told(part: RequestPart, days: float) -> list[str]:
    """What the person reads of this address so many days after the request."""
    [progress] = progress_of(part.request, NOW + days * DAY).parts
    return list(progress.stages)


def host() -> None:
    provider = add_provider("Forums", now=NOW, domains=["forum.example"], terms_url="https://forum.example/terms")
    add_contact(provider, "abuse@forum.example", now=NOW)


@pytest.fixture
def mail(monkeypatch: pytest.MonkeyPatch, set_config: Any) -> list[Any]:
    """What left; an exception in it is raised by the next delivery."""
    left: list[Any] = []

    class Server:
        def deliver(self, message: Any, before_commit: Any) -> tuple[()]:
            if left and isinstance(left[-1], Exception):
                raise left.pop()
            before_commit()
            left.append(message)
            return ()

    @contextlib.contextmanager
    def session(_channel: SmtpChannel) -> Iterator[Server]:
        yield Server()

    monkeypatch.setattr(SmtpChannel, "session", session)
    set_config(
        smtp_host="127.0.0.1", hotline_name="Real", hotline_domain="real.example", hotline_contact="n@real.example"
    )
    return left


def test_a_company_is_told_the_address_and_nothing_of_the_person_once(make_person: Any, mail: list[Any]) -> None:
    host()
    part = part_of()
    made = safety.ask_company(part, by=make_person("Sol"), now=NOW)
    assert safety.send_due(NOW) == 1
    assert safety.send_due(NOW) == 0
    [message] = mail
    assert message.address == "abuse@forum.example"
    letter = email.message_from_bytes(message.raw, policy=email.policy.default)
    text = letter.get_content()
    assert PAGE in text
    assert "https://forum.example/terms" in text
    assert made.public_id in str(letter["Subject"])
    assert "Nicolette" not in message.raw.decode()
    assert part.request.public_id not in message.raw.decode()
    assert part.request.reference not in message.raw.decode()
    assert not Notice.objects.exists()
    with pytest.raises(InvalidInput):
        safety.ask_company(part, by=make_person("Sam"), now=NOW)


def test_legal_pictures_that_harass_are_told_on_grounds_of_privacy_and_never_opened_or_assessed(
    make_person: Any, mail: list[Any]
) -> None:
    from orbweaver.detect.intake.models import Report
    from orbweaver.detect.intake.rules import AskedFor

    host()
    part = part_of(Request.Aim.LEGAL)
    assert part.report is None
    assert not Report.objects.exists()
    notice = safety.ask_company(part, by=make_person("Sol"), now=NOW)
    assert safety.send_due(NOW) == 1
    text = email.message_from_bytes(mail[0].raw, policy=email.policy.default).get_content()
    assert PAGE in text
    assert "They show no abuse" in text
    assert "privacy and safety" in text
    assert "https://forum.example/terms" in text
    [told] = progress_of(part.request, NOW + 2 * DAY).parts
    assert told.stages == ["words_told"]
    safety.note_step(notice.part, Kind.NOT_THERE, by=make_person("Sam"), now=NOW)
    [told] = progress_of(part.request, NOW + 2 * DAY).parts
    assert told.stages == ["words_gone"]
    asked = Asked(Request.Capacity.ADULT, Request.Aim.LEGAL, at_risk=False, hashes=[AskedFor("md5", b"0" * 16)])
    with pytest.raises(InvalidInput, match="we need the internet addresses"):
        ask(asked, NOW)


def test_what_cannot_be_asked_is_said(make_person: Any) -> None:
    sol = make_person("Sol")
    with pytest.raises(InvalidInput, match="Enter the provider first"):
        safety.ask_company(part_of(), by=sol, now=NOW)
    with pytest.raises(InvalidInput, match="not about texts"):
        safety.ask_company(part_of(Request.Aim.PICTURE), by=sol, now=NOW)


def test_a_server_that_is_down_is_tried_again_and_one_that_refuses_waits_for_a_person(
    make_person: Any, mail: list[Any]
) -> None:
    host()
    safety.ask_company(part_of(), by=make_person("Sol"), now=NOW)
    mail.append(ChannelDown("down"))
    assert safety.send_due(NOW) == 0
    assert SafetyNotice.objects.get().state == "queued"
    mail.append(ChannelFailed("refused"))
    assert safety.send_due(NOW) == 0
    assert SafetyNotice.objects.get().state == "failed"


def test_the_person_reads_of_words_and_pictures_of_one_address_each(make_person: Any, mail: list[Any]) -> None:
    host()
    part = part_of(Request.Aim.BOTH)
    sol = make_person("Sol")
    assert told(part, 2) == ["reading", "looking"]
    safety.ask_company(part, by=sol, now=NOW + DAY)
    safety.send_due(NOW + DAY)
    assert told(part, 2) == ["words_told", "looking"]
    safety.note_step(part, Kind.NOT_THERE, by=sol, now=NOW + 3 * DAY)
    assert told(part, 2) == ["words_told", "looking"]
    assert told(part, 3) == ["words_gone", "looking"]
    safety.note_step(part, Kind.THERE, by=sol, now=NOW + 4 * DAY)
    assert told(part, 3) == ["words_gone", "looking"], "what was told of that day stays true of it"
    assert told(part, 4) == ["words_back", "looking"]


def test_words_are_followed_from_the_first_reading_to_gone_back_and_gone(make_person: Any, mail: list[Any]) -> None:
    host()
    part, sol = part_of(), make_person("Sol")
    assert told(part, 2) == ["reading"]
    safety.note_step(part, Kind.THERE, by=sol, now=NOW + 2 * DAY)
    assert told(part, 2) == ["reading"]
    safety.ask_company(part, by=sol, now=NOW + 3 * DAY)
    assert told(part, 3) == ["words_found"]
    safety.send_due(NOW + 4 * DAY)
    assert told(part, 4) == ["words_told"]
    safety.note_step(part, Kind.NOT_THERE, by=sol, now=NOW + 5 * DAY)
    assert told(part, 5) == ["words_gone"]
    safety.note_step(part, Kind.THERE, by=sol, now=NOW + 6 * DAY)
    assert told(part, 6) == ["words_back"]
    safety.ask_company(part, by=sol, now=NOW + 7 * DAY)
    assert told(part, 7) == ["words_back"]
    safety.send_due(NOW + 8 * DAY)
    assert told(part, 8) == ["words_told"]
    safety.note_step(part, Kind.NOT_THERE, by=sol, now=NOW + 9 * DAY)
    assert told(part, 9) == ["words_gone"]
    assert len(mail) == 2


def test_a_company_that_refuses_or_does_not_answer_is_told_and_asked_again_once_somebody_looked(
    make_person: Any, mail: list[Any]
) -> None:
    host()
    part, sol = part_of(), make_person("Sol")
    with pytest.raises(InvalidInput, match="has not been asked"):
        safety.note_step(part, Kind.REFUSED, by=sol, now=NOW)
    safety.ask_company(part, by=sol, now=NOW)
    safety.send_due(NOW)
    assert told(part, 13) == ["words_told"]
    assert told(part, 14) == ["words_silent"]
    with pytest.raises(InvalidInput, match="Look first"):
        safety.ask_company(part, by=sol, now=NOW + 15 * DAY)
    with pytest.raises(InvalidInput, match="already"):
        safety.note_step(part, Kind.LEFT, by=sol, now=NOW)
    safety.note_step(part, Kind.THERE, by=sol, now=NOW + 15 * DAY)
    assert told(part, 15) == ["words_silent"]
    safety.ask_company(part, by=sol, now=NOW + 15 * DAY)
    safety.send_due(NOW + 15 * DAY)
    assert told(part, 16) == ["words_told"]
    safety.note_step(part, Kind.REFUSED, by=sol, now=NOW + 17 * DAY)
    assert told(part, 40) == ["words_refused"]


def test_a_company_that_is_not_asked_and_words_that_nobody_sees_are_said(make_person: Any, mail: list[Any]) -> None:
    host()
    part, sol = part_of(), make_person("Sol")
    safety.note_step(part, Kind.NOT_THERE, by=sol, now=NOW)
    assert told(part, 2) == ["words_not_seen"], "never that they are gone: this person has not had them removed"
    safety.note_step(part, Kind.LEFT, by=sol, now=NOW + DAY)
    assert told(part, 2) == ["words_left"]
    safety.note_step(part, Kind.THERE, by=sol, now=NOW + 3 * DAY)
    assert told(part, 3) == ["reading"]
    safety.ask_company(part, by=sol, now=NOW + 4 * DAY)
    assert told(part, 4) == ["words_found"]


def test_of_words_that_were_removed_for_another_they_read_what_whoever_is_the_first_to_ask_reads(
    make_person: Any, mail: list[Any]
) -> None:
    host()
    first, sol = part_of(), make_person("Sol")
    safety.ask_company(first, by=sol, now=NOW)
    safety.send_due(NOW)
    safety.note_step(first, Kind.NOT_THERE, by=sol, now=NOW + DAY)
    assert told(first, 2) == ["words_gone"]
    later, never = part_of(words="The same page."), part_of(words="Another.")
    for part in (later, never):
        safety.note_step(part, Kind.NOT_THERE, by=sol, now=NOW + DAY)
    assert told(later, 2) == told(never, 2) == ["words_not_seen"]


def test_survivor_support_is_reminded_of_pages_at_which_nobody_looked_for_a_week(
    make_person: Any, mail: list[Any]
) -> None:
    host()
    part, sol = part_of(), make_person("Sol")

    def waits(days: float) -> bool:
        return safety.to_look_at(NOW + days * DAY).exists()

    safety.ask_company(part, by=sol, now=NOW)
    safety.send_due(NOW)
    assert [waits(days) for days in (6, 7, 40)] == [False, True, True]
    safety.note_step(part, Kind.THERE, by=sol, now=NOW + 8 * DAY)
    assert [waits(days) for days in (14, 15)] == [False, True]
    safety.note_step(part, Kind.REFUSED, by=sol, now=NOW + 16 * DAY)
    assert not waits(40)
    safety.note_step(part, Kind.THERE, by=sol, now=NOW + 41 * DAY)
    assert waits(48)
    safety.note_step(part, Kind.NOT_THERE, by=sol, now=NOW + 49 * DAY)
    assert not waits(80)


def letter_of(message: Any) -> tuple[str, str, email.message.EmailMessage]:
    """Subject, text and all of a message that left."""
    letter = email.message_from_bytes(message.raw, policy=email.policy.default)
    assert isinstance(letter, email.message.EmailMessage)
    return str(letter["Subject"]), letter.get_content(), letter


@pytest.mark.parametrize("aim", [Request.Aim.TEXT, Request.Aim.LEGAL])
@pytest.mark.parametrize(
    ("language", "still", "days"),
    [
        ("en", "Still there: ", ("24 Nov 2026", "1 Dec 2026")),
        ("fr", "Toujours là\u202f: ", ("24 nov. 2026", "1er déc. 2026")),
        ("de", "Noch da: ", ("24. Nov. 2026", "1. Dez. 2026")),
    ],
)
@pytest.mark.sampled(2)
def test_a_second_message_says_since_when_the_company_was_asked_and_what_is_still_there(
    make_person: Any, mail: list[Any], aim: Request.Aim, language: str, still: str, days: tuple[str, str]
) -> None:
    host()
    Contact.objects.update(language=language)
    part, sol = part_of(aim), make_person("Sol")
    first = safety.ask_company(part, by=sol, now=NOW)
    safety.send_due(NOW)
    safety.note_step(part, Kind.THERE, by=sol, now=NOW + 7 * DAY)
    second = safety.ask_company(part, by=sol, now=NOW + 8 * DAY)
    safety.send_due(NOW + 8 * DAY)
    (subject, text, _), (subject_again, text_again, letter) = map(letter_of, mail)
    assert subject_again.startswith(still)
    assert not subject.startswith(still)
    assert text_again.split("\n")[0] != text.split("\n")[0]
    for said in (*days, first.public_id, second.public_id, PAGE, "https://forum.example/terms"):
        assert said in text_again.replace("\n", " "), said
    assert letter["In-Reply-To"] == letter["References"] == first.message_id
    assert "{" not in text_again


def test_whoever_hosts_the_page_since_is_asked_as_for_the_first_time(make_person: Any, mail: list[Any]) -> None:
    host()
    part, sol = part_of(), make_person("Sol")
    safety.ask_company(part, by=sol, now=NOW)
    safety.send_due(NOW)
    Contact.objects.update(provider=add_provider("Other forums", now=NOW, domains=["other.example"]))
    contact = Contact.objects.get()
    SafetyNotice.objects.update(contact=add_contact(add_provider("Old", now=NOW), "old@old.example", now=NOW))
    assert "Still there" not in str(safety._letter(SafetyNotice(part=part, contact=contact), contact)["Subject"])


def answer(to: str, subject: str = "Re: your message", text: str = "We do not remove this.", **headers: str) -> bytes:
    made = email.message.EmailMessage()
    made["From"], made["To"], made["Subject"] = "Abuse <abuse@forum.example>", to, subject
    for name, value in headers.items():
        made[name.replace("_", "-")] = value
    made.set_content(text)
    return made.as_bytes()


@pytest.fixture
def asked(make_person: Any, mail: list[Any], set_config: Any, tmp_path: Any) -> SafetyNotice:
    """A company that was asked about words, and has had one notice of ours about something else."""
    set_config(bounce_address="bounces@real.example", mail_dir=str(tmp_path))
    host()
    made = safety.ask_company(part_of(), by=make_person("Sol"), now=NOW)
    safety.send_due(NOW)
    provider = Contact.objects.get().provider
    Notice.objects.create(
        provider=provider, notice_type="csam", state="open", identified=False, created_at=NOW, first_sent_at=NOW
    )
    return made


def browser(person: Any) -> Client:
    """A browser in which this person is signed in."""
    made = Client()
    made.force_login(person)
    return made


def test_what_the_company_answers_reaches_survivor_support_and_not_the_desk(
    asked: SafetyNotice, mail: list[Any], make_person: Any, set_config: Any
) -> None:
    set_config(clock_speed=0, clock_epoch=(NOW + 21 * DAY).isoformat())  # when the pages are read
    signed = str(letter_of(mail[0])[2]["Reply-To"])
    assert asked.public_id in signed
    n = "n@real.example"
    for raw in (
        answer(signed),
        answer(n, In_Reply_To=asked.message_id, text="By the message that it answers."),
        answer(n, subject=f"AW: Words [{asked.public_id.upper()}]", text="By the number in it."),
        answer(signed, text="I am away.", Auto_Submitted="auto-replied"),
    ):
        receive(raw, "", NOW + DAY)
    assert [each.notice for each in IncomingAnswer.objects.all()] == [None] * 4
    assert not unread().exists()
    found = list(safety.answers_to(asked.part))
    assert [each.meaning for each in found] == ["", "", "", "automatic"]
    assert told(asked.part, 20) == ["words_told"], "who has answered is not said to be silent"
    desk = browser(make_person("Mona", Role.HOTLINE_MANAGER))
    assert "We do not remove this." not in desk.get("/notices/answers/").content.decode()
    assert desk.get(f"/notices/answers/{found[0].public_id}/").status_code == 404
    assert desk.post(f"/notices/answers/{found[0].public_id}/mail/").status_code == 404
    page, path = browser(make_person("Sue", Role.SURVIVOR_SUPPORT)), f"/requests/{asked.part.request.public_id}/"
    assert "The company has written" in page.get("/requests/").content.decode()
    assert "We do not remove this." in page.get(path).content.decode()
    page.post(path, {"action": "answer-read", "number": found[1].public_id})
    page.post(path, {"action": "words-refused", "number": asked.part.pk})
    assert [each.meaning for each in safety.answers_to(asked.part)] == ["refuses", "other", "refuses", "automatic"]
    assert told(asked.part, 40) == ["words_refused"]
    assert "The company has written" not in page.get("/requests/").content.decode()


def test_an_answer_to_a_number_that_we_never_gave_is_shown_to_survivor_support(
    asked: SafetyNotice, make_person: Any
) -> None:
    receive(answer("n@real.example", subject="[sft_0000000000000000]", text="About nothing."), "", NOW)
    page = browser(make_person("Sue", Role.SURVIVOR_SUPPORT))
    assert "About nothing." in page.get("/requests/").content.decode()
    page.post("/requests/", {"action": "answer-read", "number": IncomingAnswer.objects.get().public_id})
    assert "About nothing." not in page.get("/requests/").content.decode()


def test_the_page_of_a_request_about_legal_pictures_says_so(make_person: Any, client: Any) -> None:
    from orbweaver.people.accounts.rules import Role

    client.force_login(make_person("Sal", Role.SURVIVOR_SUPPORT))
    page = client.get(f"/requests/{part_of(Request.Aim.LEGAL).request.public_id}/").content.decode()
    assert "<h2>Legal pictures that are used to harass</h2>" in page
    assert "<h2>Texts about the person</h2>" not in page
