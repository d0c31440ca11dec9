"""``orbweaver up``, ``web``, ``migrate`` and ``doctor``: what keeps an installation running."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from orbweaver.detect.fetching.settings import FetchingSettings
from orbweaver.doors.cli.messages import UNKNOWN_PART
from orbweaver.doors.cli.output import ExitCode, JsonOption, console, emit, say
from orbweaver.errors import OrbweaverError
from orbweaver.platform.runtime.settings import WebServerSettings
from orbweaver.platform.settings import PlatformSettings

if TYPE_CHECKING:
    from orbweaver.platform.runtime.checks import Check

HostOption = Annotated[str, typer.Option(help="Address to listen on; 0.0.0.0 is every one of this machine.")]
PortOption = Annotated[int, typer.Option(min=0, max=65535, help="Port to listen on; 0 takes a free one.")]
StatusPortOption = Annotated[
    int | None,
    typer.Option(min=0, max=65535, help="Port at which it says how it is: /healthz, /readyz, /metrics; 0: any."),
]
PORT = 8431
API_PORT = 8432


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("up")(up)
    app.command("web")(web)
    app.command("migrate")(migrate)
    app.command("doctor")(doctor)


def up(
    host: HostOption = "127.0.0.1",
    port: PortOption = PORT,
    api_port: Annotated[
        int | None,
        typer.Option(min=0, max=65535, help=f"Port of the scan API; {API_PORT} unless --port is 0, then a free one."),
    ] = None,
    only: Annotated[
        list[str] | None,
        typer.Option("--only", help="Run this part alone (web, api, crawl-worker, worker, copies-worker); repeatable."),
    ] = None,
    json_mode: JsonOption = False,
) -> None:
    """Run everything on this machine: database, web, API, crawler and workers. Ctrl-C stops it, in order.

    With --json each change of state is one JSON object on a line.
    """
    from orbweaver.doors.cli.up_display import display
    from orbweaver.platform.runtime.aside import aside
    from orbweaver.platform.runtime.installation import PARTS, Installation
    from orbweaver.platform.runtime.up import run_until_stopped

    unknown = sorted(set(only or ()) - set(PARTS))
    if unknown:
        raise typer.BadParameter(str(UNKNOWN_PART.of(unknown=", ".join(unknown), known=", ".join(PARTS))))
    with display(json_mode) as shown:
        installation = Installation(
            PlatformSettings.current(),
            host=host,
            port=port,
            api_port=api_port if api_port is not None else API_PORT if port else 0,
            parts=only or PARTS,
            prepare=lambda: aside(prepare, shown.event),
            on_event=shown.event,
        )
        shown.watch(installation)
        aside(say_gaps, shown.event)
        run_until_stopped(installation, shown.event)


def say_gaps(say: Callable[[dict[str, Any]], None]) -> None:
    """Say what was begun and not finished in the settings. Aside, for it loads the rooms that look at theirs."""
    from orbweaver.doors.cli.doctor.checks import gap_checks
    from orbweaver.platform.runtime.checks import Level

    for check in gap_checks():
        if check.level == Level.FAIL:
            say({"event": "warning", "name": check.name, "text": f"{check.found}. {check.advice}"})


def prepare(say: Callable[[dict[str, Any]], None]) -> str | None:
    """Bring the database up to date and say what is wrong; the path of a one-time link without an administrator."""
    import django

    django.setup()
    from django.db import connections

    from orbweaver.assess.linking.retention import bind_archive
    from orbweaver.doors.cli.session import bring_up_to_date
    from orbweaver.doors.retention import due_after_pause
    from orbweaver.notify.notices.selectors import evidence_in_use
    from orbweaver.people.accounts.services import create_setup_link
    from orbweaver.people.audit.checks import audit_checks
    from orbweaver.platform.clock import now, real_now
    from orbweaver.platform.runtime.checks import Level
    from orbweaver.platform.runtime.doctor import walls_check

    try:
        bring_up_to_date(unasked=True)
        failed = [check for check in audit_checks() if check.level == Level.FAIL]
        walls = walls_check()
        say({"event": "protections", "text": walls.found})
        failed += [walls] if walls.level != Level.OK else []
        at = now()
        for check in [*bind_archive(at, evidence_in_use(), due_after_pause(at)), *failed]:
            say({"event": "warning", "name": check.name, "text": f"{check.found}. {check.advice}"})
        token = create_setup_link(real_now())
    finally:
        connections.close_all()
    return None if token is None else f"/setup/{token}/"


def web(
    host: HostOption = "127.0.0.1",
    port: PortOption = PORT,
    workers: Annotated[int, typer.Option(min=1, help="Processes.")] = 2,
    threads: Annotated[int, typer.Option(min=1, help="Threads of each process.")] = 8,
) -> None:
    """Serve the web pages and the API alone, for an installation on several machines."""
    from orbweaver.doors.cli.session import open_session
    from orbweaver.platform.runtime.connections import Limits
    from orbweaver.platform.runtime.installation import free_port
    from orbweaver.platform.runtime.limits import WEB
    from orbweaver.platform.runtime.status import count_together
    from orbweaver.platform.runtime.webserver import WebServer

    port = free_port(host, port)
    count_together(_empty_folder_of_figures(port))
    with open_session(limits=WEB):
        from django.db import connections

        connections.close_all()  # gunicorn forks: no connection may be shared
        say(f"Serving on {host}:{port}")
        limits = Limits.of(WebServerSettings.current(), largest_upload=FetchingSettings.current().crawl_max_bytes)
        WebServer(host, port, workers=workers, threads=threads, limits=limits).run()


def _empty_folder_of_figures(port: int) -> Path:
    """An empty folder in which the processes of the web server count together."""
    folder = PlatformSettings.current().data_dir.absolute() / "figures" / f"web-{port}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, mode=0o700)
    return folder


def migrate(json_mode: JsonOption = False) -> None:
    """Bring the tables up to date. On a server of your own no other command does; the embedded one needs none."""
    from orbweaver.doors.cli.session import bring_up_to_date, open_session
    from orbweaver.platform.runtime.limits import UNLIMITED

    with open_session(migrate=False, limits=UNLIMITED):
        from orbweaver.platform.runtime.installation import lock_of

        applied = bring_up_to_date(lock_of(PlatformSettings.current().data_dir.absolute()))
        from orbweaver.doors.fleet import give_new_rights

        if not give_new_rights():
            say("Machines of the fleet lack rights to the new tables: run it with ORBWEAVER_DATABASE_ADMIN_URL.")
    if json_mode:
        emit({"applied": applied})
    else:
        console.print(f"{applied} migrations applied." if applied else "The database is up to date.")


def _missed_checks() -> list[Check]:
    """What was not archived while a setting was missing."""
    from orbweaver.detect.matching.missed import missed_counts
    from orbweaver.platform.runtime.checks import Check, Level
    from orbweaver.platform.runtime.migrate import pending_migrations

    counts = {} if pending_migrations() else missed_counts()
    waiting, lost = counts.get("waiting", 0), counts.get("lost", 0)
    if not waiting and not lost:
        return []
    found = f"{waiting:,} wait to be fetched again, {lost:,} are no longer served where they were seen"
    return [Check("missed evidence", Level.WARN, found, "A running worker fetches what waits once the archive is on.")]


def doctor(
    json_mode: JsonOption = False,
    all_mode: Annotated[
        bool, typer.Option("--all", help="Every check and every setting, not what is wrong alone.")
    ] = False,
) -> None:
    """Check this machine and the settings, and say what to do about what is wrong. Exit code 1 if anything is."""
    from django.apps import apps

    from orbweaver.doors.cli.doctor.checks import CHECK_GROUPS, gap_checks
    from orbweaver.doors.cli.doctor.display import show
    from orbweaver.doors.cli.session import open_session
    from orbweaver.platform.runtime.checks import Check, Level
    from orbweaver.platform.runtime.doctor import (
        database_access,
        database_checks,
        fleet_check,
        machine_checks,
        not_looked_at,
        settings,
        unknown_settings_check,
    )

    config = PlatformSettings.current()
    checks = machine_checks(config, CHECK_GROUPS) + gap_checks()
    access: dict[str, str] = {}
    try:
        if config.machine_part is not None:
            checks.append(fleet_check(config))
        else:
            with open_session(migrate=False):
                checks += database_checks()
                checks += _missed_checks()
                checks += _archive_checks(checks)
                access = database_access(config)
    except OrbweaverError as error:
        if apps.loading and not apps.ready:
            raise  # the settings are wrong, and it says which
        checks.append(Check("database", Level.FAIL, "cannot be used", str(error)))
    except OSError as error:
        checks.append(not_looked_at("database", error))
    _learn_all_settings()
    checks.insert(0, unknown_settings_check())
    failed = any(check.level == Level.FAIL for check in checks)
    if json_mode:
        emit(
            {
                "ok": not failed,
                "checks": [check.as_json() for check in checks],
                "settings": settings(),
                "database": access,
            }
        )
    else:
        show(checks, settings(), everything=all_mode)
    if failed:
        raise typer.Exit(ExitCode.ERROR)


def _learn_all_settings() -> None:
    """Load all rooms, where the session did not come so far: channels bring settings of their own.

    Without a folder for keys Django does not start at all; the check of that folder says so.
    """
    import django
    from django.apps import apps

    try:
        django.setup()
    except OrbweaverError:
        if apps.loading:
            raise


def _archive_checks(checks: Sequence[Check]) -> list[Check]:
    """What is to be said of the archive and its backups, where the database can be asked: it is there, and migrated."""
    from orbweaver.assess.linking.retention import archive_checks
    from orbweaver.detect.captures.checks import capture_check
    from orbweaver.doors.cli.doctor.checks import (
        away_check,
        backup_check,
        criteria_check,
        readiness_checks,
        rule_tables_check,
    )
    from orbweaver.doors.retention import due_after_pause
    from orbweaver.notify.notices.selectors import evidence_in_use
    from orbweaver.people.audit.checks import audit_checks
    from orbweaver.people.policy.checks import policy_check
    from orbweaver.platform.clock import now
    from orbweaver.platform.runtime.checks import Level

    asked = {check.name: check.level for check in checks}
    if asked.get("migrations") != Level.OK:
        return []
    at = now()
    own = [
        backup_check(at),
        policy_check(),
        criteria_check(),
        capture_check(at),
        rule_tables_check(),
        away_check(),
        *audit_checks(),
    ]
    archive = archive_checks(at, evidence_in_use(), due_after_pause(at))
    return [*archive, *own, *readiness_checks(at)]
