"""What another version of the criteria would change on past decisions: the answers of decided items, judged by both."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from dataclasses import dataclass

from django.db.models import TextField
from django.db.models.functions import Cast

from orbweaver.assess.criteria import Answers, Comparison, Criteria, compare, load, read_answers
from orbweaver.assess.governance.selectors import in_force, version
from orbweaver.assess.review.models import Assessment, ReviewItem


@dataclass(frozen=True)
class WhatWouldChange:
    """A comparison with the version in force; each change refers to its item by public identifier.

    ``items`` counts the decided items with an answer that would lead elsewhere.
    """

    comparison: Comparison
    items: int


def what_would_change(number: str, now: dt.datetime, *, newest: int | None = None) -> WhatWouldChange:
    """Compare a version with the one in force on past answers, the ``newest`` alone or all. Nothing is decided anew.

    Raises CriteriaInvalid when there is no such version.
    """
    return _against_the_one_in_force(version(number), now, newest)


def what_a_text_would_change(text: str, now: dt.datetime, *, newest: int) -> WhatWouldChange:
    """The same of a text that is no version yet, on the ``newest`` past answers. Raises CriteriaInvalid."""
    return _against_the_one_in_force(load(text), now, newest)


def _against_the_one_in_force(other: Criteria, now: dt.datetime, newest: int | None) -> WhatWouldChange:
    comparison = compare(in_force(now), other, _past_answers(newest))
    return WhatWouldChange(comparison, len({each.reference for each in comparison.changes}))


def _past_answers(newest: int | None) -> Iterator[tuple[str, Answers]]:
    """Answers of decided items only: those of an open one stay unknown to everybody who has not answered."""
    decided = Assessment.objects.filter(item__state=ReviewItem.State.DECIDED, item__known_answer=None).order_by("-pk")
    rows = decided.values_list("item__public_id", Cast("answers", TextField()))
    known: dict[str, Answers] = {}  # they repeat one another: each text is read once
    for reference, text in rows[:newest] if newest else rows.iterator(chunk_size=2_000):
        if text not in known:
            known[text] = read_answers(json.loads(text))
        yield reference, known[text]
