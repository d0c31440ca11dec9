#!/usr/bin/env python3
"""Make `.venv` in the checkout with everything the project, its tests and its benchmarks need.

Run by `make setup` with whatever `python3` is; needs nothing else. A repeated call does nothing until a file that it
reads changes. It brings uv itself, as a wheel of which the hash is known, because uv installs in seconds what takes pip
minutes. Written so that a Python from 3.6 on can read it far enough to look for a newer one.

A Python that somebody compiled without profile-guided optimisation runs at half the pace of a distribution's, so where
there is a faster one on the PATH it is taken. With `--this` as its argument the one that runs it is (`make` gives it
where PYTHON is set). With `--production` it installs what runs in production alone. With `--oldest`, once `.venv` is
there, it makes another beside it, `.venv-3.11`, with the oldest Python that is supported.
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
VENV_OLDEST = TOP / f".venv-{OLDEST[0]}.{OLDEST[1]}"
STAMP = "orbweaver-setup.sha256"
PRODUCTION = "production "
MUCH_FASTER = 0.75  # of the time that the other one takes; builds of one kind differ by less from version to version
PATIENCE_S = 30  # for a program on the PATH that calls itself Python; a real one answers in a tenth of a second
PACE = """
import ctypes, ensurepip, lzma, sqlite3, ssl, sys, sysconfig, time, venv

assert sys.implementation.name == "cpython" and not sysconfig.get_config_var("Py_GIL_DISABLED")  # no wheels for others

class Pair:
    def __init__(self, first, second):
        self.first, self.second = first, second
    def sum(self):
        return self.first + self.second

def work():
    began, seen = time.process_time_ns(), {}
    for number in range(10000):
        seen[number % 100] = pair = Pair(number, 2)
        if pair.sum() == len(str(number)):
            seen.clear()
    return time.process_time_ns() - began

print(min(work() for _ in range(20)))
"""
INPUTS = (
    "requirements/dev.txt",
    "requirements/runtime.txt",
    "requirements/uv.txt",
    "pyproject.toml",
    "trials/pyproject.toml",
    "tools/setup.py",
)


def main() -> None:
    """Set up, or say what stands in the way; exit status 1 then."""
    with (TOP / "requirements" / "uv.txt").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two calls at once: the second one waits, then finds it done
        if "--oldest" in sys.argv[1:]:
            bring_up_to_date(VENV_OLDEST, make_oldest)
        else:
            bring_up_to_date(VENV, make_newest, production="--production" in sys.argv[1:])


def bring_up_to_date(venv: Path, make, production: bool = False) -> None:
    """Make the environment and install all into it, or what runs in production, unless nothing has changed since."""
    kind = PRODUCTION if production else ""
    python, stamp, wanted = str(venv / "bin" / "python"), venv / STAMP, kind + fingerprint()
    there = stamp.read_text() if stamp.exists() else wanted
    if stamp.exists() and there == wanted and works(python):
        return
    started = time.monotonic()
    if there.startswith(PRODUCTION) != production:
        shutil.rmtree(str(venv))  # packages of the other kind would stay
    make()
    uv = [str(VENV / "bin" / "uv"), "pip", "install", "--quiet", "--python", python]
    # bytecode now, once: a machine that forbids writing it would compile everything anew in each process
    locked, parts = ("runtime", ["."]) if production else ("dev", [".", "trials"])
    step("the locked packages", [*uv, "--compile-bytecode", "--require-hashes", "-r", f"requirements/{locked}.txt"])
    editable = [word for part in parts for word in ("--editable", part)]
    step("orbweaver itself", [*uv, "--no-deps", *([] if production else ["--no-build-isolation"]), *editable])
    step("its bytecode", [python, "-m", "compileall", "-q", *(f"{part}/src" for part in parts)])
    # once for all processes, which would each compile what they need, with 250 MB for the compiler
    step("its index's machine code", [python, "-m", "orbweaver.index.warmup"])
    step("its decoders' machine code", [python, "-m", "orbweaver.fingerprints.warmup"])
    stamp.write_text(wanted)
    say(f"ready in {time.monotonic() - started:.0f} s: {venv.name}/bin/orbweaver")


def make_newest() -> None:
    """Make `.venv` unless it is there, and uv inside it."""
    if not has_venv():
        make_venv(find_interpreter(only_this="--this" in sys.argv[1:]))
    step("uv", [PYTHON, "-m", "pip", "install", "--quiet", "--require-hashes", "-r", "requirements/uv.txt"])


def make_oldest() -> None:
    """Make the environment of the oldest Python, with the uv of `.venv`, which finds it wherever it is installed."""
    version = f"{OLDEST[0]}.{OLDEST[1]}"
    options = ["--quiet", "--clear", "--no-project", "--no-managed-python", "--no-python-downloads"]
    uv_venv = [str(VENV / "bin" / "uv"), "venv", *options, "--python", version, str(VENV_OLDEST)]
    step(f"an environment of Python {version}", uv_venv)


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
    return probe(python, "import sys; print(sys.version_info[0], sys.version_info[1])")


def pace_of(python: str) -> int:
    """Nanoseconds of processor time that an interpreter takes for some work; 0 when it cannot make environments."""
    return (probe(python, PACE) or (0,))[0]


def probe(python: str, code: str) -> tuple:
    """The whole numbers that an interpreter prints for a program; none when it fails, hangs or says anything else."""
    quiet = {"stdin": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "timeout": PATIENCE_S}
    try:
        answer = subprocess.check_output([python, "-I", "-c", code], **quiet)
        return tuple(int(part) for part in answer.split())
    except (OSError, subprocess.SubprocessError, ValueError):
        return ()


def works(python: str) -> bool:
    """Whether the interpreter runs and is of a supported version."""
    return version_of(python) >= OLDEST


def find_interpreter(only_this: bool) -> str:
    """The program of the Python that called, unless it does not fit or another is much faster; the newest such then."""
    if only_this:
        if OLDEST <= version_of(sys.executable) <= NEWEST:
            return sys.executable
        sys.exit(f"setup: {sys.executable} is not Python {OLDEST[0]}.{OLDEST[1]} to {NEWEST[0]}.{NEWEST[1]}")
    fitting = {each: pace_of(each) for each in candidates() if OLDEST <= version_of(each) <= NEWEST}
    paces = {program: pace for program, pace in fitting.items() if pace}
    if not paces:
        sys.exit(
            f"setup: needs Python {OLDEST[0]}.{OLDEST[1]} to {NEWEST[0]}.{NEWEST[1]} with its parts venv and ensurepip "
            f"(often packages of their own); python3 is {sys.version_info[0]}.{sys.version_info[1]}, and none that "
            "fits was found. Install one (Debian, Ubuntu: apt install python3.11 python3.11-venv), then try again."
        )
    first = next(iter(paces))
    if first == sys.executable:
        for other, pace in paces.items():
            if pace < paces[first] * MUCH_FASTER:
                say(f"taking {other}, much faster than {first} (`make clean setup PYTHON=python3` takes that one)")
                return other
    return first


def candidates() -> list:
    """The Python that called, then those on the PATH that name their version, newest first."""
    folders = os.environ.get("PATH", os.defpath).split(os.pathsep)
    names = [f"python3.{minor}" for minor in range(NEWEST[1], OLDEST[1] - 1, -1)]
    found = [shutil.which(name, path=folder) for name in names for folder in folders]
    return [sys.executable, *(program for program in found if program)]


def has_venv() -> bool:
    """Whether there is a virtual environment that works: it is kept, whichever Python made it."""
    pip = [PYTHON, "-m", "pip", "--version"]
    return works(PYTHON) and subprocess.call(pip, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) == 0


def make_venv(interpreter: str) -> None:
    """Make the virtual environment."""
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
