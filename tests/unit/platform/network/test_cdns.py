"""CDNs are told by their published networks and by the headers of answers."""

from __future__ import annotations

import pytest

from orbweaver.errors import InvalidInput
from orbweaver.platform.network.cdns import cdn_of_address, cdns_before, known_cdns, parse_cdns

ANSWERS = [
    ({"Server": "cloudflare", "CF-RAY": "8f1c2d3e4f5a6b7c-YUL"}, "Cloudflare"),
    ({"X-Served-By": "cache-yyz4543-YYZ", "Via": "1.1 varnish"}, "Fastly"),
    ({"Via": "1.1 abc.cloudfront.net (CloudFront)", "X-Amz-Cf-Id": "x=="}, "Amazon CloudFront"),
    ({"Server": "AkamaiGHost"}, "Akamai"),
    ({"Server": "BunnyCDN-DE1-1047"}, "Bunny"),
    ({"X-Iinfo": "9-1-0 0NNN", "X-CDN": "Imperva"}, "Imperva"),
    ({"x-azure-ref": "20261127T120000Z-1"}, "Azure Front Door"),
    ({"Server": "QRATOR"}, "Qrator"),
    ({"Server": "nginx, cloudflare"}, "Cloudflare"),
]


@pytest.mark.parametrize(("headers", "name"), ANSWERS)
def test_headers_tell_of_a_cdn(headers: dict[str, str], name: str) -> None:
    assert list(cdns_before(headers.items())) == [name]


def test_a_header_that_comes_more_than_once_is_read_each_time() -> None:
    hops = [
        ("Via", "1.1 abc.cloudfront.net (CloudFront)"),
        ("Via", "1.1 varnish"),
        ("Server", "cloudflare"),
        ("Server", "nginx"),
    ]
    assert list(cdns_before(hops)) == ["Cloudflare", "Amazon CloudFront"]
    assert list(cdns_before(reversed(hops))) == ["Cloudflare", "Amazon CloudFront"]


def test_an_address_of_version_4_is_known_where_it_is_written_as_one_of_version_6() -> None:
    found = cdn_of_address("::ffff:104.16.1.1")
    assert found is not None
    assert found.name == "Cloudflare"


@pytest.mark.parametrize(
    "headers",
    [
        {"Server": "nginx"},
        {"Server": "nginx for cloudflare fans"},
        {"Via": "1.1 varnish", "X-Cache": "HIT"},
        {"X-Served-By": "web-3"},
        {"Via": "1.1 edge7.fastedge.example (FastEdge)"},
    ],
)
def test_what_others_send_as_well_tells_of_none(headers: dict[str, str]) -> None:
    assert cdns_before(headers.items()) == {}


def test_addresses_are_those_of_whoever_publishes_them() -> None:
    found = {ip: cdn_of_address(ip) for ip in ("104.16.1.1", "2606:4700::1", "151.101.1.1", "192.0.2.1", "2001:db8::1")}
    names = {ip: each.name if each else None for ip, each in found.items()}
    assert names == {
        "104.16.1.1": "Cloudflare",
        "2606:4700::1": "Cloudflare",
        "151.101.1.1": "Fastly",
        "192.0.2.1": None,
        "2001:db8::1": None,
    }


def test_no_network_is_that_of_two_and_each_row_names_its_source_and_date() -> None:
    networks = [(cdn, network) for cdn in known_cdns() for network in cdn.networks]
    for cdn, one in networks:
        assert not any(one.version == other.version and one.overlaps(other) for name, other in networks if name != cdn)
    assert all(cdn.source.startswith("https://") and cdn.as_of for cdn in known_cdns())


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[[cdns",
        "cdns = 5",
        'cdns = "A"',
        '[[cdns]]\nname = "A"\nsource = "s"\n',
        '[[cdns]]\nname = "A"\nsource = "s"\nas_of = 2025-01-01\nnetworks = ["192.0.2.1/24"]\n',
        '[[cdns]]\nname = "A"\nsource = "s"\nas_of = 2025-01-01\nheaders = { "x" = "(" }\n',
        2 * '[[cdns]]\nname = "A"\nsource = "s"\nas_of = 2025-01-01\n',
    ],
)
def test_a_table_that_cannot_be_used_is_refused_with_a_reason(text: str) -> None:
    with pytest.raises(InvalidInput):
        parse_cdns(text)
