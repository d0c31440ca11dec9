"""``orbweaver ledger``: match everything ever seen against the lists of today, and keep its files few."""

from __future__ import annotations

from typing import Annotated

import typer

from orbweaver.detect.crawl.settings import CrawlSettings
from orbweaver.detect.matching.settings import Engine
from orbweaver.doors.cli.output import JsonOption, console, emit, progress
from orbweaver.doors.cli.session import open_session
from orbweaver.platform.clock import now

ledger = typer.Typer(
    help="The ledger of every picture seen (ORBWEAVER_LEDGER=true; needs the extra `ledger`).", no_args_is_help=True
)


EngineOption = Annotated[
    Engine, typer.Option("--engine", help="What reads the files: daft (an extra) matches on all processors at once.")
]


def register(app: typer.Typer) -> None:
    """Add ``ledger``."""
    app.add_typer(ledger, name="ledger")


@ledger.command("match")
def match(engine: EngineOption = Engine.ARROW, json_mode: JsonOption = False) -> None:
    """Match all fingerprints of the ledger against the present lists; what matches by now is fetched again.

    Run it after an import of lists, and crawl afterwards. It may be run again at any time, and by several processes at
    once: they share the files. What was broken off goes on.
    """
    with open_session():
        from orbweaver.detect.crawl.ledger import Ledger
        from orbweaver.detect.matching.engines import run_of
        from orbweaver.detect.matching.index import open_index
        from orbweaver.detect.matching.rematch import rematch

        seen = Ledger(CrawlSettings.current().ledger_dir)
        index = open_index()
        try:
            with progress(json_mode) as display:
                task = display.add_task("Matching the ledger", total=None)
                done = rematch(
                    seen,
                    index,
                    now(),
                    lambda files, of: display.update(task, completed=files, total=of),
                    run_of(engine),
                )
        finally:
            index.close()
    if json_mode:
        emit(done.as_json())
        return
    if not done.files:
        console.print("The ledger is empty. Set ORBWEAVER_LEDGER=true and crawl: it begins then.")
        return
    console.print(
        f"{done.rows:,} rows in {done.files:,} files: {done.matching:,} match, {done.leads:,} places are fetched again "
        f"by the next crawl. {done.without_address:,} places are no longer in the frontier."
    )


@ledger.command("compact")
def compact(json_mode: JsonOption = False) -> None:
    """Put the ledger's many small files together, a few for each day; crawlers may run meanwhile.

    A crawler writes one file for each batch it records. Rows stay as they are; reading them becomes faster.
    """
    from orbweaver.detect.crawl.ledger import Ledger

    seen = Ledger(CrawlSettings.current().ledger_dir)
    with progress(json_mode) as display:
        task = display.add_task("Putting the ledger together", total=None)
        files, became = seen.compact(lambda done, of: display.update(task, completed=done, total=of))
    if json_mode:
        emit({"files": files, "became": became})
    elif files:
        console.print(f"{files:,} small files became {became:,}.")
    else:
        console.print("There is nothing to put together.")
