"""What is compiled once is all that a search needs: no process compiles anything later."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from numba.core.dispatcher import Dispatcher

from orbweaver.index import batches, kernels


def test_every_kernel_is_compiled_and_kept(tmp_path: Path) -> None:
    environment = os.environ | {"NUMBA_CACHE_DIR": str(tmp_path)}
    subprocess.run([sys.executable, "-m", "orbweaver.index.warmup"], env=environment, check=True)
    kept = {path.name.split(".")[1].rsplit("-", 1)[0] for path in tmp_path.rglob("*.nbi")}
    ours = [each for module in (kernels, batches) for each in vars(module).values() if isinstance(each, Dispatcher)]
    names = {each.py_func.__name__ for each in ours if each.py_func.__module__ in (kernels.__name__, batches.__name__)}
    assert len(names) > 15
    assert names - kept == set()
