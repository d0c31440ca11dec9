"""Processor time of this process and of the PostgreSQL backend that serves it: what work costs on a busy machine."""

from __future__ import annotations

from pathlib import Path
from time import process_time

from django.db import connection


def backend() -> int:
    """The process of PostgreSQL that serves this connection; it has to run on this machine."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return int(cursor.fetchone()[0])


def cpu_ms(pid: int) -> float:
    """Processor time so far, in milliseconds, of this process and of that one."""
    of_backend = int(Path(f"/proc/{pid}/schedstat").read_text(encoding="ascii").split()[0])
    return 1000 * process_time() + of_backend / 1e6
