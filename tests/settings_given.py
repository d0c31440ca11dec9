"""Settings of one test, by the way that operators use: the environment."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from orbweaver.platform.config import environment_name, forget


@contextmanager
def settings_given(**settings: Any) -> Iterator[None]:
    """Within it these settings hold, over those around it: ``settings_given(match_radius=10)``."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in settings.items():
            patch.setenv(environment_name(name), str(value))
        forget()
        yield
    forget()
