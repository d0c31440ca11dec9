"""Which accounts may be one person's."""

from __future__ import annotations

from orbweaver.people.accounts.one_person import behind, mailbox, plain_name


def test_mailboxes_and_names_are_compared_as_people_spell_them() -> None:
    assert mailbox(" A.da+two@Hotline.Example") == mailbox("ada@hotline.example")
    assert mailbox("ada@hotline.example") != mailbox("ada@other.example")
    assert plain_name("Lovelace, Ada") == plain_name("ada  lovelace")


def test_whoever_made_the_maker_stands_behind_an_account_and_all_who_let_it_in() -> None:
    makers = {3: {2}, 2: {1, 4}}
    assert behind(3, makers) == {1, 2, 3, 4}
    assert (behind(1, makers), behind(4, makers)) == ({1}, {4})


def test_the_same_stand_behind_accounts_that_made_each_other() -> None:
    assert behind(1, {1: {2}, 2: {1}}) == behind(2, {1: {2}, 2: {1}}) == {1, 2}
