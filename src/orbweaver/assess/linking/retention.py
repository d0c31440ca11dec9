"""All that falls due in the archive, evidence and neighbours alike, and its erasure under one permit."""

from __future__ import annotations

import datetime as dt

from orbweaver.assess.linking.neighbours import erase_neighbours, neighbours_due
from orbweaver.detect.evidence.archive import Halt, keep_bound, mismatch, survey_archive, unusable
from orbweaver.detect.evidence.erasing import InUse, erase_expired, expired, finish, permit_erasure, why_halted
from orbweaver.platform.runtime.checks import Check, Level


def count_due(now: dt.datetime, in_use: InUse) -> int:
    """How many objects are to be erased by now; not those that are on hold or in use."""
    return expired(now, in_use).count() + neighbours_due(now, in_use).count()


def erase_due(now: dt.datetime, in_use: InUse, also_due: int = 0) -> int:
    """Erase what is due; how many. Raises ErasureHalted when the database, the folder or the clock may be wrong.

    ``also_due``: rows outside the archive whose removal rests on the same clock; here as below.
    """
    permit = permit_erasure(now, due=count_due(now, in_use) + also_due, in_use=in_use)
    return erase_expired(permit) + erase_neighbours(permit)


def finish_erasures(now: dt.datetime, in_use: InUse, also_due: int = 0) -> int:
    """Remove what a crash left of objects that are erased; how many files. Raises ErasureHalted as ``erase_due``."""
    return finish(permit_erasure(now, due=count_due(now, in_use) + also_due, in_use=in_use))


def bind_archive(now: dt.datetime, in_use: InUse, also_due: int = 0) -> list[Check]:
    """At a start: bind a folder that nobody owns yet to this database; what is wrong with the archive, if anything."""
    wrong = [check for check in archive_checks(now, in_use, also_due) if check.level == Level.FAIL]
    try:
        if not mismatch():
            keep_bound(now)
    except OSError as error:  # pages, notices and rechecks need no archive: they start all the same
        return wrong or [_failed(unusable(error))]
    return wrong


def archive_checks(now: dt.datetime, in_use: InUse, also_due: int = 0) -> list[Check]:
    """Whether the archive belongs to this database and what is due is erased; what lies there that has no row."""
    try:
        return _survey(now, in_use, also_due)
    except OSError as error:
        return [_failed(unusable(error))]


def _failed(halt: Halt) -> Check:
    return Check("archive", Level.FAIL, f"nothing is erased: {halt.found}", f"{halt.advice}.")


def _survey(now: dt.datetime, in_use: InUse, also_due: int) -> list[Check]:
    halt = why_halted(now, due=count_due(now, in_use) + also_due)
    survey = survey_archive()
    checks = [_failed(halt) if halt else Check("archive", Level.OK, f"{survey.kept} files of this database")]
    kept = "They are kept. A crash leaves such files, and so does a database that is not the right one."
    missing = (
        "Restore the evidence, or look whether ORBWEAVER_DATA_DIR, or ORBWEAVER_EVIDENCE_BUCKET, names the right place:"
        " nothing moves from one to the other by itself."
    )
    odd = [
        ("unknown files", survey.unknown, "in the archive", kept),
        ("unfinished files", survey.unfinished, "in the archive", kept),
        ("missing files", survey.missing, "objects have no file here", missing),
    ]
    return checks + [Check(name, Level.WARN, f"{count} {words}", advice) for name, count, words, advice in odd if count]
