"""``keys`` as people and scripts use it."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator

import pytest
from typer.testing import CliRunner

from orbweaver.doors.cli import build

pytestmark = pytest.mark.django_db


def test_a_key_stands_alone_on_standard_output_so_that_a_script_can_keep_it(monkeypatch: pytest.MonkeyPatch) -> None:
    @contextlib.contextmanager
    def opened() -> Iterator[None]:
        yield

    monkeypatch.setattr("orbweaver.doors.cli.keys.open_session", opened)
    made = CliRunner().invoke(build(), ["keys", "create", "filter", "--organisation", "A company"])
    assert re.fullmatch(r"owk_[\w-]+\n", made.stdout)
    assert "not shown again" in made.stderr
    again = CliRunner().invoke(build(), ["keys", "replace", made.stdout[:12]])
    assert re.fullmatch(r"owk_[\w-]+\n", again.stdout)
    assert "works until" in again.stderr
