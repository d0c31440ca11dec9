"""``orbweaver providers``: the registry as a whole: tables in and out, data from elsewhere, looks at hosts, holds."""

from __future__ import annotations

import csv
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from orbweaver.detect.hashlists.messages import NOT_A_FILE
from orbweaver.doors.cli.output import ExitCode, JsonOption, console, emit, notes, progress
from orbweaver.doors.cli.session import open_session
from orbweaver.errors import Message
from orbweaver.platform.clock import now

SHOWN = 20


def add_registry(providers: typer.Typer) -> None:
    """Add these commands to ``providers``."""
    for name, command in (
        ("import", import_providers),
        ("export", export_providers),
        ("import-relations", import_as_relations),
        ("import-cdns", import_known_cdns),
        ("refresh-bootstrap", refresh),
        ("look-up", look_up_host),
        ("hold", hold_notices),
        ("lift", lift_hold),
        ("holds", list_holds),
    ):
        providers.command(name)(command)


def import_providers(
    file: Annotated[Path, typer.Argument(help="CSV with a header line, or TOML with entries [[providers]].")],
    json_mode: JsonOption = False,
) -> None:
    """Import the hand-kept table of providers. Bad rows are reported with their line; importing again changes nothing.

    Exit code 4 when rows were refused.
    """
    with open_session():
        from orbweaver.notify.providers.table import import_table

        with progress(json_mode) as display:
            task = display.add_task(f"Importing {file.name}", total=None)
            done = import_table(file, now(), lambda rows: display.update(task, completed=rows))
    counts = {name: getattr(done, name) for name in ("rows", "added", "changed", "unchanged", "rejected")}
    _report(counts, done.rejections, json_mode)


def import_as_relations(
    file: Annotated[Path, typer.Argument(help="CAIDA's AS relationships, serial 1 or 2, unpacked.")],
    json_mode: JsonOption = False,
) -> None:
    """Import which network carries whose traffic; the file replaces what was there. Exit code 4 for bad lines."""
    with open_session():
        from orbweaver.errors import InvalidInput
        from orbweaver.notify.providers.relations import import_relations

        if not file.is_file():
            raise InvalidInput(NOT_A_FILE.of(path=str(file)))
        with file.open(encoding="utf-8", errors="replace") as lines:
            done = import_relations(lines, now())
    counts = {name: getattr(done, name) for name in ("kept", "peers", "removed", "rejected")}
    _report(counts, done.rejections, json_mode)


def _report(counts: dict[str, int], rejections: list[tuple[int, Message]], json_mode: bool) -> None:
    if json_mode:
        emit({**counts, "rejections": [{"line": line, "reason": str(reason)} for line, reason in rejections]})
    else:
        console.print(", ".join(f"{number:,} {name}" for name, number in counts.items()) + ".")
        for line, reason in rejections[:SHOWN]:
            console.print(f"  line {line}: {reason}", markup=False, highlight=False)
        if len(rejections) > SHOWN:
            console.print(f"  … and {len(rejections) - SHOWN:,} more; --json prints all.")
    if rejections:
        raise typer.Exit(ExitCode.PARTLY)


def export_providers(
    output: Annotated[Path | None, typer.Option("--output", "-o", help="File to write; else standard output.")] = None,
    json_mode: JsonOption = False,
) -> None:
    """Export the hand-kept table as CSV (or one JSON object a line), as `import` reads it."""
    with open_session():
        from orbweaver.notify.providers.table import COLUMNS, as_cells, export_rows

        if json_mode and output is None:
            for row in export_rows():
                emit(row)
            return
        partial = output.with_name(output.name + ".part") if output else None
        stream = partial.open("w", encoding="utf-8", newline="") if partial else sys.stdout
        writer = csv.DictWriter(stream, COLUMNS, lineterminator="\n")
        writer.writeheader()
        count = 0
        for row in export_rows():
            writer.writerow(as_cells(row))
            count += 1
        if partial and output:
            stream.close()
            partial.replace(output)
            if json_mode:
                emit({"file": str(output), "providers": count})
            else:
                notes.print(f"{count:,} providers written to {output}.")


def refresh(json_mode: JsonOption = False) -> None:
    """Get IANA's lists of RDAP servers again (once a month is enough); they are kept in the data folder."""
    with open_session():
        from orbweaver.notify.notices.routing.lookup import refresh_bootstrap

        services = refresh_bootstrap(now())
    if json_mode:
        emit({"services": services})
    else:
        console.print(f"{services:,} services of RDAP are known now.")


def look_up_host(
    host: Annotated[str, typer.Argument(help="A host name or an address.")], json_mode: JsonOption = False
) -> None:
    """Look a host up now: its addresses, networks, countries, and who is notified of what is there."""
    with open_session():
        from orbweaver.notify.notices.routing.lookup import look_up
        from orbweaver.notify.notices.routing.router import Router
        from orbweaver.notify.providers.hosts import addresses_now
        from orbweaver.platform.network.domains import as_typed

        host = as_typed(host)
        look_up([host], now())
        places = [
            {
                "address": each.address,
                "network": each.network,
                "asn": each.asn,
                "country": each.country,
                "provider": each.provider.name if each.provider else "",
                "source": each.source,
            }
            for each in addresses_now(host, None)
        ]
        routes = [
            {
                "route": each.kind,
                "to": each.provider.name if each.provider else "",
                "country": each.country,
                "held": each.held_reason,
            }
            for each in Router().routes(host, None, "csam", "")
        ]
    if json_mode:
        emit({"places": places, "routes": routes})
        return
    for place in places:
        console.print("  ".join(str(value) for value in place.values() if value), markup=False, highlight=False)
    for route in routes:
        console.print(f"{route['route']}: {route['to'] or route['held']}", markup=False, highlight=False)


def hold_notices(
    reason: Annotated[str, typer.Option(help="Why; the public is told that such notices are held, not why.")],
    provider: Annotated[str, typer.Option(help="Only to this provider (name or identifier).")] = "",
    country: Annotated[str, typer.Option(help="Only into this country, as two letters.")] = "",
    sub_type: Annotated[str, typer.Option(help="Only sub-type a, b or c.")] = "",
    json_mode: JsonOption = False,
) -> None:
    """Hold harmful_abusive notices until `lift`: assessed and counted, but not sent."""
    with open_session():
        from orbweaver.notify.notices.services import hold
        from orbweaver.notify.providers.selectors import get_provider

        found = get_provider(provider) if provider else None
        made = hold(reason, by=None, now=now(), provider=found, country=country, sub_type=sub_type)
    if json_mode:
        emit(_hold(made))
    else:
        console.print(f"{made.public_id} is in force.")


def lift_hold(
    hold: Annotated[str, typer.Argument(help="Identifier of the policy, from `holds`.")], json_mode: JsonOption = False
) -> None:
    """Lift a hold: what it kept back is sent."""
    with open_session():
        from orbweaver.notify.notices.services import lift

        lifted = lift(hold, by=None, now=now())
    if json_mode:
        emit({"hold": lifted.public_id, "lifted": True})
    else:
        console.print(f"{lifted.public_id} is lifted.")


def list_holds(json_mode: JsonOption = False) -> None:
    """List the holds in force."""
    with open_session():
        from orbweaver.notify.notices.selectors import policies_in_force

        found = [_hold(each) for each in policies_in_force()]
    if json_mode:
        for each in found:
            emit(each)
    elif not found:
        console.print("No notices are held by policy.")
    else:
        for each in found:
            scope = ", ".join(filter(None, (each["provider"], each["country"], each["sub_type"]))) or "all"
            console.print(f"{each['hold']}: {scope}: {each['reason']}", markup=False, highlight=False)


def _hold(row: Any) -> dict[str, Any]:
    return {
        "hold": row.public_id,
        "provider": row.provider.name if row.provider else "",
        "country": row.country,
        "sub_type": row.sub_type,
        "reason": row.reason,
        "made_at": row.made_at.isoformat(),
    }


def import_known_cdns(
    file: Annotated[
        Path | None, typer.Argument(help="TOML with entries [[cdns]]; the table that comes with the program, if none.")
    ] = None,
    json_mode: JsonOption = False,
) -> None:
    """Import CDNs with the networks that they publish; importing again changes nothing."""
    with open_session():
        from orbweaver.errors import InvalidInput
        from orbweaver.notify.providers.cdns import import_cdns
        from orbweaver.platform.network.cdns import known_cdns, parse_cdns

        if file is not None and not file.is_file():
            raise InvalidInput(NOT_A_FILE.of(path=str(file)))
        cdns = parse_cdns(file.read_text("utf-8", errors="replace")) if file else known_cdns()
        counts = {"cdns": import_cdns(cdns, now()), "networks": sum(len(each.networks) for each in cdns)}
    _report(counts, [], json_mode)
