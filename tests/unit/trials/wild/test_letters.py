"""What parties write is mail as people and servers write it: it can be read, and holds what it must and no more."""

from __future__ import annotations

import email
from dataclasses import replace
from email import policy
from email.message import EmailMessage

import pytest

from orbweaver_trials.wild.drafting import plan
from orbweaver_trials.wild.languages import TONGUES, gone_page
from orbweaver_trials.wild.letters import Notice, automatic, bounce, reply
from orbweaver_trials.wild.parties import named_places, place_of, refanged
from orbweaver_trials.wild.plan import Answer, Letterbox, Party

PLAN = plan()


def notice() -> Notice:
    message = EmailMessage()
    message["From"] = "Hotline <notices@hotline.example>"
    message["To"] = "abuse@over-party.example"
    message["Subject"] = "Please remove: 1 address [ntc_abcdefgh]"
    message["Message-ID"] = "<ntc_abcdefgh.0@hotline.example>"
    text = "Reference ntc_abcdefgh\nhxxp://over[.]example:80/p/47341.jpg\n"
    return Notice(message, text, "bounces+t@hotline.example", "abuse@over-party.example")


def read(raw: bytes) -> tuple[EmailMessage, str]:
    message = email.message_from_bytes(raw, policy=policy.default)
    assert isinstance(message, EmailMessage)
    body = message.get_body(("plain", "html"))
    assert body is not None
    return message, str(body.get_content())


@pytest.mark.sampled(30)
@pytest.mark.parametrize("tongue", sorted(TONGUES))
@pytest.mark.parametrize("answer", [answer for answer in Answer if answer.by_mail])
def test_every_reply_can_be_read_in_its_language_and_holds_its_marker(answer: Answer, tongue: str) -> None:
    message, text = read(reply(notice(), Party("over", answer=answer, tongue=tongue), "Q1234567"))
    assert "Q1234567" in text
    assert TONGUES[tongue].done.split()[0].rstrip(",!:") in text
    clue = "ntc_abcdefgh"
    assert clue in text or clue in str(message["In-Reply-To"])
    assert message["To"] == "notices@hotline.example"


@pytest.mark.parametrize("tongue", sorted(TONGUES))
def test_an_automatic_reply_says_nothing_of_a_removal(tongue: str) -> None:
    _, text = read(automatic(notice(), Party("over", tongue=tongue)))
    assert text.strip() == TONGUES[tongue].away
    assert TONGUES[tongue].done not in text


@pytest.mark.parametrize("box", [box for box in Letterbox if box.lost and box is not Letterbox.UNKNOWN])
def test_every_bounce_goes_to_the_sender_of_the_envelope_and_names_whom_it_is_about(box: Letterbox) -> None:
    message, text = read(bounce(notice(), box))
    assert message["To"] == "bounces+t@hotline.example"
    assert "abuse@over-party.example" in text


def test_an_address_in_a_letter_is_understood_however_it_is_written() -> None:
    (place,) = named_places(PLAN, refanged(notice().text))
    assert place.host == "over.example"
    sharp = next(each for each in PLAN.places if each.host == "xn--fa-hia.example")
    for name in ("faß.example", "xn--fa-hia.example", "XN--FA-HIA.example"):
        assert place_of(PLAN, f"http://{name}:8080{sharp.path}?a=1") == sharp
    assert place_of(PLAN, f"http://fass.example{sharp.path}") != sharp
    moved = replace(place, path="/moved" + place.path)
    assert place_of(PLAN, f"http://over.example{moved.path}") == place


def test_pages_that_say_so_differ_in_words_and_layout() -> None:
    assert len({gone_page(code) for code in TONGUES}) == len(TONGUES)
