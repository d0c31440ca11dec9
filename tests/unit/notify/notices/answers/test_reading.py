"""Mail as a person reads it, however it is written, and what tells that no person wrote it."""

from __future__ import annotations

from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orbweaver.notify.notices.answers.quoting import split
from orbweaver.notify.notices.answers.reading import Sign, read


def mail(
    subject: str = "Re: Please remove", text: str = "Done.", subtype: str = "plain", **headers: str
) -> EmailMessage:
    message = EmailMessage()
    message["From"] = "Kim <kim@host.example>"
    message["Subject"] = subject
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content(text, subtype=subtype)
    return message


PAGE = (
    "<html><head><style>p{}</style></head><body><div>It is <b>gone</b>.<br>Kim</div><div class='gmail_quote'>"
    "<div class='gmail_attr'>On Tue, Hotline wrote:<br></div><blockquote>Please<br>remove</blockquote></div>"
    "</body></html>"
)


def test_a_page_alone_is_read_as_text_with_what_it_quotes_marked() -> None:
    text = read(mail(text=PAGE, subtype="html")).text
    said, quoted = split(text)
    assert said == "It is gone.\nKim"
    assert "remove" in quoted


@pytest.mark.parametrize("charset", ["utf-8", "iso-8859-1", "windows-1252"])
def test_letters_of_any_charset_are_read(charset: str) -> None:
    message = EmailMessage()
    message.set_content("Gelöscht", charset=charset, cte="base64")
    assert read(message).text.strip() == "Gelöscht"


def test_a_charset_that_nobody_knows_is_read_as_well_as_it_can_be() -> None:
    raw = b"Content-Type: text/plain; charset=klingon\n\nDone \xff.\n"
    assert read(message_from_bytes(raw, policy=policy.default)).text.startswith("Done")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Auto-Submitted", "auto-replied (vacation)"),
        ("X-Autoreply", "yes"),
        ("X-Autorespond", "Re: Please remove"),
        ("Precedence", "auto_reply"),
    ],
)
def test_a_header_tells_an_automatic_reply(name: str, value: str) -> None:
    assert read(mail(**{name.replace("-", "_"): value})).sign is Sign.HEADER


@pytest.mark.parametrize(
    "subject",
    [
        "Automatic reply: Please remove", "Out of office", "Automatische Antwort: x", "Abwesend: x",
        "Réponse automatique : Please remove", "Respuesta automática: Please remove", "Resposta automática: x",
        "Risposta automatica: x", "Automatisch antwoord: x", "Odpowiedź automatyczna: x", "Автоматический ответ: x",
        "Otomatik yanıt: x", "自動応答: x", "自动答复: x", "자동 회신: x", "رد تلقائي: x", "Autosvar: x",
        "Re: [Ticket#4711] Automatic reply: x", "[#4711] Eingangsbestätigung", "AW: Abwesenheitsnotiz",
    ],
)  # fmt: skip
def test_its_subject_tells_an_automatic_reply_in_many_languages(subject: str) -> None:
    assert read(mail(subject)).sign is Sign.SUBJECT


@pytest.mark.parametrize(
    "headers", [{"Auto_Submitted": "auto-generated"}, {"Precedence": "bulk"}, {"Auto_Submitted": "no"}]
)
def test_what_ticket_systems_set_on_words_of_people_is_no_sign(headers: dict[str, str]) -> None:
    assert read(mail("[#4711] Re: Please remove", **headers)).sign is None


@given(st.binary(max_size=400))
def test_no_mail_however_broken_makes_the_reader_fail(raw: bytes) -> None:
    for head in (b"", b"Subject: =?x?q?=ff?=\nIn-Reply-To: <\nContent-Type: text/html; charset=\xff\n\n"):
        found = read(message_from_bytes(head + raw, policy=policy.default))
        found.text.encode()
