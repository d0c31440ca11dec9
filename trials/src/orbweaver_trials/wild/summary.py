"""The end of a wild run: a table for people, one JSON object for scripts."""

from __future__ import annotations

from collections import Counter
from typing import Any

from rich.console import Console
from rich.table import Table

from orbweaver_trials.demo.outcome import Check
from orbweaver_trials.demo.summary import STYLE
from orbweaver_trials.wild.driver import Outcome
from orbweaver_trials.wild.judgement import counts

WORDS = {
    "false_removals": (
        "Called gone, and is not",
        "look at the address as a visitor at home would, before anybody believes it",
    ),
    "missed_removals": ("Gone for long enough, and not called so", "see what the last checks of the address said"),
    "unheard_answers": ("Answered, and nobody was shown it", "read the mail that lies in the hotline's mailbox"),
    "false_answers": ("Taken for an answer, and is none", "an automatic reply is no answer"),
    "misplaced_notices": (
        "Told the wrong party, or nobody",
        "stop sending, and ask who is responsible for the address",
    ),
    "lost_media": (
        "Served to the crawl, and nobody could judge it",
        "report the address by hand, and look at it there",
    ),
    "unheeded_identifications": ("A child identified, and not said at once", "write to the provider by hand"),
}
"""Figure → words, and what a person does next."""
STILLS = "Stills of films that analysts were shown"


def as_json(outcome: Outcome) -> dict[str, Any]:
    """All keys of the demonstration, what the ledger decides, and each case."""
    return outcome.figures | {
        "ok": outcome.ok,
        "seconds": outcome.seconds,
        "restarts": outcome.restarts,
        "kills": [],  # nothing is killed here
        "checks": [check.as_json() for check in checks(outcome)],
        "days": outcome.days,
        **counts(outcome.cases),
        "lost_media_beyond_a_hash": [
            {"kind": case.kind, "where": case.where, "why": case.beyond} for case in outcome.cases if case.beyond
        ],
        "stills_seen": outcome.stills_seen,
        "stills_expected": outcome.stills_expected,
        "assessments": sum(outcome.answered.values()),
        "assessments_by": outcome.answered,
        "mails_received": len(outcome.book["mails"]),
        "setbacks": len(outcome.setbacks),
        "wild_cases": [case.as_json() for case in outcome.cases],
        "wild_unplayed": outcome.unplayed,
        "wild_waiting": outcome.waiting,
        "wild_setbacks": dict(Counter(outcome.setbacks)),
    }


def checks(outcome: Outcome) -> list[Check]:
    """What the ledger decides, as the demonstration says what had to happen; what no hash could find is not wrong."""
    wrong = counts(case for case in outcome.cases if not case.beyond)
    found = [Check(WORDS[figure][0], not number, "0", str(number)) for figure, number in wrong.items()]
    seen, expected = outcome.stills_seen, outcome.stills_expected
    found.append(Check(STILLS, seen >= expected, str(expected), str(seen)))
    return [*found, Check("Not played", not outcome.unplayed, "0", str(len(outcome.unplayed)))]


def show(outcome: Outcome, console: Console) -> None:
    """Print what is wrong, by kind, with what a person would do next."""
    table = Table("What the ledger decides", title=f"The wild world, {outcome.days:.0f} days", **STYLE)
    table.add_column("Cases", justify="right")
    table.add_column("Next")
    for figure, number in counts(outcome.cases).items():
        words, following = WORDS[figure]
        table.add_row(words, str(number), following if number else "")
    short = outcome.stills_seen < outcome.stills_expected
    seen = f"{outcome.stills_seen} of {outcome.stills_expected}"
    table.add_row(STILLS, seen, "see the film in its player" if short else "")
    console.print(table)
    for case in outcome.cases:
        style = "bold yellow" if case.beyond else "bold red"
        reason = f"; no hash could find it: {case.beyond}" if case.beyond else ""
        console.print(
            f"[{style}]{case.figure}[/] {case.kind}: {case.where}: said “{case.said}”, true is “{case.true}”{reason}",
            highlight=False,
            soft_wrap=True,
        )
    for each in outcome.unplayed:
        console.print(f"[bold red]not played[/] {each}", highlight=False, soft_wrap=True)
    for problem, number in Counter(outcome.setbacks).items():
        console.print(f"[dim]on the way, {number} times: {problem}[/]", highlight=False, soft_wrap=True)
    if outcome.ok:
        words = "Nothing is wrong but what no hash could find." if outcome.cases else "Nothing is false."
        console.print(f"[bold green]{words}[/] {outcome.seconds:.0f} seconds.")
