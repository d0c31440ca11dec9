"""Whose a sender's address is."""

from __future__ import annotations

import pytest

from orbweaver.notify.notices.answers.senders import own_domains


@pytest.mark.parametrize(
    ("sender", "domains"),
    [
        ("kim@staff.host.example", ("staff.host.example", "host.example")),
        ("Kim@HOST.Example.", ("host.example",)),
        ("abuse@FAß.example", ("xn--fa-hia.example",)),
        ("host.reports@gmail.com", ()),
        ("somebody@WEB.de", ()),
        ("kim@team.gmail.com", ()),
        ("kim@host", ()),
        ("no address", ()),
        ("", ()),
    ],
)
def test_a_domain_says_whose_mail_it_is_but_where_anybody_has_a_mailbox(sender: str, domains: tuple[str, ...]) -> None:
    assert own_domains(sender) == domains
