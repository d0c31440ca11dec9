"""``orbweaver backup`` and ``orbweaver restore``: everything to storage elsewhere, and back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from orbweaver.doors.cli.output import ExitCode, JsonOption, console, emit, notes, progress
from orbweaver.doors.cli.session import open_session
from orbweaver.errors import AlreadyRunning
from orbweaver.platform.settings import PlatformSettings

if TYPE_CHECKING:
    from orbweaver.platform.backup.making import Say


class _MakingByDefault(TyperGroup):
    """``orbweaver backup PLACE`` makes one: the storage is not a command."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if args and args[0] not in self.commands and args[0] not in ctx.help_option_names:
            args = ["make", *args]
        return super().parse_args(ctx, args)


commands = typer.Typer(
    cls=_MakingByDefault,
    help="Backups. `orbweaver backup PLACE` makes one, while everything runs.",
    no_args_is_help=True,
)
PlaceArgument = Annotated[str, typer.Argument(help="A folder, or s3://bucket/folder.")]
NameOption = Annotated[str, typer.Option("--backup", help="Name of the backup; else the newest.")]


def register(app: typer.Typer) -> None:
    """Add ``backup`` and ``restore``."""
    app.add_typer(commands, name="backup")
    app.command("restore")(restore)


@commands.command("make")
def make(
    place: PlaceArgument,
    keys: Annotated[
        Path | None,
        typer.Option(
            help="Folder elsewhere for the copy of the keys, without which the backup is unreadable for ever."
        ),
    ] = None,
    json_mode: JsonOption = False,
) -> None:
    """Back everything up: the database as it is at one instant, and the evidence that is not there yet. Encrypted.

    Exit code 4 when the database names evidence that is not in the archive.
    """
    import psycopg

    from orbweaver.platform.backup.keys import copy_keys, require_apart
    from orbweaver.platform.backup.making import Source, make_backup, only_one
    from orbweaver.platform.backup.named_storage import storage_at
    from orbweaver.platform.backup.storage import FolderStorage
    from orbweaver.platform.clock import now, real_now
    from orbweaver.platform.runtime.limits import UNLIMITED

    config, to = PlatformSettings.current(), storage_at(place)
    if keys is not None:
        require_apart(keys, [config.data_dir, *([to.folder] if isinstance(to, FolderStorage) else [])])
    with open_session(limits=UNLIMITED), only_one(config.data_dir.absolute()), _shown(json_mode) as say:
        from orbweaver.detect.evidence.restored import KEYS_OUT, KEYS_TABLE
        from orbweaver.detect.evidence.services import KEPT_FILES
        from orbweaver.detect.evidence.stores import evidence_files
        from orbweaver.people.audit.services import record

        def keep_keys(connection: psycopg.Connection, name: str) -> None:
            if keys is None:
                return  # what the server sends has to be read to its end, or the connection does nothing more
            with connection.cursor() as cursor, cursor.copy(KEYS_OUT) as rows:
                copy_keys(config.keys_path, keys, name, real_now(), (bytes(row) for row in rows))

        apart = (KEYS_TABLE, *LEFT_OUT)
        source = Source(config, _url(config), version("orbweaver"), evidence_files(), KEPT_FILES, apart, uncounted())
        made = make_backup(source, to, real_now(), say, with_snapshot=keep_keys)
        details = {"backup": made.name, "objects": made.objects, "missing": len(made.missing), "keys": keys is not None}
        record("backup.made", "backup", label="command line", details=details, at=now())
    if json_mode:
        facts = ("name", "taken_at", "objects", "objects_bytes", "copied")
        emit(
            {name: getattr(made, name) for name in facts}
            | {"place": to.name, "database_bytes": made.database.size, "tables": len(made.tables)}
            | {"rows": sum(table.rows for table in made.tables.values()), "missing": list(made.missing)}
            | {"keys": str(keys or "")}
        )
    else:
        console.print(
            f"Backup {made.name} in {to.name}: {len(made.tables)} tables, {made.objects:,} evidence files "
            f"({made.copied:,} new).",
            highlight=False,
        )
        _say_keys(config.keys_path, keys)
    if made.missing:
        notes.print(f"{len(made.missing):,} evidence files are missing from the archive. See: orbweaver doctor")
        raise typer.Exit(ExitCode.PARTLY)


def _say_keys(keys_path: Path, keys: Path | None) -> None:
    if keys is None:
        notes.print(
            f"[bold red]The keys are not in it.[/] Without {keys_path} nobody can ever read this backup. Copy them "
            "to storage of their own, with --keys, which neither thief nor fire reaches together with the backup.",
            highlight=False,
        )
    else:
        notes.print(
            f"[bold red]The keys are in {keys}.[/] Keep that folder apart from the backup: who has both has the "
            "archive, and who loses it has lost the backup.",
            highlight=False,
        )


@commands.command("list")
def list_backups(place: PlaceArgument, json_mode: JsonOption = False) -> None:
    """List the whole backups in a storage, the newest last."""
    from orbweaver.platform.backup.manifest import names, read_manifest
    from orbweaver.platform.backup.named_storage import storage_at

    there = storage_at(place)
    for name in names(there):
        found = read_manifest(there, name)
        if json_mode:
            emit({"name": name, "taken_at": found.taken_at, "objects": found.objects, "orbweaver": found.orbweaver})
        else:
            console.print(f"{name}  {found.objects:,} evidence files, by version {found.orbweaver}", highlight=False)


@commands.command("verify")
def verify(
    place: PlaceArgument,
    backup: NameOption = "",
    keys: Annotated[Path | None, typer.Option(help="Folder with the copy of the keys; else this machine's.")] = None,
    json_mode: JsonOption = False,
) -> None:
    """Restore a backup into a throw-away database, compare every table with the manifest, and read every object.

    Exit code 1 when anything is not as it was. Nothing of this installation is changed.
    """
    from orbweaver.platform.backup.keys import backup_identity
    from orbweaver.platform.backup.making import only_one
    from orbweaver.platform.backup.manifest import read_manifest
    from orbweaver.platform.backup.named_storage import storage_at
    from orbweaver.platform.backup.verifying import verify_backup
    from orbweaver.platform.runtime.postgres import make_data_dir

    config, there = PlatformSettings.current(), storage_at(place)
    manifest = read_manifest(there, backup)
    keys_dir = keys or config.keys_path
    backup_identity(keys_dir)  # before anything is started
    data_dir = config.data_dir.absolute()
    make_data_dir(data_dir)
    with only_one(data_dir), _shown(json_mode) as say:
        found = verify_backup(data_dir, there, manifest, keys_dir, say)
    whole = not found.damaged and not manifest.missing
    if whole:
        _note_verified(manifest.name)
    if json_mode:
        emit(
            {"name": manifest.name, "whole": whole, "tables": found.tables, "rows": found.rows}
            | {"objects": found.objects, "damaged": list(found.damaged), "missing": list(manifest.missing)}
        )
    else:
        console.print(
            f"Backup {manifest.name}: {found.tables} tables and {found.rows:,} rows came back as they were, "
            f"{found.objects:,} evidence files are whole, {len(found.damaged):,} are damaged, "
            f"{len(manifest.missing):,} were missing when it was made.",
            highlight=False,
        )
    if not whole:
        raise typer.Exit(ExitCode.ERROR)


def _note_verified(name: str) -> None:
    """Have this installation remember it, where it is the one that was backed up: `doctor` says when."""
    from orbweaver.platform.clock import now

    with open_session():
        from orbweaver.people.audit.models import Event
        from orbweaver.people.audit.services import record

        if Event.objects.filter(kind="backup.made", subject="backup", details__backup=name).exists():
            record("backup.verified", "backup", label="command line", details={"backup": name}, at=now())


def restore(
    place: PlaceArgument,
    keys: Annotated[Path, typer.Option(help="Folder with the copy of the keys.")],
    backup: NameOption = "",
    older_keys: Annotated[
        bool, typer.Option("--older-keys", help="Restore although the keys were copied before this backup was made.")
    ] = False,
    json_mode: JsonOption = False,
) -> None:
    """Restore a backup into an installation that has nothing yet. Broken off, it goes on when said again.

    Sending stays paused afterwards until a person has looked what left since, and says `orbweaver notices resume`.
    """
    from orbweaver.detect.evidence.stores import evidence_files
    from orbweaver.platform.backup.keys import require_as_new, restore_keys
    from orbweaver.platform.backup.manifest import read_manifest
    from orbweaver.platform.backup.named_storage import storage_at
    from orbweaver.platform.backup.restoring import begin, compare, restore_database, restore_objects
    from orbweaver.platform.runtime.database import database
    from orbweaver.platform.runtime.dump import is_empty
    from orbweaver.platform.runtime.half_restored import is_loaded, note_restoring
    from orbweaver.platform.runtime.limits import UNLIMITED

    config, there = PlatformSettings.current(), storage_at(place)
    manifest = read_manifest(there, backup)
    data_dir = config.data_dir.absolute()
    with alone(data_dir), _shown(json_mode) as say:
        if not older_keys:
            require_as_new(keys, manifest.taken_at, manifest.name)
        begin(data_dir, manifest.name)
        restore_keys(keys, config.keys_path)
        copied = restore_objects(there, manifest, evidence_files(), say)
        say("database", 0, 0)
        with database(config) as url:
            if is_empty(url):
                restore_database(config, url, there, manifest, config.keys_path)
            elif not is_loaded(data_dir):  # a restore that was broken off has filled it, or it is another
                compare(url, manifest)
            note_restoring(data_dir, manifest.name, loaded=True)
    with open_session(restoring=True, limits=UNLIMITED):
        facts = _finish(manifest.name, keys)
    note_restoring(data_dir, None)
    if json_mode:
        emit({"name": manifest.name, "objects": manifest.objects, "copied": copied, "sending": "paused"} | facts)
    else:
        _tell_restored(manifest.name, facts)


TAKEN_AWAY_IS_THERE = (
    "[bold red]What was taken away since is there again:[/] keys that were revoked, accounts that were switched"
    " off, spare codes that were used, machines that were shut out. Take them away before others come in."
    " Changes that were refused since wait again, and have their day anew."
)


def _tell_restored(name: str, facts: dict[str, Any]) -> None:
    console.print(f"Backup {name} is restored, and is what its manifest says.", highlight=False)
    if facts["erased_since"]:
        console.print(f"{facts['erased_since']:,} objects in it were erased since, and stay so.", highlight=False)
    if not facts["bound"]:
        notes.print(
            "[bold red]Nothing is erased, nor sent after a resumption:[/] the archive was in use when this was"
            " restored, by a later state of this database or by another one. Once nobody else uses that folder or"
            " bucket: orbweaver evidence bind"
        )
    notes.print(
        "[bold red]Sending is paused.[/] What left since this backup was made is due again in it. Compare the desk "
        "with the mail server's log, then: orbweaver notices resume"
    )
    notes.print(TAKEN_AWAY_IS_THERE)


def _finish(name: str, keys: Path) -> dict[str, Any]:
    """What a restored installation must know of itself; may be said again."""
    from django.db import transaction

    from orbweaver.detect.evidence.archive import bind_restored, or_unavailable, survey_archive
    from orbweaver.detect.evidence.restored import put_keys_back
    from orbweaver.doors.changing import begin_anew
    from orbweaver.notify.notices.services import set_paused
    from orbweaver.people.audit.heads import note_restored
    from orbweaver.people.audit.services import record
    from orbweaver.platform.backup.keys import ROWS
    from orbweaver.platform.clock import now

    with transaction.atomic():
        set_paused(True, f"Restored from backup {name}: what was sent since is not known here", None, now())
        record("backup.restored", "backup", label="command line", details={"backup": name}, at=now())
        with (keys / ROWS).open("rb") as copy:
            gone = put_keys_back(copy, now())
        with or_unavailable():
            survey = survey_archive()
            bound = bind_restored(now(), survey)
        begin_anew(now())
        note_restored(now())
    return {"unknown": survey.unknown, "missing": survey.missing, "erased_since": gone, "bound": bound}


LEFT_OUT = (
    "accounts_signin",
    "held_heldpicture",
    "held_waitingpicture",
    "held_earlierpicture",
    "held_foundcopy",
    "held_lookedat",
)
"""Tables whose rows no backup holds: a stolen session would be a way in, and held pictures go with their evidence, of
which yesterday's backup would tell otherwise. They are made, and compared, anew after a restore."""


def uncounted() -> tuple[str, ...]:
    """Tables that the manifest counts as one, with the busiest among them: it lies open where the backup lies, and one
    row more of a survivor's request would tell whoever reads it that somebody has asked (R56)."""
    from django.apps import apps

    survivors = (model._meta.db_table for model in apps.get_app_config("survivors").get_models())
    return (*survivors, *BESIDE_SURVIVORS)


BESIDE_SURVIVORS = (
    "audit_event",
    "crawl_frontierurl",
    "crawl_lead",
    "intake_askedhash",
    "intake_report",
    "intake_sendercount",
    "linking_totell",
    "linking_urgentreferral",
    "matching_askedsighting",
    "notices_incominganswer",
    "review_appeal",
)


def _url(config: PlatformSettings) -> str:
    import os

    from orbweaver.platform.runtime.database import RESOLVED_DATABASE_URL

    return config.database_url or os.environ[RESOLVED_DATABASE_URL]


@contextmanager
def alone(data_dir: Path) -> Iterator[None]:
    """Within it no installation may start in this data folder. Raises AlreadyRunning."""
    from orbweaver.platform.runtime.installation import describe_running, lock_of
    from orbweaver.platform.runtime.postgres import make_data_dir

    make_data_dir(data_dir)
    lock = lock_of(data_dir)
    if not lock.acquire():
        raise AlreadyRunning(describe_running(data_dir))
    try:
        yield
    finally:
        lock.release()


@contextmanager
def _shown(json_mode: bool) -> Iterator[Say]:
    """How far it is, on the screen."""
    with progress(json_mode) as display:
        tasks: dict[str, Any] = {}

        def say(what: str, done: int, of: int) -> None:
            if what not in tasks:
                tasks[what] = display.add_task(what, total=of or None)
            display.update(tasks[what], completed=done, total=of or None)

        yield say
