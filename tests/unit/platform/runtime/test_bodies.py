from __future__ import annotations

import pytest

from orbweaver.platform.runtime.bodies import OverQuota, Quota


def test_who_began_first_is_let_go_when_there_is_no_more_room() -> None:
    gone: list[str] = []
    quota = Quota(10, gone.append)
    for who in ("first", "second", "third"):
        quota.hold(who, 3)
    quota.hold("first", 1)
    quota.hold("third", 1)
    assert gone == ["first"]
    quota.hold("fourth", 7)
    assert gone == ["first", "second", "third"]


def test_what_is_in_our_own_hands_is_not_taken_away() -> None:
    gone: list[str] = []
    quota = Quota(10, gone.append)
    quota.hold("whole", 8)
    quota.keep("whole")
    with pytest.raises(OverQuota):
        quota.hold("new", 5)
    assert not gone
    quota.release("new")
    quota.release("whole")
    quota.hold("new", 10)


def test_room_comes_back_once_however_often_it_is_released() -> None:
    quota = Quota(10, lambda who: None)
    quota.hold("one", 10)
    for _ in range(3):
        quota.release("one")
    quota.hold("two", 10)
    with pytest.raises(OverQuota):
        quota.hold("two", 1)
