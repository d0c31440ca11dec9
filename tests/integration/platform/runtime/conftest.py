"""A PostgreSQL cluster that is made once, for tests that are about what happens to one and not about its making."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from orbweaver.platform.runtime.binaries import find_binaries
from orbweaver.platform.runtime.cluster import create_cluster
from orbweaver.platform.runtime.postgres import make_data_dir

LayCluster = Callable[[Path], None]


@pytest.fixture(scope="session")
def lay_cluster() -> Iterator[LayCluster]:
    """``lay_cluster(data_dir)``: as a first start leaves it before the server runs, in a sixth of the time."""
    with tempfile.TemporaryDirectory(prefix="orbweaver-cluster-") as folder:
        Path(folder).chmod(0o711)  # PostgreSQL's own account passes through when the tests run as root
        made = Path(folder) / "postgres"
        create_cluster(made, find_binaries(), fast=True)

        def lay(data_dir: Path) -> None:
            make_data_dir(data_dir)
            shutil.copytree(made, data_dir / "postgres", symlinks=True)

        yield lay


@pytest.fixture
def new_dir() -> Iterator[Path]:
    """A short folder that PostgreSQL's own account may pass through (pytest's tmp_path is for its owner alone)."""
    with tempfile.TemporaryDirectory(prefix="orbweaver-pg-") as folder:
        Path(folder).chmod(0o711)
        yield Path(folder) / "data"


@pytest.fixture
def data_dir(new_dir: Path, lay_cluster: LayCluster) -> Path:
    """The same, with a cluster on which no server has run yet."""
    lay_cluster(new_dir)
    return new_dir
