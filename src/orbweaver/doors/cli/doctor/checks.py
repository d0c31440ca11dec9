"""What the rooms look at for ``orbweaver doctor``, gathered."""

from __future__ import annotations

import datetime as dt
from typing import Final

from orbweaver.detect.drawing.checks import browser_checks
from orbweaver.detect.evidence.checks import gap_checks as archive_gap_checks
from orbweaver.detect.evidence.checks import opener_checks
from orbweaver.detect.evidence.settings import EvidenceSettings
from orbweaver.detect.extraction.checks import page_reader_checks
from orbweaver.follow.recheck.checks import rules_checks, second_network_checks
from orbweaver.notify.jurisdictions.checks import rows_checks
from orbweaver.notify.notices.answers.checks import mail_reader_checks
from orbweaver.notify.notices.letters.checks import identity_check, mailbox_checks, server_check
from orbweaver.platform.backup.settings import BackupSettings
from orbweaver.platform.runtime.checks import Check, CheckGroup, Level

CHECK_GROUPS: tuple[CheckGroup, ...] = (
    ("browser", browser_checks),
    ("reader of pages", page_reader_checks),
    ("reader of mails", mail_reader_checks),
    ("opener of evidence", opener_checks),
    ("mail server", lambda: [server_check()]),
    ("mailbox", mailbox_checks),
    ("rules of rechecks", rules_checks),
    ("rows about countries", rows_checks),
    ("second network", second_network_checks),
)


def gap_checks() -> list[Check]:
    """What was begun and not finished in the settings, so that less happens than people think: ``up`` says it, too."""
    return [identity_check(), *archive_gap_checks()]


WORDS: dict[str, tuple[str, str, str]] = {
    "identity": ("set up: who you are", "a placeholder stands for the hotline", "Set {settings}."),
    "authority": ("set up: legal authority", "nothing is archived", "Set {settings}, if this is a hotline's own."),
    "mail": (
        "set up: mail",
        "no test message was ever taken",
        "Set {settings}; send one: Setting up, on the pages.",
    ),
    "lists": ("set up: lists", "no list has an entry", "orbweaver lists import FILE --list NAME --supplier WHO"),
    "people": ("set up: people", "{there} may assess, {wanted} must agree", "Add people and their training."),
    "privacy": (
        "set up: who is responsible",
        "the pages for survivors cannot say who answers about what is kept of people",
        "Set {settings}.",
    ),
    "promises": (
        "set up: promises to survivors",
        "nobody has confirmed what the pages for survivors promise",
        "Read and confirm them: Setting up, on the pages.",
    ),
    "lead": ("set up: first lead", "there is none", "orbweaver crawl URL"),
}
"""Need → name of its check, what is found where it is not met, and what to do."""


def readiness_checks(now: dt.datetime) -> list[Check]:
    """Whether all is there that a hotline needs. Asks the database.

    What is missing fails where an authorised hotline works, and is a warning elsewhere: a company needs no analysts.
    """
    from orbweaver.doors.readiness import steps  # its models are there once Django is

    level = Level.FAIL if EvidenceSettings.current().authorised_hotline else Level.WARN
    checks = []
    for step in steps(now):
        name, found, advice = WORDS[step.need]
        if step.done:
            checks.append(Check(name, Level.OK, "done"))
            continue
        settings = ", ".join(step.settings) or "nothing more"
        found = found.format(there=step.there, wanted=step.wanted)
        checks.append(Check(name, level, found, advice.format(settings=settings)))
    return checks


def criteria_check() -> Check:
    """Whether versions of the criteria are in use that keys that count have not signed, or that nobody took into use.
    Asks the database."""
    from orbweaver.assess.governance.proving import otherwise_in_log, unproved

    if numbers := unproved():
        found = f"in the database, but not signed by keys that count: {', '.join(numbers)}"
        advice = "They are not followed. Who wrote them there? Keys: orbweaver criteria keys."
        return Check("criteria", Level.FAIL, found, advice)
    if numbers := otherwise_in_log():
        found = f"the database says another beginning than the audit log, of: {', '.join(numbers)}"
        advice = "The log is followed. Who changed them there? Look with: orbweaver audit verify."
        return Check("criteria", Level.FAIL, found, advice)
    return Check("criteria", Level.OK, "what is in force is signed, or came with the program")


def rule_tables_check() -> Check:
    """Whether every version of a table of rules that is to hold can be used, and came into force by what the audit log
    says. Asks the database.
    """
    from orbweaver.doors.rule_tables import in_force_without_event, unusable

    if names := unusable():
        found = f"what comes with the program holds, as this version cannot read your own: {', '.join(names)}"
        return Check("tables of rules", Level.FAIL, found, "See why, and bring another: Audit, Tables of rules.")
    if names := in_force_without_event():
        found = f"in force in the database, but not by the audit log: {', '.join(names)}"
        return Check(
            "tables of rules", Level.FAIL, found, "Who wrote them there? Bring another: Audit, Tables of rules."
        )
    return Check("tables of rules", Level.OK, "each came with the program, or by the words that the audit log names")


def backup_check(now: dt.datetime) -> Check:
    """How old the newest backup is. Asks the database."""
    from orbweaver.people.audit.selectors import last_time_of

    made, verified = (last_time_of(kind, "backup") for kind in ("backup.made", "backup.verified"))
    if made is None:
        advice = "Make one each night: orbweaver backup PLACE --keys FOLDER."
        return Check("backup", Level.WARN, "none was ever made", advice)
    age = now - made
    seen = f"verified {verified:%Y-%m-%d}" if verified else "none was ever verified"
    found = f"the newest is {age / dt.timedelta(hours=1):.0f} hours old, {seen}"
    if age > dt.timedelta(hours=BackupSettings.current().backup_warn_hours):
        return Check("backup", Level.WARN, found, "Look why none is made: orbweaver backup PLACE --keys FOLDER.")
    if verified is None:
        return Check("backup", Level.WARN, found, "Say once a month: orbweaver backup verify PLACE.")
    return Check("backup", Level.OK, found)


MANY_ADDRESSES: Final = 1_000_000
"""In a frontier from which nothing leaves: 0.8 GB, of which most would be needed no more."""


def away_check() -> Check:
    """Whether what is done leaves the frontier, and whether what left it can be read here. Asks the database."""
    from orbweaver.detect.crawl import away
    from orbweaver.detect.crawl.away_details import is_installed
    from orbweaver.detect.crawl.models import AwayDetails
    from orbweaver.detect.crawl.settings import CrawlSettings

    name, days = "addresses that are done", CrawlSettings.current().crawl_done_days
    advice = "Install orbweaver[ledger] wherever a worker or the pages run."
    if not is_installed() and AwayDetails.objects.exists():
        found = f"about {away.estimated():,} left the frontier and cannot be read here: no later entry finds them"
        return Check(name, Level.FAIL, found, advice)
    many = away.in_frontier() >= MANY_ADDRESSES
    if not days:
        return Check(name, Level.OK, "they stay in the frontier, as ORBWEAVER_CRAWL_DONE_DAYS is 0")
    if not is_installed():
        return Check(
            name, Level.WARN if many else Level.OK, "they stay in the frontier: pyarrow is not installed", advice
        )
    return Check(name, Level.OK, f"they leave the frontier after {days} days; about {away.estimated():,} did")
