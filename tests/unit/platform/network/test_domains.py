"""What of a name was registered."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orbweaver.platform.network.domains import domains_of, readable, registrable_domain


@pytest.mark.parametrize(
    ("host", "names"),
    [
        ("img.cdn.example.co.uk", ["img.cdn.example.co.uk", "cdn.example.co.uk", "example.co.uk"]),
        ("Example.COM.", ["example.com"]),
        # a platform under a private suffix can be the provider of its users' names
        ("user.github.io", ["user.github.io", "github.io"]),
        ("localhost", ["localhost"]),
        ("127.0.0.1", []),
        ("[2001:db8::1]", []),
        ("", []),
    ],
)
def test_a_host_stands_for_itself_and_its_parents_down_to_the_registrable_domain(host: str, names: list[str]) -> None:
    assert domains_of(host) == names


@given(st.from_regex(r"([a-z]{1,8}\.){0,5}(com|co\.uk|example|org)", fullmatch=True))
def test_a_public_suffix_alone_never_stands_for_a_host_below_it(host: str) -> None:
    names = domains_of(host)
    assert names[0] == host
    assert all(host == name or host.endswith("." + name) for name in names)
    assert not {"com", "co.uk", "org", "uk"} & set(names[1:])


@pytest.mark.parametrize(
    ("host", "domain"),
    [
        ("img.Example.co.uk.", "example.co.uk"),
        ("user.github.io", "github.io"),
        ("co.uk", ""),
        ("localhost", ""),
        ("127.0.0.1", ""),
        ("[2001:db8::1]", ""),
        ("", ""),
    ],
)
def test_a_suffix_or_an_address_was_registered_by_nobody(host: str, domain: str) -> None:
    assert registrable_domain(host) == domain


@pytest.mark.parametrize(
    ("host", "said"),
    [
        ("xn--fa-hia.example", "faß.example"),
        ("www.xn--bcher-kva.example", "www.bücher.example"),
        ("xn--r8jz45g.example", "例え.example"),
        ("fass.example", "fass.example"),
        ("127.0.0.1", "127.0.0.1"),
        ("xn--a.example", "xn--a.example"),  # no name that the standard knows
        ("xn--", "xn--"),
    ],
)
def test_a_host_is_read_as_people_write_it_where_that_leads_back_to_it(host: str, said: str) -> None:
    assert readable(host) == said
