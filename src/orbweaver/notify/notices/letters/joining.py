"""Several notices for the same contact in one mail (R48): what is asked in the same way is one part of it.

Each notice keeps its reference, its reports and its numbers of addresses; the addresses are numbered through the mail,
as are the reports that hang on it. One link answers all of them or any one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby
from typing import Any

from orbweaver.notify.notices.letters import compose
from orbweaver.notify.notices.letters.letter import Letter
from orbweaver.notify.notices.letters.xarf_report import reports_for


def compose_joined(letters: Sequence[Letter]) -> compose.Composed:
    """One message of several letters for the same contact; the first gives its Message-ID and reference.

    Raises ValueError for letters to different addresses, XarfInvalid like ``compose``.
    """
    if len({(each.to_address, each.language) for each in letters}) != 1:
        raise ValueError("letters to different contacts do not go together")
    first = letters[0]
    ordered = _in_parts(_numbered_through(letters))
    reports: list[tuple[int, dict[str, Any]]] = []
    for letter in (each for part in ordered for each in part):
        numbers = [url.number for url in letter.urls]
        reports += zip(numbers, reports_for(letter), strict=True)
    every = tuple(each.reference for each in letters)
    parts = [
        replace(
            part[0],
            answer_url=first.answer_url,
            reference=first.reference,
            first_sent_at=min((each.first_sent_at for each in part if each.first_sent_at), default=None),
            urls=tuple(url for each in part for url in each.urls),
            part=at,
            parts=len(ordered),
            references=tuple(each.reference for each in part),
            all_references=every,
        )
        for at, part in enumerate(ordered, start=1)
    ]
    return compose.compose_parts(first, parts, [report for _, report in sorted(reports, key=lambda each: each[0])])


def _numbered_through(letters: Sequence[Letter]) -> list[Letter]:
    """The letters with their addresses numbered through, in the order of the parts."""
    numbered: list[Letter] = []
    last = 0
    for letter in (each for part in _in_parts(letters) for each in part):
        urls = tuple(replace(url, number=url.number + last) for url in letter.urls)
        numbered.append(replace(letter, urls=urls))
        last += len(urls)
    return numbered


def _in_parts(letters: Sequence[Letter]) -> list[list[Letter]]:
    """Letters that read alike but for their addresses, next to each other: what is new before what is repeated."""
    return [list(part) for _, part in groupby(sorted(letters, key=_alike), key=_alike)]


def _alike(letter: Letter) -> tuple[str, ...]:
    kept = letter.preservation
    return (
        str(int(bool(letter.reminder) and not letter.newly_identified)),
        str(int(bool(letter.reminder))),
        letter.notice_type,
        letter.sub_type,
        letter.route,
        letter.country,
        letter.about,
        letter.clause,
        f"{letter.deadline_at}{letter.parent_first_sent_at}{letter.respond_by}",
        f"{kept.days} {kept.basis}" if kept else "",
    )
