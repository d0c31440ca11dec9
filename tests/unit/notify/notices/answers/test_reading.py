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
        "Автоматичен отговор: x", "Automatski odgovor: x",
        "Re: [Ticket#4711] Automatic reply: x", "[#4711] Eingangsbestätigung", "AW: Abwesenheitsnotiz",
    ],
)  # fmt: skip
def test_its_subject_tells_an_automatic_reply_in_many_languages(subject: str) -> None:
    assert read(mail(subject)).sign is Sign.SUBJECT


@pytest.mark.parametrize(
    "subject",
    [
        "不在我们的服务器上", "Отсутствие контента по указанному адресу", "Absence de contenu à cette adresse",
        "Niet aanwezig op onze servers", "Ikke til stede på vores server", "Poissa palvelusta", "Ausencia de contenido",
        "Assenza di contenuto illecito", "Absent din serverul nostru", "Abwesenheit rechtswidriger Inhalte",
        "Re: [#4711] Absence de 3 images", "Vacation rental pictures are removed",
    ],
)  # fmt: skip
def test_what_people_write_may_begin_with_the_word_for_absence(subject: str) -> None:
    assert read(mail(subject)).sign is None


@pytest.mark.parametrize(
    "subject",
    [
        "Absence", "Absence : Please remove", "不在", "不在：Please remove", "Poissa 24.12. - 2.1.", "Vacation reply",
        "Re: [#4711] Niet aanwezig", "Отсутствие: Please remove", "Absence du 3/1 au 9/1", "Ausente hasta el lunes",
    ],
)  # fmt: skip
def test_the_word_for_absence_alone_or_with_a_date_is_a_sign(subject: str) -> None:
    assert read(mail(subject)).sign is Sign.SUBJECT


@pytest.mark.parametrize(
    "headers", [{"Auto_Submitted": "auto-generated"}, {"Precedence": "bulk"}, {"Auto_Submitted": "no"}]
)
def test_what_ticket_systems_set_on_words_of_people_is_no_sign(headers: dict[str, str]) -> None:
    assert read(mail("[#4711] Re: Please remove", **headers)).sign is None


def test_a_text_that_stands_in_for_a_page_does_not_hide_what_the_page_says() -> None:
    message = mail(text="This message needs an HTML viewer.")
    message.add_alternative("<p>We removed both pictures this morning, and their copies as well.</p>", subtype="html")
    text = read(message).text
    assert "We removed both pictures" in text
    assert "HTML viewer" in text
    same = mail(text="We removed it.")
    same.add_alternative("<p>We <b>removed</b> it.</p>", subtype="html")
    assert read(same).text == "We removed it."


@pytest.mark.parametrize("kind", ["plain", "markdown", "html"])
def test_an_answer_that_hangs_on_the_mail_is_read_where_the_mail_says_nothing(kind: str) -> None:
    message = mail(text="")
    message.add_attachment(b"We removed it.", maintype="text", subtype=kind, filename="answer.txt")
    assert read(message).text.strip() == "We removed it."
    said = mail(text="See below.")
    said.add_attachment(b"2026-11-27 access log", maintype="text", subtype=kind, filename="log.txt")
    assert read(said).text == "See below."


@pytest.mark.parametrize(
    "sender", ['"abuse@other.example" <kim@host.example>', '"a@other.example via Tickets" <kim@host.example>']
)
def test_an_address_in_the_name_of_a_sender_is_not_the_sender(sender: str) -> None:
    message = mail()
    message.replace_header("From", sender)
    assert read(message).sender == "kim@host.example"


@given(st.binary(max_size=400))
def test_no_mail_however_broken_makes_the_reader_fail(raw: bytes) -> None:
    for head in (b"", b"Subject: =?x?q?=ff?=\nIn-Reply-To: <\nContent-Type: text/html; charset=\xff\n\n"):
        found = read(message_from_bytes(head + raw, policy=policy.default))
        found.text.encode()
