"""Which accounts may be one person's."""

from __future__ import annotations

from orbweaver.people.accounts.one_person import hanging_together, mailbox, plain_name, was_made_by


def test_mailboxes_and_names_are_compared_as_people_spell_them() -> None:
    assert mailbox(" A.da+two@Hotline.Example") == mailbox("ada@hotline.example")
    assert mailbox("ada@hotline.example") != mailbox("ada@other.example")
    assert plain_name("Lovelace, Ada") == plain_name("ada  lovelace")


def test_whoever_made_the_maker_stands_behind_an_account_and_so_does_whoever_shares_something_with_it() -> None:
    links = [(3, 2), (2, 1), (2, "a mailbox"), (5, "a mailbox"), (4, "another")]
    assert hanging_together(1, links) == hanging_together(5, links) == {1, 2, 3, 5}
    assert hanging_together(4, links) == {4}
    assert hanging_together(9, links) == {9}


def test_accounts_that_made_each_other_hang_together() -> None:
    assert hanging_together(1, [(1, 2), (2, 1)]) == hanging_together(2, [(1, 2), (2, 1)]) == {1, 2}


def test_who_made_whom_is_followed_up_and_a_circle_ends() -> None:
    assert was_made_by(3, 1, {3: 2, 2: 1})
    assert not was_made_by(1, 3, {3: 2, 2: 1})
    assert not was_made_by(1, 3, {1: 2, 2: 1})
