"""A password is more than the hotline's own words."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from orbweaver.errors import InvalidInput
from orbweaver.people.accounts.models import User
from orbweaver.people.accounts.services import require_strong


@pytest.fixture(autouse=True)
def named(set_config: Callable[..., None]) -> None:
    set_config(hotline_name="Leuchtturm Meldestelle", hotline_domain="leuchtturm-melden.example")


@pytest.mark.parametrize(
    "password",
    ["Leuchtturm2026!", "meldestelle-2026-11", "OrbweaverHotline1", "Leuchtturm Meldestelle!!", "melden.hotline.99"],
)
def test_what_whoever_guesses_tries_first_is_refused(password: str) -> None:
    with pytest.raises(InvalidInput, match="little more than the name"):
        require_strong(password, User(email="ann@example.org", display_name="Ann"))


@pytest.mark.parametrize(
    "password", ["a long enough passphrase", "leuchtturm of seven grey seals", "184467440737095516"]
)
def test_what_has_more_in_it_is_taken(password: str) -> None:
    require_strong(password, User(email="ann@example.org", display_name="Ann"))
