"""Code that runs first in each Python process that a test starts: machines and accidents that are not had here."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

OUT_OF_REACH = """
import sys, orbweaver.fingerprints.sandbox as sandbox
real = sandbox.drop_root
class NoFiles:
    def find_spec(self, name, path=None, target=None):
        raise ImportError(name)
def drop_root():
    sys.meta_path.insert(0, NoFiles())
    return real()
sandbox.drop_root = drop_root
"""
"""Python's own files cannot be read once root is dropped, as where they are in root's home."""
WITHOUT_SECCOMP = "import orbweaver.fingerprints.seccomp as seccomp\nseccomp.compute_only = lambda: False\n"


def smuggle(monkeypatch: pytest.MonkeyPatch, folder: Path, code: str) -> None:
    """Have each Python process that starts run ``code`` first."""
    (folder / "sitecustomize.py").write_text(code)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(folder), os.environ.get("PYTHONPATH", "")]))
