"""``orbweaver restored``: after a server was brought back to an earlier moment by means of its own."""

from __future__ import annotations

from typing import Any, Final

import typer

from orbweaver.doors.cli.output import ExitCode, JsonOption, console, emit, notes
from orbweaver.doors.cli.session import open_session
from orbweaver.platform.settings import PlatformSettings

NAMED_AT_ONCE: Final = 10
"""Objects that are named on the screen; a script gets all."""
WHY: Final = "The database was brought back to an earlier moment: what was sent since is not known here"


def register(app: typer.Typer) -> None:
    """Add ``restored``."""
    app.command("restored")(restored)


def restored(json_mode: JsonOption = False) -> None:
    """After the database was brought back to an earlier moment: pause sending, and look whether evidence, keys and
    match index belong to it.

    Nothing is erased: evidence that is newer than the database is kept and told. Exit code 4 when evidence that the
    database names is not there, or does not open. May be said again. Sending stays paused until a person has looked
    what left since, and says `orbweaver notices resume`.
    """
    from orbweaver.doors.cli.backup import alone
    from orbweaver.platform.runtime.limits import UNLIMITED

    with alone(PlatformSettings.current().data_dir.absolute()), open_session(limits=UNLIMITED):
        found = _take_up()
    if json_mode:
        emit(found)
    else:
        _tell(found)
    if found["missing"] or found["keys_lost"]:
        raise typer.Exit(ExitCode.PARTLY)


def _take_up() -> dict[str, Any]:
    """Pause, look, and bind, and have no change take effect as if nothing had happened: what there is to know."""
    from django.db import transaction

    from orbweaver.detect.evidence.archive import bind, missing_objects, or_unavailable, survey_archive
    from orbweaver.detect.evidence.restored import keys_lost
    from orbweaver.detect.matching.index import open_index
    from orbweaver.doors.changing import begin_anew
    from orbweaver.notify.notices.services import set_paused
    from orbweaver.people.audit.heads import note_restored
    from orbweaver.people.audit.models import Event
    from orbweaver.people.audit.services import record
    from orbweaver.platform.clock import now

    newest = Event.objects.order_by("-at").values_list("at", flat=True).first()
    set_paused(True, WHY, None, now())  # at once: whatever else is found
    with or_unavailable():
        survey, missing, lost = survey_archive(), missing_objects(), keys_lost()
    index = open_index()
    index.sync()
    facts = {
        "newest_event": newest,
        "kept": survey.kept,
        "newer": survey.unknown,
        "missing": missing,
        "keys_lost": lost,
        "index": sum(index.sizes().values()),
        "sending": "paused",
    }
    with or_unavailable(), transaction.atomic():
        details = {"newer": survey.unknown, "missing": survey.missing, "keys_lost": len(lost or ())}
        record("backup.restored", "database", label="command line", details=details, at=now())
        bind(now(), survey)
        begin_anew(now())
        note_restored(now())
    return facts


def _tell(found: dict[str, Any]) -> None:
    from orbweaver.doors.cli.backup import TAKEN_AWAY_IS_THERE

    until = f"{found['newest_event']:%Y-%m-%d %H:%M:%S} UTC" if found["newest_event"] else "nothing at all"
    console.print(f"The newest that this database knows is of {until}.", highlight=False)
    console.print(
        f"{found['kept']:,} evidence files are of this database. {found['newer']:,} are newer than it, or were never "
        f"finished: they are kept. The match index follows it, with {found['index']:,} hashes.",
        highlight=False,
    )
    _name("are not in the archive: erased since that moment, or lost", found["missing"])
    if found["keys_lost"] is None:
        notes.print("Keys were not looked at: the archive is sealed, or its master key is not on this machine.")
    else:
        _name("have a key that does not open here. Is it the right keys folder?", found["keys_lost"])
    notes.print(
        "[bold red]Sending is paused.[/] What left since that moment is due again. Compare the desk with the mail "
        "server's log, then: orbweaver notices resume"
    )
    notes.print(TAKEN_AWAY_IS_THERE)


def _name(what: str, objects: list[str]) -> None:
    if objects:
        some = ", ".join(objects[:NAMED_AT_ONCE]) + (" …" if len(objects) > NAMED_AT_ONCE else "")
        notes.print(f"{len(objects):,} objects {what}: {some}", highlight=False)
