"""What was known of addresses that left the frontier, some thousands at a time as one Parquet file in memory.

Sorted by number and encoded by differences: neighbours have nearly the same address, number and day. Validators and
the digests that only they need are not among it: what comes back is fetched in full. ``pyarrow`` is an extra for its
170 MB, and is loaded when the first address leaves.
"""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import Any, Final, NamedTuple

LEVEL: Final = 9
"""Of zstd: beyond it files hardly shrink."""
NUMBERS: Final = ("number", "site_id", "lead_id", "parent_id", "led_to_id")
BY_DIFFERENCE: Final = "DELTA_BINARY_PACKED"


class Details(NamedTuple):
    """One address, with the names of the frontier. ``context`` is JSON text."""

    number: int
    url: str
    site_id: int
    lead_id: int
    parent_id: int | None
    led_to_id: int | None
    past_robots: bool
    kind: int
    hops: int
    priority: int
    context: str | None
    status: int | None
    error: str
    sha256: bytes | None
    pdq: bytes | None
    pdq_quality: int | None
    fetched_at: dt.datetime


@lru_cache(maxsize=1)
def _parquet() -> tuple[Any, Any, Any]:
    """pyarrow, its Parquet, and the schema of ``Details``. Raises ImportError."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    others = {
        "url": pa.string(),
        "past_robots": pa.bool_(),
        "kind": pa.int16(),
        "hops": pa.int16(),
        "priority": pa.int16(),
        "context": pa.string(),
        "status": pa.int16(),
        "error": pa.string(),
        "sha256": pa.binary(32),
        "pdq": pa.binary(32),
        "pdq_quality": pa.int16(),
        "fetched_at": pa.timestamp("us", tz="UTC"),
    }
    schema = pa.schema([(name, others.get(name, pa.int64())) for name in Details._fields])
    return pa, pq, schema


def is_installed() -> bool:
    """Whether details can be written and read here."""
    try:
        _parquet()
    except ImportError:
        return False
    return True


def pack(rows: Iterable[Details]) -> bytes:
    """These as one file, by their numbers. Raises ImportError."""
    pa, pq, schema = _parquet()
    ordered = sorted(rows)
    columns = [[row[at] for row in ordered] for at in range(len(Details._fields))]
    stream = io.BytesIO()
    pq.write_table(
        pa.table(columns, schema=schema),
        stream,
        compression="zstd",
        compression_level=LEVEL,
        use_dictionary=["error"],
        write_statistics=False,
        store_schema=False,
        column_encoding=dict.fromkeys((*NUMBERS, "fetched_at"), BY_DIFFERENCE) | {"url": "DELTA_BYTE_ARRAY"},
    )
    return stream.getvalue()


def unpack(data: bytes, wanted: Callable[[Details], bool]) -> Sequence[Details]:
    """Those of a file that are wanted. Raises ImportError; what pyarrow says where it is damaged."""
    _, pq, schema = _parquet()
    table = pq.read_table(io.BytesIO(data), schema=schema, use_threads=False)
    found = (Details(*row) for row in zip(*(column.to_pylist() for column in table.columns), strict=True))
    return [row for row in found if wanted(row)]
