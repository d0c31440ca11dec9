"""What rules make of answers as real servers, object stores, forums and galleries give them, in many languages.

``tests/fixtures/answers/answers.jsonl`` says of each what is true: ``gone``, or ``not_told`` where the picture may well
be shown to others. ``missing`` says that the host gives the same page, with another path in it, for any address that
cannot exist, and shows another of its pictures; ``other`` that it has another page for these, as servers bring it with
them; without both nothing but the answer itself is known.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

from orbweaver.follow.recheck.concluding import Facts, conclude
from orbweaver.follow.recheck.pages import Shape, is_text, read_page, shape_of
from orbweaver.follow.recheck.rules import OFFLINE, FetchFacts, Judgement, judge

ANSWERS = Path(__file__).parents[3] / "fixtures" / "answers" / "answers.jsonl"
SERVERS_OWN = b"<html><head><title>404 Not Found</title></head><body><h1>404 Not Found</h1><hr>nginx</body></html>"
KNOWN = hashlib.sha256(b"the picture").digest()
CLOSED_AT_LEAST = 0.95
"""Share of true removals that have to be found."""


@cache
def answers() -> list[dict[str, Any]]:
    return [json.loads(line) for line in ANSWERS.read_text(encoding="utf-8").splitlines()]


def concluded(answer: dict[str, Any]) -> Judgement:
    """What a check says of an address that answers so to everybody."""
    body, status, headers = answer["body"].encode(), answer["status"], answer["headers"]
    sha256 = hashlib.sha256(body).digest()
    page = (
        read_page(body, headers, Shape(sha256, status=status))
        if is_text(headers.get("Content-Type", ""), body)
        else None
    )
    seen = FetchFacts(status, sha256=sha256, undecoded="" if body else "empty", page=page)
    view = judge(seen, KNOWN, None)
    if view.wants_siblings and answer.get("missing"):
        other = body.replace(b"</footer>", b" /i/q8v0.png</footer>")
        missing = shape_of(other, headers, final_url="", redirected=False, status=status)
        seen = FetchFacts(status, sha256=sha256, page=page, missing=missing)
        view = judge(seen, KNOWN, None)
    if view.wants_siblings and answer.get("other"):
        missing = shape_of(SERVERS_OWN, {"Content-Type": "text/html"}, final_url="", redirected=False, status=404)
        seen = FetchFacts(status, sha256=sha256, page=page, missing=missing)
        view = judge(seen, KNOWN, None)
    return conclude(Facts(view, control=True, opened=view))


def test_no_answer_that_hides_asks_or_fails_is_called_a_removal() -> None:
    told = [each for each in answers() if each["truth"] == "not_told"]
    assert [each for each in told if concluded(each).outcome in OFFLINE] == []


def test_nearly_all_answers_that_say_gone_are_heard() -> None:
    gone = [each for each in answers() if each["truth"] == "gone"]
    missed = [each for each in gone if concluded(each).outcome not in OFFLINE]
    print(f"{len(gone) - len(missed)} of {len(gone)} closed, no false removal among {len(answers()) - len(gone)}")
    assert 1 - len(missed) / len(gone) >= CLOSED_AT_LEAST, missed


def test_the_answers_are_many_of_many_kinds_and_languages() -> None:
    assert len(answers()) >= 400
    assert len({each["lang"] for each in answers()}) >= 8
    assert min(Counter(each["truth"] for each in answers()).values()) >= 80
