"""The floors of coverage: what is below is named, and what is not is not."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.coverage_floors import OTHERS, PACKAGE, Lines, below, floors, room_of


@pytest.mark.parametrize(
    ("file", "room"),
    [
        ("detect/media/models.py", "detect/media"),
        ("doors/web/desk/urls.py", "doors/web"),
        ("index/kernels.py", "index"),
        ("errors.py", "."),
    ],
)
def test_a_file_belongs_to_its_room(file: str, room: str) -> None:
    assert room_of(PACKAGE / file) == room


def test_a_room_below_its_floor_is_named_and_one_at_it_is_not() -> None:
    found = below({"index": Lines(10, 7), "detect/media": Lines(10, 8)}, {OTHERS: 0, "index": 80, "detect/media": 80})
    assert found == ["index: 70.0 % of lines run, 80 at least wanted"]


def test_a_room_without_a_floor_of_its_own_has_the_one_of_others() -> None:
    assert len(below({"new/room": Lines(10, 2)}, {OTHERS: 30})) == 1


def test_a_room_without_a_line_is_not_below() -> None:
    assert below({"empty": Lines()}, {OTHERS: 100}) == []


def test_the_floors_of_the_project_are_percentages_of_rooms_that_exist() -> None:
    known = floors()
    assert all(0 <= floor <= 100 for floor in known.values())
    assert [room for room in known if room != OTHERS and not Path(PACKAGE / room).is_dir()] == []


def test_a_room_of_weight_has_a_floor_of_its_own() -> None:
    lines: dict[str, int] = {}
    for path in PACKAGE.rglob("*.py"):
        if "migrations" not in path.parts:
            lines[room_of(path)] = lines.get(room_of(path), 0) + len(path.read_text(encoding="utf-8").splitlines())
    assert [room for room, count in lines.items() if count >= 100 and room not in floors()] == []
