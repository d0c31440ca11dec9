"""Names that may stand for a host."""

from __future__ import annotations

import pytest

from orbweaver.notify.providers.errors import ProviderInvalid
from orbweaver.notify.providers.rules import clean_domain, clean_mail_address, clean_network


@pytest.mark.parametrize("text", ["", "127.0.0.1", "co.uk", "a b.example", "x" * 64 + ".example", "-a.example", "a..b"])
def test_what_is_no_domain_is_refused(text: str) -> None:
    with pytest.raises(ProviderInvalid):
        clean_domain(text)


def test_a_domain_is_kept_in_its_ascii_form() -> None:
    assert clean_domain("Bücher.Example.") == "xn--bcher-kva.example"


@pytest.mark.parametrize("text", ["192.0.2.1/24", "example.org", ""])
def test_what_is_no_network_is_refused(text: str) -> None:
    with pytest.raises(ProviderInvalid):
        clean_network(text)


@pytest.mark.parametrize("text", ["abuse", "a@b@c.example", "a@x.example\nBcc: b@x.example", "a b@x.example", "@x.de"])
def test_an_address_that_could_break_a_mail_header_is_refused(text: str) -> None:
    with pytest.raises(ProviderInvalid):
        clean_mail_address(text)


@pytest.mark.parametrize("text", ["abuse@example.org", "abuse+csam@localhost"])
def test_a_plain_mail_address_is_taken(text: str) -> None:
    assert clean_mail_address(f" {text} ") == text
