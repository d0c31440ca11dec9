"""PostgreSQL's own memory follows the machine's, within bounds."""

from __future__ import annotations

import pytest

from orbweaver.platform.runtime import postgres


@pytest.mark.parametrize(("machine_gb", "buffers"), [(1, "128MB"), (8, "512MB"), (256, "1024MB")])
def test_a_small_machine_gives_little_and_a_large_one_no_more_than_lists_need(
    machine_gb: int, buffers: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes = {"SC_PAGE_SIZE": 4096, "SC_PHYS_PAGES": machine_gb * 2**30 // 4096}
    monkeypatch.setattr("os.sysconf", sizes.__getitem__)
    assert postgres.large_tables()["shared_buffers"] == buffers
