"""``orbweaver crawl`` and ``orbweaver crawl-worker``."""

from __future__ import annotations

import logging
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from orbweaver.doors.cli.messages import NO_LEAD
from orbweaver.doors.cli.output import ExitCode, JsonOption, console, emit, notes, progress, say
from orbweaver.doors.cli.run import StatusPortOption
from orbweaver.doors.cli.session import open_session
from orbweaver.errors import OrbweaverError
from orbweaver.platform.clock import now
from orbweaver.platform.runtime.limits import CRAWLER, Limits
from orbweaver.platform.runtime.stacks import write_stacks_on_signal

if TYPE_CHECKING:
    from orbweaver.detect.crawl.models import Lead
    from orbweaver.doors.workers.crawl import CrawlSummary


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("crawl")(crawl)
    app.command("crawl-worker")(crawl_worker)


def crawl(
    urls: Annotated[list[str] | None, typer.Argument(help="Addresses to begin at, in full: https://…")] = None,
    listed: Annotated[
        Path | None,
        typer.Option(
            "--from",
            exists=True,
            dir_okay=False,
            allow_dash=True,
            help="A list of more addresses, one a line, lines with # left out; - is standard input.",
        ),
    ] = None,
    max_pages: Annotated[
        int | None, typer.Option("--max-pages", min=1, help="Fetch so many pages at most, with all their pictures.")
    ] = None,
    note: Annotated[str, typer.Option(help="Why these addresses; kept with the lead.")] = "",
    json_mode: JsonOption = False,
) -> None:
    """Crawl from these addresses and match what is found, until nothing leads further.

    robots.txt and politeness are kept: by default one request a second to each host. Matches go to review. Archives
    that were looked at only in part (too large, encrypted, damaged) are counted apart; the page of a lead says why.
    Exit code 4 when some addresses could not be used or fetched, or when it was interrupted.
    """
    write_stacks_on_signal()
    with open_session(limits=_limits()):
        from orbweaver.detect.crawl.errors import CrawlingIsOff, NoLead
        from orbweaver.detect.crawl.selectors import is_crawling_off
        from orbweaver.doors.workers.crawl import run_crawler

        if is_crawling_off():
            raise CrawlingIsOff
        leads, refused = _add_leads(urls or [], note, _addresses(listed) if listed else [])
        if not leads:
            raise NoLead(NO_LEAD)
        with progress(json_mode) as display:
            task = display.add_task("crawling", total=max_pages)

            def show(summary: CrawlSummary) -> None:
                text = f"pages · {summary.images} pictures · {summary.matches} matches · {summary.failures} failed"
                display.update(task, completed=summary.pages, description=text)

            summary = run_crawler(
                progress=show,
                lead_ids=[lead.pk for lead in leads],
                max_pages=max_pages,
                cut_off_code=ExitCode.PARTLY,
            )
            _open_found()
        result = _result(leads, summary) | {"interrupted": summary.interrupted or is_crawling_off()}
    _print(result, json_mode)
    if refused or result["interrupted"] or any(lead["error"] for lead in result["leads"]):
        raise typer.Exit(ExitCode.PARTLY)


def _open_found() -> None:
    """Put what was found before the analysts now: perhaps no worker runs."""
    from orbweaver.assess.review.reports import close_answered
    from orbweaver.detect.matching.taking_up import take_up

    while take_up():
        pass
    close_answered(now())


def _limits() -> Limits:
    """A crawler's, which end a silent transaction before its leases end."""
    from orbweaver.detect.crawl.settings import CrawlSettings

    silent_s = min(CRAWLER.idle_in_transaction, CrawlSettings.current().crawl_lease_s * 2 / 3)
    return replace(CRAWLER, idle_in_transaction=silent_s)


def _addresses(path: Path) -> list[str]:
    """The lines of a list, or of standard input."""
    text = sys.stdin.read() if str(path) == "-" else path.read_text("utf-8", "replace")
    lines = (line.strip() for line in text.removeprefix("\ufeff").splitlines())
    return [line for line in lines if line and not line.startswith("#")]


def _add_leads(urls: list[str], note: str, listed: Sequence[str] = ()) -> tuple[list[Lead], int]:
    """The leads that could be made, and how many addresses were refused. What a list names is crawled by its robots.txt
    and not again within days; what somebody typed, at once.
    """
    from django.db import transaction

    from orbweaver.detect.crawl.models import Lead
    from orbweaver.detect.crawl.services import add_lead
    from orbweaver.people.audit.services import record

    leads, refused = [], 0
    sources = [*((url, Lead.Source.OPERATOR) for url in urls), *((url, Lead.Source.LIST) for url in listed)]
    for number, (url, source) in enumerate(sources, 1):
        try:
            with transaction.atomic():
                lead = add_lead(url, source=source, note=note, now=now())
                details = {"source": source.value}
                record("lead.added", lead.public_id, label="command line", details=details, at=now())
            leads.append(lead)
        except OrbweaverError as error:
            refused += 1
            notes.print(f"Address {number} is left out: {error}", markup=False, highlight=False)
    return leads, refused


def _result(leads: list[Lead], summary: CrawlSummary) -> dict[str, Any]:
    from orbweaver.detect.crawl.selectors import lead_outcome

    return {
        "leads": [{"id": lead.public_id, **_outcome(*lead_outcome(lead))} for lead in leads],
        "pages": summary.pages,
        "images": summary.images,
        "matches": summary.matches,
        "unchanged": summary.unchanged,
        "failures": summary.failures,
        "put_off": summary.put_off,
        "partly": summary.partly,
        "bytes": None if summary.helped else summary.bytes,
        "seconds": round(summary.seconds, 3),
    }


def _outcome(status: int | None, code: str) -> dict[str, Any]:
    """What came of a lead's own address. ``partly`` is no error: it was fetched, and a part was not looked at."""
    from orbweaver.detect.fetching.errors import PARTLY, REASONS

    partly = code in PARTLY
    return {
        "status": status,
        "error": code if code and not partly else None,
        "partly": code if partly else None,
        "reason": str(REASONS[code]) if code in REASONS else None,
    }


def _print(result: dict[str, Any], json_mode: bool) -> None:
    if json_mode:
        emit(result)
        return
    for lead in result["leads"]:
        if lead["reason"]:
            status = f" (HTTP {lead['status']})" if lead["error"] and lead["status"] else ""
            notes.print(f"{lead['id']}: {lead['reason']}{status}", markup=False, highlight=False)
    console.print(
        f"{result['pages']} pages, {result['images']} pictures and {result['unchanged']} unchanged ones in "
        f"{result['seconds']:.1f} s: {result['matches']} matches, {result['failures']} failed.",
        highlight=False,
    )
    if result["put_off"]:
        notes.print(
            f"Put off, as they could not be reached for now: {result['put_off']}. `orbweaver up` and `orbweaver "
            "crawl-worker` try them again within an hour, and then within a day; a new crawl from them, at once.",
            highlight=False,
        )
    if result["partly"]:
        notes.print(f"Looked at only in part: {result['partly']}. The page of the lead says why.", highlight=False)
    if result["matches"]:
        console.print("The matches wait for review.")
    if result["interrupted"]:
        notes.print(
            "Interrupted before it was done. Nothing is lost: what is left waits, and goes on with the next "
            "`orbweaver crawl` of the same address, with `orbweaver up` or `orbweaver crawl-worker`."
        )


def crawl_worker(status_port: StatusPortOption = None) -> None:
    """Run one crawler for as long as it is not stopped, for an installation on several machines."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    write_stacks_on_signal()
    with open_session(limits=_limits(), part="crawl"):
        from orbweaver.doors.workers.crawl import run_crawler
        from orbweaver.platform.runtime.status import status_served

        say("The crawler is running. Ctrl-C lets it finish what it has in hand.")
        with status_served(status_port):
            run_crawler()
