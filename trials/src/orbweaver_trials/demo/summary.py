"""The end of a run: a table for people, one JSON object for scripts."""

from __future__ import annotations

import datetime as dt
import statistics
from collections.abc import Mapping
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from orbweaver.doors.cli.figures import span
from orbweaver_trials.demo.driver import Outcome
from orbweaver_trials.demo.plan import HOSTS, Host
from orbweaver_trials.demo.surroundings import CLOCK_SPEED

FIGURES = {
    "images_processed": "Images processed",
    "suspected": "Suspected",
    "verified": "Verified",
    "notices_sent": "Notices sent",
    "reminders_sent": "Reminders sent",
    "removed": "Removed",
    "open_urls": "Still open",
    "median_removal_s": "Median time to removal",
    "share_unidentified": "Notices about children not known to be identified",
    "looks_per_notified_url": "Looks for each address notified",
}
"""Key → words, in the order of the loop."""

STYLE: dict[str, Any] = {
    "title_justify": "left",
    "title_style": "bold",
    "box": SIMPLE_HEAD,
    "pad_edge": False,
    "collapse_padding": True,
}


def as_json(outcome: Outcome) -> dict[str, Any]:
    """The figures under the keys of ``orbweaver figures``, and how the run went."""
    return outcome.figures | {
        "ok": outcome.ok,
        "seconds": outcome.seconds,
        "restarts": outcome.restarts,
        "kills": outcome.kills,
        "setbacks": len(outcome.setbacks),
        "mails_received": len(outcome.ledger["mails"]),
        "checks": [check.as_json() for check in outcome.checks],
    }


def show(outcome: Outcome, console: Console) -> None:
    """Print what providers did, the figures, and what did not happen as it must."""
    providers = Table("Provider", "Conduct", title="Providers, by the world's own book", **STYLE)
    for heading in ("Mails", "Addresses", "Removed", "After"):
        providers.add_column(heading, justify="right")
    for column in providers.columns:
        column.no_wrap = True
    for host in HOSTS:
        providers.add_row(host.provider, str(host.conduct), *_provider_row(outcome.ledger, host))
    console.print(providers)
    figures = Table("Figure", title="Public figures", **STYLE)
    figures.add_column("Value", justify="right")
    for key, words in FIGURES.items():
        figures.add_row(words, _value(key, outcome.figures[key]))
    console.print(figures)
    console.print(f"[dim]Durations are in the demo's time, of which one second is {CLOCK_SPEED // 3600} hours.[/]\n")
    show_failed(outcome, console)
    if outcome.ok:
        console.print(
            f"[bold green]All {len(outcome.checks)} comparisons with the world's own book hold.[/] "
            f"{outcome.seconds:.0f} seconds."
        )


def show_failed(outcome: Outcome, console: Console) -> None:
    """Print what did not happen as it must."""
    for check in outcome.checks:
        if not check.ok:
            told = f"{check.name}: expected {check.expected}, found {check.found}"
            console.print(f"[bold red]not as it must be[/] {told}", highlight=False, soft_wrap=True)


def _provider_row(ledger: Mapping[str, Any], host: Host) -> list[str]:
    mails = [mail for mail in ledger["mails"] if mail["provider"] == host.name]
    removals = {event["url"]: event for event in ledger["removals"] if event["provider"] == host.name}
    told: dict[str, dt.datetime] = {}
    for mail in mails:
        for url in mail["urls"]:
            told.setdefault(url, dt.datetime.fromisoformat(mail["domain_at"]))
    times = [
        (dt.datetime.fromisoformat(event["domain_at"]) - told[url]).total_seconds()
        for url, event in removals.items()
        if url in told
    ]
    return [str(len(mails)), str(len(told)), str(len(removals)), span(statistics.median(times)) if times else "–"]


def _value(key: str, value: float | None) -> str:
    if value is None:
        return "none yet"
    if key == "median_removal_s":
        return span(value)
    if key == "share_unidentified":
        return f"{value:.0%}"
    return f"{value:,.1f}" if isinstance(value, float) else f"{value:,}"
