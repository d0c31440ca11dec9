"""``orbweaver sites``: how fast sites are asked, whether robots.txt holds there, and the off switches."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from orbweaver.doors.cli.messages import HOST_OR_EVERYTHING
from orbweaver.doors.cli.output import JsonOption, console, emit
from orbweaver.doors.cli.session import open_session
from orbweaver.platform.clock import now

if TYPE_CHECKING:
    from orbweaver.detect.crawl.models import Site

sites = typer.Typer(help="Sites: settings of their own, and the off switches of the crawl.", no_args_is_help=True)

HostArgument = Annotated[str, typer.Argument(help="Host, as example.org (all its ports) or example.org:8080.")]
EVERYTHING = "Switch the whole crawl, not one site."


def register(app: typer.Typer) -> None:
    """Add ``sites``."""
    app.add_typer(sites, name="sites")


@sites.command("list")
def list_sites(
    changed: Annotated[bool, typer.Option("--changed", help="Only those that are off or have settings.")] = False,
    json_mode: JsonOption = False,
) -> None:
    """List the sites that the crawler knows, one a line, and say whether crawling is on."""
    with open_session():
        from orbweaver.detect.crawl.selectors import changed_sites, is_crawling_off, known_sites

        off = is_crawling_off()
        found = [_as_json(site) for site in (changed_sites() if changed else known_sites())]
    if json_mode:
        for each in found:
            emit(each)
        return
    table = Table("Site", "State", "Delay", "At once", "robots.txt", "Answers in", box=None, pad_edge=False)
    for each in found:
        table.add_row(
            each["site"],
            "off" if each["switched_off"] else "on",
            _seconds(each["delay_s"]) + (f", now {each['pace_s']:.1f} s" if each["pace_s"] else ""),
            str(each["concurrency"] or "as set"),
            "is not followed" if each["robots_authority"] else "is followed",
            f"{each['latency_s']:.2f} s" if each["latency_s"] else "?",
        )
    console.print(table)
    console.print("All crawling is switched off." if off else "Crawling is on.")


@sites.command("set")
def set_site(
    host: HostArgument,
    delay: Annotated[float | None, typer.Option(help="Seconds between requests; default: as configured.")] = None,
    concurrency: Annotated[int | None, typer.Option(help="Requests at once; default: as configured.")] = None,
    past_robots: Annotated[
        str, typer.Option("--past-robots", help="Do not follow robots.txt, by this authority; recorded and shown.")
    ] = "",
    json_mode: JsonOption = False,
) -> None:
    """Set how a site is asked. What is not given goes back to the configuration, and to robots.txt."""
    with open_session():
        from orbweaver.detect.crawl.site_settings import By, SiteSettings, change_site, sites_named

        found = sites_named(host)
        for site in found:
            change_site(site, SiteSettings(delay, concurrency, past_robots), by=By(), now=now())
        _say(found, json_mode)


@sites.command("off")
def switch_off(
    host: Annotated[str, typer.Argument(help="Host, as example.org or example.org:8080.")] = "",
    everything: Annotated[bool, typer.Option("--everything", help=EVERYTHING)] = False,
    json_mode: JsonOption = False,
) -> None:
    """Start no more requests to a site, or none at all: in seconds, in every worker. What waits stays."""
    _switch(host, everything=everything, off=True, json_mode=json_mode)


@sites.command("on")
def switch_on(
    host: Annotated[str, typer.Argument(help="Host, as example.org or example.org:8080.")] = "",
    everything: Annotated[bool, typer.Option("--everything", help=EVERYTHING)] = False,
    json_mode: JsonOption = False,
) -> None:
    """Go on at a site, or with the whole crawl."""
    _switch(host, everything=everything, off=False, json_mode=json_mode)


def _switch(host: str, *, everything: bool, off: bool, json_mode: bool) -> None:
    if bool(host) == everything:
        raise typer.BadParameter(str(HOST_OR_EVERYTHING))
    with open_session():
        from orbweaver.detect.crawl.site_settings import By, sites_named, switch_crawling, switch_site

        if everything:
            switch_crawling(off=off, by=By(), now=now())
            if json_mode:
                emit({"crawling": "off" if off else "on"})
            else:
                console.print("All crawling is switched off." if off else "Crawling is on.")
            return
        found = sites_named(host)
        for site in found:
            switch_site(site, off=off, by=By(), now=now())
        _say(found, json_mode)


def _say(found: list[Site], json_mode: bool) -> None:
    for each in map(_as_json, found):
        if json_mode:
            emit(each)
        else:
            state = "off" if each["switched_off"] else "on"
            console.print(f"{each['site']} is {state}.", markup=False, highlight=False)


def _as_json(site: Site) -> dict[str, Any]:
    return {
        "site": str(site),
        "kind": site.kind,
        "walled_garden": site.walled_garden,
        "switched_off": site.switched_off,
        "delay_s": site.delay_s,
        "concurrency": site.concurrency,
        "robots_authority": site.robots_authority,
        "robots_delay_s": site.robots_delay_s,
        "pace_s": round(site.pace_s, 3),
        "latency_s": round(site.latency_s, 3),
    }


def _seconds(value: float | None) -> str:
    return "as set" if value is None else f"{value:g} s"
