"""The reply apart from the quotation, in the forms that mail programs of many languages give it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orbweaver.notify.notices.answers.quoting import split

LETTER = """\
Please remove the picture at the address below. It shows the sexual abuse of a child.

hxxps://host[.]example/1.png

Answer by this link, or reply to this mail.
Your reference: ntc_4711
"""
MARKED = "\n".join(f"> {line}" for line in LETTER.splitlines())
BLOCK = "De: a@hotline.example\nPara: abuse@host.example\nAssunto: Please remove\n"

LEAD = "On Tue, 24 Nov 2026 at 12:00, Hotline"
FORMS = {
    "English, above": f"It is gone.\n\nOn Tue, 24 Nov 2026 at 12:00, Hotline <a@hotline.example> wrote:\n{MARKED}\n",
    "below": f"On Tue, 24 Nov 2026 at 12:00, Hotline <a@hotline.example> wrote:\n{MARKED}\n\nIt is gone.\n",
    "a lead of two lines": f"It is gone.\n\n{LEAD}\n<a@hotline.example> wrote:\n\n{MARKED}\n",
    "German": f"It is gone.\n\nAm 24.11.2026 um 12:00 schrieb Hotline <a@hotline.example>:\n{MARKED}\n",
    "Russian": f"It is gone.\n\nвт, 24 нояб. 2026 г. в 12:00, Hotline <a@hotline.example>:\n{MARKED}\n",
    "Japanese": f"It is gone.\n\n2026年11月24日(火) 12:00 Hotline <a@hotline.example>:\n{MARKED}\n",
    "Turkish": f"It is gone.\n\nHotline <a@hotline.example>, 24 Kas 2026 Sal, 12:00 tarihinde şunu yazdı:\n{MARKED}\n",
    "Arabic": f"It is gone.\n\nفي الثلاثاء، ٢٤ نوفمبر كتب Hotline <a@hotline.example>:\n{MARKED}\n",
    "Outlook, Portuguese": f"It is gone.\n\n-----Mensagem original-----\n{BLOCK}\n{LETTER}",
    "Outlook, Chinese": (
        f"It is gone.\n\n________________\n发件人: a@hotline.example\n发送时间: 2026年11月24日\n主题: x\n\n{LETTER}"
    ),
    "forwarded": f"It is gone.\n---------- Forwarded message ---------\n{LETTER}",
    "a ticket system": f"It is gone.\n-- \n{MARKED}\n",
    "nothing quoted": "It is gone.",
    "wrapped anew": (
        "It is gone.\n\n-----Original Message-----\nPlease remove the picture at the\naddress below."
        " It shows the sexual\nabuse of a child.\n"
    ),
}  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
def test_the_reply_stands_apart_from_the_quotation(form: str) -> None:
    said, quoted = split(FORMS[form], LETTER)
    assert "It is gone." in said
    assert "remove the picture" not in said
    assert "hotline.example" not in said
    assert quoted or form == "nothing quoted"


def test_what_is_written_between_quoted_lines_is_reply() -> None:
    first, *rest = MARKED.splitlines()
    said, _ = split("\n".join(["Hello,", first, "", "Which one?", "", *rest, "", "Kim"]), LETTER)
    assert said.split() == ["Hello,", "Which", "one?", "Kim"]


def test_a_mail_of_quotation_alone_is_shown_whole() -> None:
    said, quoted = split(MARKED, LETTER)
    assert (said, quoted) == (MARKED.strip(), "")


def test_a_word_of_the_letter_alone_is_reply() -> None:
    assert split("remove", LETTER) == ("remove", "")


@given(st.text(max_size=300), st.text(max_size=200))
def test_no_word_is_lost(text: str, letter: str) -> None:
    said, quoted = split(text, letter)
    assert sorted(f"{said} {quoted}".split()) == sorted(text.split())
