"""Pictures on pages of their own, in several tabs of one sign-in: each is shown, and each once."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from tests.integration.doors.web.workplace.test_series_pages import ann, item_of, link, opened

from orbweaver.doors.web.workplace.drawing import drawn
from orbweaver.doors.web.workplace.shown_once import KEPT, MOST

if TYPE_CHECKING:
    from django.test import Client

    from orbweaver.detect.matching.models import Sighting

    MakeSighting = Callable[..., Sighting]

__all__ = ["ann"]


@pytest.fixture
def two(ann: Client, make_sighting: MakeSighting) -> list[str]:
    """Where two pictures of one series are asked for."""
    from orbweaver_trials.demo.pictures import edited

    series = opened(ann, "The lake")
    items = [item_of(make_sighting(edited(seed))) for seed in (1, 2)]
    for item in items:
        link(series, item.media)
    return [f"/series/{series.public_id}/look/{item.media.public_id}/" for item in items]


def asked(client: Client, where: str) -> str:
    """Ask, as a press of the button does; the address of the picture on the page that comes."""
    return where + client.post(where).content.decode().split(f'src="{where}')[1].split('"')[0]


def is_shown(client: Client, address: str) -> bool:
    return client.get(address).headers["Content-Type"] == "image/jpeg"


def test_two_pictures_asked_for_in_two_tabs_are_both_shown_and_each_once(ann: Client, two: list[str]) -> None:
    from orbweaver.assess.review.models import Look

    first, second = (asked(ann, where) for where in two)
    assert [is_shown(ann, each) for each in (first, second, first, second)] == [True, True, False, False]
    assert Look.objects.count() == 2


def test_what_another_tab_asks_while_a_picture_is_drawn_is_kept_and_what_was_shown_stays_spent(
    ann: Client, two: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    meanwhile: list[str] = []

    def slowly(data: bytes) -> Any:
        if not meanwhile:
            meanwhile.append("")
            meanwhile[0] = asked(ann, two[1])
        return drawn(data)

    first = asked(ann, two[0])
    monkeypatch.setattr("orbweaver.doors.web.workplace.series_looks.drawn", slowly)
    assert is_shown(ann, first)
    assert is_shown(ann, meanwhile[0])
    assert not is_shown(ann, first)


def test_the_address_of_one_picture_shows_no_other(ann: Client, two: list[str]) -> None:
    first = asked(ann, two[0])
    token = first.removeprefix(two[0])
    assert not is_shown(ann, two[1] + token)
    assert not is_shown(ann, f"/items/itm_2222222222222222/picture/{token}")
    assert not is_shown(ann, first), "it was tried, and is spent"


def test_what_was_asked_for_and_never_shown_does_not_pile_up(ann: Client, two: list[str]) -> None:
    addresses = [asked(ann, two[0]) for _ in range(MOST + 1)]
    assert len(ann.session[KEPT]) == MOST
    assert [is_shown(ann, each) for each in (addresses[0], addresses[1], addresses[-1])] == [False, True, True]
