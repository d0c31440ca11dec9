#!/usr/bin/env python3
"""Make `.venv` in the checkout with everything the project, its tests and its benchmarks need.

Run by `make setup` with whatever `python3` is; needs nothing else. A repeated call does nothing until a file that it
reads changes. It brings uv itself, as a wheel of which the hash is known, because uv installs in seconds what takes pip
minutes. Written so that a Python from 3.6 on can read it far enough to look for a newer one.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

OLDEST = (3, 11)
NEWEST = (3, 14)  # beyond it some locked packages have no wheels
TOP = Path(__file__).resolve().parent.parent
VENV = TOP / ".venv"
PYTHON = str(VENV / "bin" / "python")
STAMP = VENV / "orbweaver-setup.sha256"
INPUTS = ("requirements/dev.txt", "requirements/uv.txt", "pyproject.toml", "tools/setup.py")


def main() -> None:
    """Set up, or say what stands in the way; exit status 1 then."""
    with (TOP / "requirements" / "uv.txt").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two calls at once: the second one waits, then finds it done
        wanted = fingerprint()
        if STAMP.exists() and STAMP.read_text() == wanted and works(PYTHON):
            return
        started = time.monotonic()
        make_venv(find_interpreter())
        step("uv", [PYTHON, "-m", "pip", "install", "--quiet", "--require-hashes", "-r", "requirements/uv.txt"])
        uv = [str(VENV / "bin" / "uv"), "pip", "install", "--quiet", "--python", PYTHON]
        # bytecode now, once: a machine that forbids writing it would compile everything anew in each process
        step("the locked packages", [*uv, "--compile-bytecode", "--require-hashes", "-r", "requirements/dev.txt"])
        step("orbweaver itself", [*uv, "--no-deps", "--no-build-isolation", "--editable", "."])
        step("its bytecode", [PYTHON, "-m", "compileall", "-q", "src"])
        STAMP.write_text(wanted)
        say(f"ready in {time.monotonic() - started:.0f} s: .venv/bin/orbweaver")


def say(text: str) -> None:
    """One line about the setup, at once."""
    print(f"setup: {text}", flush=True)


def fingerprint() -> str:
    """What the virtual environment follows from: when this changes it is brought up to date."""
    digest = hashlib.sha256(str(TOP).encode())
    for name in INPUTS:
        digest.update((TOP / name).read_bytes())
    return digest.hexdigest()


def version_of(python: str) -> tuple:
    """(major, minor) of an interpreter, empty when it does not run."""
    code = "import sys; print(sys.version_info[0], sys.version_info[1])"
    try:
        answer = subprocess.check_output([python, "-I", "-c", code], stderr=subprocess.DEVNULL)
    except (OSError, subprocess.CalledProcessError):
        return ()
    return tuple(int(part) for part in answer.split())


def works(python: str) -> bool:
    """Whether the interpreter runs and is of a supported version."""
    return version_of(python) >= OLDEST


def find_interpreter() -> str:
    """The program of the Python that called, where it fits, else of the newest that does."""
    candidates = [sys.executable, *(f"python3.{minor}" for minor in range(NEWEST[1], OLDEST[1] - 1, -1))]
    for candidate in candidates:
        program = shutil.which(candidate)
        if program and OLDEST <= version_of(program) <= NEWEST:
            return program
    sys.exit(
        f"setup: needs Python {OLDEST[0]}.{OLDEST[1]} to {NEWEST[0]}.{NEWEST[1]}; python3 is "
        f"{sys.version_info[0]}.{sys.version_info[1]}, and no other that fits was found. "
        "Install one (Debian, Ubuntu: apt install python3.11 python3.11-venv), then try again."
    )


def make_venv(interpreter: str) -> None:
    """Make the virtual environment, or keep the one there is when it still works."""
    pip = [PYTHON, "-m", "pip", "--version"]
    if works(PYTHON) and subprocess.call(pip, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) == 0:
        return
    major, minor = version_of(interpreter)
    say(f"making .venv with Python {major}.{minor}")
    made = subprocess.run([interpreter, "-m", "venv", "--clear", str(VENV)], stdout=subprocess.PIPE, check=False)
    if made.returncode != 0:
        sys.exit(
            made.stdout.decode(errors="replace")
            + "setup: Python could not make a virtual environment. Its parts venv and ensurepip are often packages of "
            "their own (Debian, Ubuntu: apt install python3-venv). Install them, then try again."
        )


def step(what: str, command: list) -> None:
    """Run one step of the installation from the top of the checkout."""
    say(f"installing {what}")
    try:
        subprocess.run(command, cwd=str(TOP), env=environment(), check=True)
    except subprocess.CalledProcessError as error:
        sys.exit(f"setup: could not install {what} (exit status {error.returncode}; the reason is above). Try again.")


def environment() -> dict:
    """Ours, with pip's own settings handed on to uv, which does not read them: index, extra links, certificates."""
    env = {name: value for name, value in os.environ.items() if name not in ("VIRTUAL_ENV", "PYTHONPATH")}
    pip = pip_settings()
    handed_on = {
        "UV_DEFAULT_INDEX": None if "UV_INDEX_URL" in env else pip.get("index-url"),
        "UV_INDEX": pip.get("extra-index-url"),
        "UV_FIND_LINKS": pip.get("find-links"),
        "SSL_CERT_FILE": pip.get("cert"),
        "UV_INSECURE_HOST": pip.get("trusted-host"),
        "UV_HTTP_TIMEOUT": pip.get("default-timeout") or "180",
    }
    for name, value in handed_on.items():
        if value:
            env.setdefault(name, value)
    return env


def pip_settings() -> dict:
    """What pip has been told by its files and variables: {option: value}; variables win over files."""
    listed = subprocess.run([PYTHON, "-m", "pip", "config", "list"], stdout=subprocess.PIPE, check=False)
    found = {}
    for line in sorted(listed.stdout.decode(errors="replace").splitlines(), key=lambda each: each.startswith(":env:")):
        name, equals, value = line.partition("=")
        if equals:
            found[name.rpartition(".")[2]] = " ".join(value.strip("'\"").replace("\\n", " ").split())
    return found


if __name__ == "__main__":
    main()
