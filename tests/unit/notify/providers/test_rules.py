"""Names that may stand for a host."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orbweaver.notify.providers.errors import ProviderInvalid
from orbweaver.notify.providers.rules import clean_domain, clean_mail_address, clean_network
from orbweaver.platform.network.urls import parse


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


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("faß.example", "xn--fa-hia.example"),
        ("FASS.example", "fass.example"),
        ("Bücher.example.", "xn--bcher-kva.example"),
        ("ΠΌΛΙΣ.example", "xn--uxadoo6b.example"),
        ("πόλις.example", "xn--uxadok1c.example"),
        ("例え。example", "xn--r8jz45g.example"),
        ("xn--fa-hia.example", "xn--fa-hia.example"),
    ],
)
def test_a_domain_has_the_name_that_browsers_give_it(typed: str, kept: str) -> None:
    """UTS 46, not transitional: ``faß`` and ``fass`` are two names, of two owners."""
    assert clean_domain(typed) == kept == parse(f"https://{typed}/").host.rstrip(".")


@given(
    st.text(alphabet=st.characters(exclude_characters="/?#@:\\[]%", exclude_categories=("Cc", "Cs", "Z")), min_size=1)
)
def test_no_domain_is_kept_by_another_name_than_urls_at_it_have(label: str) -> None:
    typed = f"{label}.example"
    try:
        kept = clean_domain(typed)
    except ProviderInvalid:
        return
    assert parse(f"https://{typed}/").host.rstrip(".") == kept
    assert clean_domain(kept) == kept


@pytest.mark.parametrize(
    "text", ["host.example/path", "host.example:80", "kim@host.example", "ho st.example", "a\tb.example"]
)
def test_what_holds_more_than_a_name_is_no_domain(text: str) -> None:
    with pytest.raises(ProviderInvalid):
        clean_domain(text)


def test_the_domain_of_a_mail_address_is_written_as_in_urls() -> None:
    assert clean_mail_address("abuse@faß.example") == "abuse@xn--fa-hia.example"
    assert clean_mail_address("abuse@Bücher.EXAMPLE") == "abuse@xn--bcher-kva.example"
    for text in ("abuse@a b.example", "abuse@ß ß", "mißbrauch@fass.example", "abuse@bücher.example/x"):
        with pytest.raises(ProviderInvalid):
            clean_mail_address(text)
