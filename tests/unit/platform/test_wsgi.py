"""The pages' application as a server loads it."""

from __future__ import annotations

import importlib

import django
import pytest

from orbweaver.platform import wsgi


def test_where_the_program_is_set_up_it_is_not_set_up_once_more(monkeypatch: pytest.MonkeyPatch) -> None:
    def setup(**_: object) -> None:
        raise AssertionError("logs would be made anew, in each process that serves pages")

    monkeypatch.setattr(django, "setup", setup)
    importlib.reload(wsgi)
    assert callable(wsgi.application)
