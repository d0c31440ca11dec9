"""What is compiled once is all that a search needs: no process compiles anything later."""

from __future__ import annotations

import json
import subprocess
import sys

from numba.core.dispatcher import Dispatcher

from orbweaver.index import batches, kernels

WARM_UP = """
import json
from pathlib import Path
from numba.core.dispatcher import Dispatcher
from orbweaver.index import batches, kernels, warmup
warmup.run()
found = {**vars(kernels), **vars(batches)}
ours = {name: each for name, each in found.items() if isinstance(each, Dispatcher)}
waiting = [each for each in ours.values() if each.signatures]
warm = set()
while waiting:
    kernel = waiting.pop()
    if kernel not in warm:
        warm.add(kernel)
        waiting += [ours[name] for name in kernel.py_func.__code__.co_names if name in ours]
names = {kernel.py_func.__name__ for kernel in warm}
files = [path for kernel in warm for path in Path(kernel.stats.cache_path).glob("*.nbi")]
kept = {path.name.split(".")[1].rsplit("-", 1)[0] for path in files}
print(json.dumps(sorted(names & kept)))
"""
"""The kernels that the warm-up calls and those that they call, as far as the machine code is on the disk. What has been
left there for this very code, such as by ``make setup``, is not compiled anew, which would take ten seconds."""


def test_every_kernel_is_compiled_and_kept() -> None:
    told = subprocess.run([sys.executable, "-c", WARM_UP], check=True, capture_output=True, text=True).stdout
    ours = [each for module in (kernels, batches) for each in vars(module).values() if isinstance(each, Dispatcher)]
    names = {each.py_func.__name__ for each in ours if each.py_func.__module__ in (kernels.__name__, batches.__name__)}
    assert len(names) > 15
    assert names - set(json.loads(told)) == set()
