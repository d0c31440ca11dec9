"""Mail that comes back, forged or late (sentence 6). Somebody who wants silence writes to the hotline's mailbox."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

import pytest
from tests.acceptance.crew import CSAM, Crew, decide, lead, notices
from tests.acceptance.people import Person
from tests.acceptance.system import System, wait_for
from tests.acceptance.world import Letter, Mail, Web, bounce, contact, provider, still

GUESSED, LEAKED, ANSWERED, REMINDED, DELAYED, OFFICE, WRONG_MESSAGE, GENUINE = range(51, 59)
NAMES = {
    GUESSED: "a stranger guesses the token from the reference",
    LEAKED: "somebody has the token, and names another recipient",
    ANSWERED: "a hard bounce after the provider answered by its link",
    REMINDED: "a hard bounce of the first message, after reminders went through",
    DELAYED: "a report of a delay with a permanent code",
    OFFICE: "an out-of-office answer to the bounce address",
    WRONG_MESSAGE: "the right token around somebody else's message",
}


@dataclass
class Told:
    """A provider that got its first notice."""

    last: int
    letter: Letter
    first_sent: str
    seen_after: str = ""
    second: list[Letter] = field(default_factory=list)


def forge(mail: Mail, told: Told, web: Web) -> None:
    """What comes into the hotline's mailbox about this provider's first message."""
    letter, to = told.letter, told.letter.sender
    victim = contact(told.last)
    if told.last == GUESSED:
        for address in (
            f"bounces+{letter.reference}.0.aaaaaaaaaaaaaaaa@helpline.test",
            f"bounces+{letter.reference}@helpline.test",
            "bounces@helpline.test",
        ):
            mail.deliver(address, "", bounce(letter, to=address, recipient=victim))
    elif told.last == LEAKED:
        mail.deliver(to, "", bounce(letter, to=to, recipient="former.employee@provider.test"))
    elif told.last == ANSWERED:
        answerer = Person(letter.answer_link)
        form = answerer.open(letter.answer_link).form(has="action")
        thanks = answerer.send(form, action="push_back", reason="not_illegal", comment="We read it.")
        assert thanks.status == 200, thanks.words
        mail.deliver(to, "", bounce(letter, to=to, recipient=victim))
    elif told.last == REMINDED:
        wait_for(lambda: len(mail.to(victim)) >= 4, what="three reminders that were taken")
        mail.deliver(to, "", bounce(letter, to=to, recipient=victim))
    elif told.last == DELAYED:
        mail.deliver(to, "", bounce(letter, to=to, recipient=victim, action="delayed"))
    elif told.last == OFFICE:
        text = (
            f"From: {victim}\r\nTo: {to}\r\nSubject: Automatic reply: {letter.subject}\r\n"
            f"Auto-Submitted: auto-replied\r\nIn-Reply-To: {letter.message['Message-ID']}\r\n\r\n"
            "550 5.1.1 is my room number. I am away, user unknown.\r\n"
        )
        mail.deliver(to, victim, text.encode())
    elif told.last == WRONG_MESSAGE:
        mail.deliver(to, "", bounce(letter, to=to, recipient=victim, message_id="<newsletter-9@elsewhere.test>"))
    else:
        mail.deliver(to, "", bounce(letter, to=to, recipient=victim))


def sent_first(crew: Crew, last: int) -> str:
    return min(row.first_sent for row in notices(crew.people["Max"], provider(last)) if row.first_sent)


@pytest.fixture(scope="module")
def told(web: Web, crew: Crew, mail: Mail) -> dict[int, Told]:
    """Each provider got a notice, then something came back; then a second picture of each was found and judged."""
    everyone: dict[int, Told] = {}
    for last in [*NAMES, GENUINE]:
        web.host(last).show(still(last), page="/")
        lead(crew.people["Max"], web.host(last).url + "/")
    for last in [*NAMES, GENUINE]:
        decide(crew.people["Ann"], f"127.0.0.{last}", CSAM)
    for last in [*NAMES, GENUINE]:
        letter = wait_for(lambda last=last: mail.to(contact(last)), what=f"the notice to {provider(last)}")[0]  # type: ignore[misc]
        first = wait_for(lambda last=last: sent_first(crew, last), what="the time on the page")  # type: ignore[misc]
        everyone[last] = Told(last, letter, first)
    for one in everyone.values():
        forge(mail, one, web)
    wait_for(lambda: not list((mail.maildir / "new").iterdir()), what="the mailbox to be read")
    time.sleep(3)
    since = time.time()
    for last in everyone:
        web.host(last).show(still(last, 1), page="/second")
        lead(crew.people["Max"], web.host(last).url + "/second")
    for last in everyone:
        decide(crew.people["Ann"], f"127.0.0.{last}", CSAM)
    end = time.monotonic() + 40
    while time.monotonic() < end and not all(one.second for one in everyone.values() if one.last != GENUINE):
        for one in everyone.values():
            address = f"/i/{second_name(one.last)}"
            one.second = [each for each in mail.to(contact(one.last)) if each.at > since and address in each.all_text]
        time.sleep(0.5)
    for last, one in everyone.items():
        rows = [row for row in notices(crew.people["Max"], provider(last)) if row.reference == one.letter.reference]
        one.seen_after = rows[0].first_sent
    return everyone


def second_name(last: int) -> str:
    from tests.acceptance.world import sha256

    return sha256(still(last, 1))[:10]


@pytest.mark.parametrize("last", list(NAMES), ids=list(NAMES.values()))
def test_the_next_notice_to_the_provider_leaves_all_the_same(told: dict[int, Told], last: int) -> None:
    assert told[last].second, f"{NAMES[last]}: nothing more was sent to {contact(last)}"


@pytest.mark.parametrize("last", list(NAMES), ids=list(NAMES.values()))
def test_the_time_of_the_first_notice_stays(told: dict[int, Told], last: int) -> None:
    assert told[last].seen_after == told[last].first_sent, NAMES[last]


def test_reminders_to_the_provider_go_on(told: dict[int, Told], mail: Mail) -> None:
    before = {last: len(mail.to(contact(last))) for last in NAMES}
    silent = [last for last in NAMES if len(mail.to(contact(last))) <= before[last]]
    end = time.monotonic() + 40
    while silent and time.monotonic() < end:
        time.sleep(1)
        silent = [last for last in NAMES if len(mail.to(contact(last))) <= before[last]]
    assert not silent, [NAMES[last] for last in silent]


def test_a_true_bounce_is_still_believed(told: dict[int, Told], hotline: System) -> None:
    """The control: right token, right recipient, right message, at once."""
    assert contact(GENUINE) in str(hotline.json("notices", "status")["bounced_contacts"])
