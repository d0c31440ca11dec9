"""``python -m orbweaver_trials.sample``: seed a database of its own, then serve the pages until Ctrl-C."""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from orbweaver.doors.cli.output import ExitCode, notes, report_error
from orbweaver.doors.cli.session import open_session
from orbweaver.errors import InvalidInput, OrbweaverError
from orbweaver.platform.config import forget
from orbweaver.platform.runtime.database import database
from orbweaver.platform.settings import PlatformSettings
from orbweaver_trials.demo.surroundings import scrubbed
from orbweaver_trials.sample.post import mail_server
from orbweaver_trials.sample.settings import settings_of

KEPT = ("ORBWEAVER_DEBUG_QUERIES",)
"""Settings of whoever calls that hold here, too."""
SEEDED = "seeded"
"""File of a folder whose sample is complete; what it was made from is in it."""
OF_ANOTHER_VERSION = (
    "The sample in %s was made by another version of the program, or not to its end: its pages would show what no page "
    "expects. Nothing was changed. Name another folder, or delete this one; a new sample takes half a minute."
)


def main(arguments: Sequence[str]) -> int:
    """Seed, say who may sign in, serve."""
    parser = argparse.ArgumentParser(prog="make up ARGS=--sample", description="Pages with something on each.")
    parser.add_argument("--sample", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--port", type=int, default=8431)
    parser.add_argument(
        "--data-dir", type=Path, help="folder to keep it in; one that this version seeded before is served again"
    )
    parser.add_argument("--seed-only", action="store_true", help="seed, and serve nothing")
    options = parser.parse_args(arguments)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with _room(options.data_dir) as room:
            _set_up_settings(room, options.port)
            _seed_once(room)
            return ExitCode.OK if options.seed_only else _serve(room, options.port)
    except OrbweaverError as error:
        report_error(error)
        return ExitCode.ERROR
    except KeyboardInterrupt:
        return ExitCode.OK


@contextmanager
def _room(data_dir: Path | None) -> Iterator[Path]:
    """The folder asked for, or a temporary one that is gone afterwards."""
    if data_dir is not None:
        data_dir.mkdir(parents=True, exist_ok=True)
        yield data_dir.absolute()
        return
    room = Path(tempfile.mkdtemp(prefix="orbweaver-sample-"))
    room.chmod(0o711)  # PostgreSQL's own account passes through when root runs this
    try:
        yield room
    finally:
        shutil.rmtree(room, ignore_errors=True)


def _set_up_settings(room: Path, port: int) -> None:
    """The settings of this process and its children: an installation of its own that reaches nothing."""
    kept = {name: os.environ[name] for name in KEPT if name in os.environ}
    environment = scrubbed(os.environ) | kept
    chosen = settings_of(room, port)
    os.environ.clear()
    os.environ.update(environment | {f"ORBWEAVER_{name}": value for name, value in chosen.items()})
    forget()


def made_from() -> str:
    """What a sample of this version is made from, its tables and what is put into them, as SHA-256."""
    from orbweaver.platform import runtime

    tables = Path(str(runtime.__file__)).with_name("structure.sql")
    texts = [tables, *(Path(__file__).with_name(name) for name in ("seeding.py", "further.py", "people.py"))]
    return hashlib.sha256(b"".join(each.read_bytes() for each in texts)).hexdigest()


def refuse_other_versions(room: Path) -> None:
    """Raises InvalidInput for a folder with a database that is not a whole sample of this version."""
    mark = room / SEEDED
    if (room / "postgres").exists() and not (mark.exists() and mark.read_text() == made_from()):
        raise InvalidInput(OF_ANOTHER_VERSION % room)


def _seed_once(room: Path) -> None:
    refuse_other_versions(room)
    began = time.monotonic()
    with mail_server() as port:
        os.environ |= {"ORBWEAVER_SMTP_HOST": "127.0.0.1", "ORBWEAVER_SMTP_PORT": str(port)}
        os.environ["ORBWEAVER_NETWORK_ALLOW"] = f"127.0.0.1:{port}"
        forget()
        # a machine that crashes may lose a sample: not waiting for its disk makes it sooner
        with database(PlatformSettings.current(), fast=True), open_session():
            from orbweaver.people.accounts.services import administrator_exists
            from orbweaver_trials.sample.seeding import seed  # models are there only now

            if not administrator_exists():
                notes.print("Seeding: people, providers, pictures, notices …")
                seed()
    (room / SEEDED).write_text(made_from())
    # whoever works on the pages can take an answer back; what is seeded stands at once
    for name in ("SMTP_HOST", "SMTP_PORT", "NETWORK_ALLOW", "REVIEW_UNDO_SECONDS"):
        del os.environ[f"ORBWEAVER_{name}"]
    forget()
    notes.print(
        f"The database is ready after {time.monotonic() - began:.0f} s, in {room}", highlight=False, soft_wrap=True
    )


def _serve(room: Path, port: int) -> int:
    from orbweaver_trials.sample.people import PASSWORD, SIGN_INS, sign_in_page

    page = room / "sign-ins.html"
    page.write_text(sign_in_page(f"http://127.0.0.1:{port}"), encoding="utf-8")
    lines = [f"  {email:<40} {', '.join(role.value for role in roles)}" for email, roles in SIGN_INS.items()]
    notes.print("\n".join([f"The password of all is: [bold]{PASSWORD}[/]", *lines]), highlight=False, soft_wrap=True)
    notes.print(
        f"All on one page, to copy from: file://{page}\n"
        f"Pages at http://127.0.0.1:{port} until Ctrl-C; `ORBWEAVER_DATA_DIR={room} make shell` opens the database.\n"
        "The pages alone run: nothing changes by itself.",
        highlight=False,
        soft_wrap=True,
    )
    # Ctrl-C goes to both; the pages stop in order, and only then the folder goes
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "orbweaver", "up", "--only", "web", "--port", str(port)], env=dict(os.environ)
    )
    while True:
        try:
            return process.wait()
        except KeyboardInterrupt:
            process.terminate()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
