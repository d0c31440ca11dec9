"""What of a name was registered."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orbweaver.platform.network.domains import (
    as_typed,
    domains_of,
    for_people,
    part_as_typed,
    readable,
    registrable_domain,
    url_for_people,
)


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


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("faß.example", "xn--fa-hia.example"),
        ("FAẞ.Example", "xn--fa-hia.example"),
        ("FASS.example", "fass.example"),
        ("ｆａｓｓ。example", "fass.example"),
        ("xn--fa-hia.example", "xn--fa-hia.example"),
        ("XN--FA-HIA.example", "xn--fa-hia.example"),
        ("βόλος.example", "xn--nxasmm1c.example"),
        ("βόλοσ.example", "xn--nxasmq6b.example"),
        ("ΒΌΛΟΣ.example", "xn--nxasmq6b.example"),
        ("نامه\u200cای.example", "xn--mgba3gch31f060k.example"),
        ("نامهای.example", "xn--mgba3gch31f.example"),
        ("bu\u0308cher.example", "xn--bcher-kva.example"),
        (".bücher.example", ".xn--bcher-kva.example"),
        ("127.0.0.1", "127.0.0.1"),
        ("[2001:DB8::1]", "[2001:db8::1]"),
        ("faß/example", "faß/example"),  # no name
        ("", ""),
    ],
)
def test_a_host_that_somebody_types_is_the_one_that_urls_have(typed: str, kept: str) -> None:
    assert as_typed(typed) == kept


@pytest.mark.parametrize(
    ("part", "host", "is_in"),
    [
        ("FAß", "xn--fa-hia.example", True),
        ("fass", "xn--fa-hia.example", False),
        ("ΒΌΛΟΣ", "xn--nxasmm1c.example", False),  # capital sigma is σ, never ς, in a name
        ("ΒΌΛΟΣ", "xn--nxasmq6b.example", True),
        ("bu\u0308ch", "xn--bcher-kva.example", True),
        ("نامهای", "xn--mgba3gch31f060k.example", False),
        ("نامه\u200cای", "xn--mgba3gch31f060k.example", True),
    ],
)
def test_a_part_of_a_name_is_compared_letter_by_letter(part: str, host: str, is_in: bool) -> None:
    assert (part_as_typed(part) in readable(host)) is is_in


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("https://a.example/x", "hxxps://a[.]example/x"),
        ("http://xn--fa-hia.example:81/x", "hxxp://xn--fa-hia[.]example:81/x (faß[.]example)"),
        ("http://faß.example:81/x", "hxxp://faß[.]example:81/x (xn--fa-hia[.]example)"),
        ("http://pаypal.example/", "hxxp://pаypal[.]example/ (xn--pypal-4ve[.]example)"),
        ("https://a.example/ü/xn--fa-hia.example", "hxxps://a[.]example/ü/xn--fa-hia.example"),
        ("https://xn--a.example/", "hxxps://xn--a[.]example/"),
        ("xn--fa-hia.example", "xn--fa-hia[.]example (faß[.]example)"),
        ("https://XN--FA-HIA.example/", "hxxps://XN--FA-HIA[.]example/ (faß[.]example)"),
        ("http://127.0.0.1/", "hxxp://127[.]0[.]0[.]1/"),
    ],
)
def test_both_forms_of_an_international_host_are_shown(url: str, said: str) -> None:
    assert url_for_people(url) == said


def test_a_host_for_people_has_its_ascii_form_beside_it() -> None:
    assert for_people("xn--fa-hia.example") == "faß[.]example (xn--fa-hia[.]example)"
    assert for_people("fass.example") == "fass[.]example"
