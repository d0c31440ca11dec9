"""Compiles ``hashing.c`` to ``hashing.wasm`` (`make wasm`) by a pinned compiler: the same bits everywhere.

``--check`` changes nothing and ends with 1 where the committed program is another one. ``hashing.sum`` says of which
source the program is; a test compares the two without the compiler.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

TOP: Final = Path(__file__).parents[1]
FOLDER: Final = TOP / "src/orbweaver/doors/web/public/hashing"
COMPILER: Final = "ziglang==0.17.1"
OPTIONS: Final = (
    "-target", "wasm32-freestanding", "-O2", "-nostdlib", "-Wall", "-Wextra", "-Werror",
    "-Wl,--no-entry", "-Wl,--strip-all",
)  # fmt: skip


def main(arguments: list[str]) -> int:
    """Compile, and write or compare."""
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder) / "hashing.wasm"
        uv = [str(TOP / ".venv/bin/uv"), "run", "--quiet", "--no-project", "--isolated", "--with", COMPILER]
        command = [*uv, "python", "-m", "ziglang", "cc", *OPTIONS, "-o", str(made), str(FOLDER / "hashing.c")]
        subprocess.run(command, check=True)
        program = made.read_bytes()
    if "--check" in arguments:
        same = program == (FOLDER / "hashing.wasm").read_bytes()
        print("the same, bit for bit" if same else "hashing.wasm is another program: run `make wasm`")
        return 0 if same else 1
    (FOLDER / "hashing.wasm").write_bytes(program)
    (FOLDER / "hashing.sum").write_text(sums(), encoding="ascii")
    print(f"hashing.wasm: {len(program):,} bytes")
    return 0


def sums() -> str:
    """SHA-256 of source and program, as ``sha256sum`` writes them."""
    names = ("hashing.c", "hashing.wasm")
    return "".join(f"{hashlib.sha256((FOLDER / name).read_bytes()).hexdigest()}  {name}\n" for name in names)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
