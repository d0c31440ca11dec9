"""What reads a ledger's files for a bulk match and runs the one function (``bulk``) on them: all give the same rows.

``arrow`` reads one file after the other here. ``daft`` (an extra) reads and matches on all processors of the machine.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeAlias

from orbweaver.detect.crawl.ledger import READ_ROWS, Ledger, damaged
from orbweaver.detect.matching.bulk import COLUMNS, HITS, KEPT, BulkSearch, Table, hits_type
from orbweaver.detect.matching.messages import DAFT_NEEDS_EXTRA
from orbweaver.detect.matching.settings import Engine
from orbweaver.errors import ConfigurationError

Run: TypeAlias = Callable[[Ledger, Sequence[Path], BulkSearch], Iterator[Table]]
"""Matches files: tables of the rows that are hit, in any order. Raises LedgerDamaged."""


def run_of(engine: Engine) -> Run:
    """The engine, ready. Raises ConfigurationError where its package is not installed."""
    return _ready_daft() if engine is Engine.DAFT else by_arrow


def by_arrow(ledger: Ledger, paths: Sequence[Path], search: BulkSearch) -> Iterator[Table]:
    """One file after the other, in this process."""
    for path in paths:
        for table in ledger.tables(path, COLUMNS):
            yield search.match(table)


def _ready_daft() -> Run:
    # It reports each import and run to its makers, unless this is said before: nobody is told that a hotline works.
    os.environ.update(
        DAFT_ANALYTICS_ENABLED="0",
        SCARF_NO_ANALYTICS="true",
        DO_NOT_TRACK="true",
        DAFT_RUNNER="native",
        DAFT_PROGRESS_BAR="0",
    )
    try:
        import daft
    except ImportError as error:
        raise ConfigurationError(DAFT_NEEDS_EXTRA) from error

    def by_daft(ledger: Ledger, paths: Sequence[Path], search: BulkSearch) -> Iterator[Table]:
        types = {field.name: field.dtype for field in daft.Schema.from_pyarrow_schema(ledger.schema)}
        hits = daft.DataType.from_arrow_type(hits_type())
        hits_of_batch = daft.func.batch(return_dtype=hits, batch_size=READ_ROWS, use_process=False)(_hits_of(search))
        rows = daft.read_parquet([str(path) for path in paths], infer_schema=False, schema=types)
        found = rows.select(*KEPT, hits_of_batch(*(rows[name] for name in COLUMNS[1:])).alias(HITS))
        try:
            yield found.where(daft.functions.length(found[HITS]) > daft.lit(0)).to_arrow()
        except daft.exceptions.DaftCoreException as error:
            for path in paths:
                if path.name in str(error):
                    raise damaged(path) from error
            raise

    return by_daft


def _hits_of(search: BulkSearch) -> Callable[..., Any]:
    here = _Here(search)

    def hits_of(*columns: Any) -> Any:
        return here.search.hits_of(*(column.to_arrow() for column in columns))

    return hits_of


class _Here:
    """The lists, for a function that stays in this process. Daft asks that each could be sent to others, which its
    runner on one machine never does: several machines share a ledger by its claims."""

    def __init__(self, search: BulkSearch) -> None:
        self.search = search

    def __reduce__(self) -> tuple[Callable[[], None], tuple[()]]:
        return _refuse, ()


def _refuse() -> None:
    raise NotImplementedError("the lists of a bulk match stay in their process")
