"""Writes what all migrations execute to a file, from which empty databases are made (`make structure`).

Before that the triggers of the figures, from what counts in a figure: a migration executes them. And the digests of all
migrations, since none may change: a database that applied it before would never hear of it.
"""

from __future__ import annotations

import hashlib
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

HEAD = "-- What all migrations execute, in their order. Written by tools/structure.py; do not edit.\n-- Of {seal}\n"
SOURCE = Path(__file__).parents[1] / "src"
KEPT = Path(__file__).with_name("migrations.sha256")
KINDS = ("*/migrations/*.py", "*/migrations/*.sql")
CHANGED = """\
These migrations are applied in databases that people keep, and were changed:
{paths}
Put them back, and write a new migration that does what changed. Functions and triggers: a new file of SQL, executed by
it (that of the figures: TRIGGERS in account_for/transparency/triggers.py).
"""


def seal_of(statements: str) -> str:
    """SHA-256 over what these statements come from, and over themselves: it shows what changed since.

    They come from the migrations, the SQL beside them, our fields, and Django's own way to write statements.
    """
    import django

    found = hashlib.sha256(django.get_version().encode())
    for path in sorted({each for kind in (*KINDS, "*/fields.py") for each in SOURCE.rglob(kind)}):
        found.update(f"\n{path.relative_to(SOURCE)}\n".encode() + path.read_bytes())
    found.update(statements.encode())
    return found.hexdigest()


def digests() -> dict[str, str]:
    """The SHA-256 of each migration, and of the SQL beside it, by its path below ``src``."""
    found = sorted({each for kind in KINDS for each in SOURCE.rglob(kind) if each.name != "__init__.py"})
    return {str(each.relative_to(SOURCE)): hashlib.sha256(each.read_bytes()).hexdigest() for each in found}


def kept() -> dict[str, str]:
    """Those of the migrations that databases may have applied, as they were then."""
    pairs = (line.split("  ", 1) for line in KEPT.read_text(encoding="utf-8").splitlines())
    return {path: digest for digest, path in pairs}


def changed() -> list[str]:
    """Paths of migrations that are not as they were when they were kept."""
    now = digests()
    return [path for path, digest in kept().items() if now.get(path) != digest]


def keep() -> None:
    """Note the digests of new migrations. Ends the program where one changed that was kept before."""
    if paths := changed():
        sys.exit(CHANGED.format(paths="\n".join(paths)))
    KEPT.write_text("".join(f"{digest}  {path}\n" for path, digest in digests().items()), encoding="utf-8")


def structure() -> str:
    """Migrate Django's database, which is empty, and return the statements that changed its structure."""
    from django.core.management import call_command
    from django.db import connection

    executed: list[str] = []
    editor = connection.SchemaEditorClass

    class Recording(editor):  # type: ignore[misc, valid-type]
        """Keeps what it executes. Migrations that fill tables do so with RunSQL, or it would not be seen here."""

        def execute(self, sql: Any, params: Any = ()) -> None:
            text = str(sql)
            if params:
                text %= tuple(map(self.quote_value, params))
            elif params is not None:
                text = text.replace("%%", "%")
            executed.append(text.strip().removesuffix(";") + ";")
            super().execute(sql, params)

    connection.SchemaEditorClass = Recording
    try:
        call_command("migrate", verbosity=0, interactive=False)
    finally:
        connection.SchemaEditorClass = editor
    kept = [each for each in executed if "django_migrations" not in each]
    statements = "\n" + "\n".join(kept) + "\n"
    return HEAD.format(seal=seal_of(statements)) + statements


@contextmanager
def empty_database() -> Iterator[None]:
    """Django with a server of its own that holds nothing yet."""
    with tempfile.TemporaryDirectory(prefix="orbweaver-structure-") as name:
        folder = Path(name)
        folder.chmod(0o711)  # PostgreSQL's own account passes through when this runs as root
        own = {"DATABASE_URL": "", "DATA_DIR": str(folder / "data"), "KEYS_DIR": str(folder / "keys")}
        os.environ.update({f"ORBWEAVER_{key}": value for key, value in own.items()})
        from orbweaver.doors.cli.session import open_session

        with open_session(migrate=False):
            yield


def main() -> None:
    """Write the three files."""
    with empty_database():
        from orbweaver.account_for.transparency.triggers import TRIGGERS, rendered
        from orbweaver.platform.runtime.migrate import STRUCTURE

        TRIGGERS.write_text(rendered(), encoding="utf-8")
        keep()
        text = structure()
        STRUCTURE.write_text(text, encoding="utf-8")
    sys.stdout.write(f"{len(text.splitlines())} lines in {STRUCTURE}\n")


if __name__ == "__main__":
    main()
