"""A small file is replaced whole, however many write it at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from orbweaver.platform.runtime.postgres import write_private

WRITERS = 16
TIMES = 40


def test_writers_of_one_process_are_never_in_each_others_way(tmp_path: Path) -> None:
    path = tmp_path / "position"

    def write(number: int) -> None:
        for _ in range(TIMES):
            write_private(path, str(number) * 50)

    with ThreadPoolExecutor(WRITERS) as pool:
        list(pool.map(write, range(10, 10 + WRITERS)))
    assert path.read_text() in {str(number) * 50 for number in range(10, 10 + WRITERS)}
    assert [each.name for each in tmp_path.iterdir()] == ["position"], "no draft is left"
    assert path.stat().st_mode & 0o777 == 0o600
