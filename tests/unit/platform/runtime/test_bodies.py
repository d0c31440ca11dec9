from __future__ import annotations

import pytest

from orbweaver.platform.runtime.bodies import NoRoom, Room


def test_who_began_first_is_let_go_when_there_is_no_more_room() -> None:
    gone: list[str] = []
    room = Room(10, gone.append)
    for who in ("first", "second", "third"):
        room.hold(who, 3)
    room.hold("first", 1)
    room.hold("third", 1)
    assert gone == ["first"]
    room.hold("fourth", 7)
    assert gone == ["first", "second", "third"]


def test_what_is_in_our_own_hands_is_not_taken_away() -> None:
    gone: list[str] = []
    room = Room(10, gone.append)
    room.hold("whole", 8)
    room.keep("whole")
    with pytest.raises(NoRoom):
        room.hold("new", 5)
    assert not gone
    room.release("new")
    room.release("whole")
    room.hold("new", 10)


def test_room_comes_back_once_however_often_it_is_released() -> None:
    room = Room(10, lambda who: None)
    room.hold("one", 10)
    for _ in range(3):
        room.release("one")
    room.hold("two", 10)
    with pytest.raises(NoRoom):
        room.hold("two", 1)
