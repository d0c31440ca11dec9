"""Which accounts may be one person's."""

from __future__ import annotations

from orbweaver.people.accounts.one_person import mailbox, origin, plain_name


def test_mailboxes_and_names_are_compared_as_people_spell_them() -> None:
    assert mailbox(" A.da+two@Hotline.Example") == mailbox("ada@hotline.example")
    assert mailbox("ada@hotline.example") != mailbox("ada@other.example")
    assert plain_name("Lovelace, Ada") == plain_name("ada  lovelace")


def test_whoever_made_the_maker_stands_behind_an_account_and_a_circle_ends() -> None:
    assert origin(3, {3: 2, 2: 1}) == origin(1, {3: 2, 2: 1}) == 1
    assert origin(4, {3: 2, 2: 1}) == 4
    assert origin(1, {1: 2, 2: 1}) == 2
