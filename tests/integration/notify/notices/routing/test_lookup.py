"""Looks at hosts: every address kept; RDAP's answers whole, nested, broken and slow; security.txt over a socket."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import whoisit

from orbweaver.errors import Unavailable
from orbweaver.notify.notices.routing import lookup
from orbweaver.notify.providers import rdap
from orbweaver.notify.providers.hosts import addresses_now, earlier_providers, known_address, last_lookup, record_lookup
from orbweaver.notify.providers.models import Contact, HostHop, HostLookup, Provider, ProviderNetwork, RdapAnswer
from orbweaver.notify.providers.rdap_answers import MAX_BYTES
from orbweaver.notify.providers.selectors import contact_for
from orbweaver.notify.providers.services import add_contact, add_provider

pytestmark = pytest.mark.django_db
NOW = dt.datetime(2026, 11, 25, 12, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)
ADDRESS = "93.184.216.34"
PATH = f"/ip/{ADDRESS}"


@dataclass
class Server:
    """What an RDAP server of our own answers: status, headers and body by path; and what it was asked."""

    port: int = 0
    answers: dict[str, tuple[int, dict[str, str], bytes]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    pause_s: float = 0.0

    def give(self, path: str, body: Any, status: int = 200, **headers: str) -> None:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.answers[path] = (status, headers, raw)


@pytest.fixture
def server(set_config: Callable[..., None], tmp_path: Path) -> Iterator[Server]:
    """A running server that is the only registry there is."""
    state = Server()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            state.asked.append(self.path)
            time.sleep(state.pause_s)
            status, headers, body = state.answers.get(self.path, (404, {}, b"{}"))
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name.replace("_", "-"), value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    httpd = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=httpd.serve_forever, args=(0.02,), daemon=True).start()
    state.port = httpd.server_address[1]
    base = f"http://127.0.0.1:{state.port}/"
    lists = {"asn": "1-4294967295", "dns": "example", "ipv4": "0.0.0.0/0", "ipv6": "::/0", "object": "X"}
    text = {"timestamp": 1, **{name: {"services": [[[what], [base]]]} for name, what in lists.items()}}
    (tmp_path / "rdap-bootstrap.json").write_text(json.dumps(text))
    rdap.load_bootstrap(tmp_path, insecure=True)
    set_config(network_allow=f"127.0.0.1:{state.port}", data_dir=tmp_path)
    yield state
    whoisit.clear_bootstrapping()
    httpd.shutdown()
    httpd.server_close()


def card(*lines: Any) -> list[Any]:
    return ["vcard", [["version", {}, "text", "4.0"], *lines]]


def network(*entities: Any, **more: Any) -> dict[str, Any]:
    return {
        "objectClassName": "ip network",
        "handle": "NET-93-184-216-0-1",
        "startAddress": "93.184.216.0",
        "endAddress": "93.184.216.255",
        "name": "EXAMPLE-NET",
        "country": "nl",
        "entities": list(entities),
        **more,
    }


def entity(role: str, *lines: Any, **more: Any) -> dict[str, Any]:
    return {
        "objectClassName": "entity",
        "handle": more.pop("handle", role),
        "roles": [role],
        "vcardArray": card(*lines),
        **more,
    }


def mail(address: Any) -> list[Any]:
    return ["email", {"type": "work"}, "text", address]


ABUSE = entity("abuse", mail("abuse@host.example"))
ORG = ["fn", {}, "text", "Example Hosting B.V."]


@pytest.mark.parametrize(
    "entities",
    [
        [entity("registrant", ORG), ABUSE],
        [entity("registrant", ORG, entities=[entity("technical", entities=[ABUSE])])],
        [entity("registrant", ORG, entities=[entity("abuse", mail(["abuse@host.example", "other@host.example"]))])],
        [entity("registrant", ORG), entity("abuse", mail("mailto:abuse@host.example"))],
        [
            None,
            "odd",
            entity("registrant", ORG, ["odd"], None),
            {"roles": None},
            {**ABUSE, "links": None, "roles": "abuse"},
        ],
        [entity("registrant", ORG), entity("abuse", [*mail("abuse@host.example"), "fifth"], remarks={"title": 7})],
    ],
)
def test_the_abuse_contact_is_found_however_it_is_nested(server: Server, entities: list[Any]) -> None:
    server.give(PATH, network(*entities, notices=None, remarks=[None], arin_originas0_originautnums=[64500]))
    assert lookup.look_up([ADDRESS], NOW) == 1
    row = RdapAnswer.objects.get()
    assert (row.outcome, row.contacts, row.country, row.asn) == ("found", ["abuse@host.example"], "NL", 64500)
    provider = Provider.objects.get()
    assert (provider.name, provider.kind, provider.country) == ("Example Hosting B.V.", "network", "NL")
    contact = contact_for(provider)
    assert contact is not None
    assert (contact.address, contact.source, contact.seen_at) == ("abuse@host.example", "rdap", NOW)
    hop = HostHop.objects.filter(lookup=last_lookup(ADDRESS)).get()
    assert (hop.provider, str(hop.network), hop.country) == (provider, "93.184.216.0/24", "NL")


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        ((404, b"{}"), "not_found"),
        ((429, b"slow down"), "rate_limited"),
        ((403, b"no"), "refused"),
        ((500, b""), "unreachable"),
        ((503, b""), "unreachable"),
        ((200, b"<html>"), "bad_answer"),
        ((200, b"[1, 2]"), "bad_answer"),
        ((200, b"[" * 100_000), "bad_answer"),
        ((200, b'{"objectClassName": "domain", "handle": "X"}'), "bad_answer"),
        ((200, b'{"entities": null}'), "bad_answer"),
        ((200, json.dumps(network()).encode()), "no_contact"),
        ((200, json.dumps(network(entity("abuse", mail("REDACTED FOR PRIVACY")))).encode()), "no_contact"),
        ((200, json.dumps(network(entity("registrant", mail("owner@host.example")))).encode()), "no_contact"),
        ((200, b" " * (MAX_BYTES + 1)), "too_large"),
    ],
)
def test_what_real_servers_also_answer_has_a_clear_outcome_each(
    server: Server, answer: tuple[int, bytes], outcome: str
) -> None:
    server.give(PATH, answer[1], status=answer[0])
    lookup.look_up([ADDRESS], NOW)
    assert RdapAnswer.objects.get().outcome == outcome
    assert not Contact.objects.exists()
    assert last_lookup(ADDRESS) is not None


def test_redirects_are_followed_and_endless_ones_are_not(server: Server) -> None:
    server.give(PATH, b"", status=302, Location="/elsewhere")
    server.give("/elsewhere", network(ABUSE))
    lookup.look_up([ADDRESS], NOW)
    assert RdapAnswer.objects.get().outcome == "found"
    server.give("/ip/93.184.217.1", b"", status=301, Location="/ip/93.184.217.1")
    lookup.look_up(["93.184.217.1"], NOW)
    assert RdapAnswer.objects.get(subject="93.184.217.1").outcome == "unreachable"


def test_a_redirect_to_a_private_address_is_not_followed(server: Server) -> None:
    server.give(PATH, b"", status=302, Location=f"http://127.0.0.2:{server.port}/ip/1")
    lookup.look_up([ADDRESS], NOW)
    assert RdapAnswer.objects.get().outcome == "unreachable"
    assert server.asked == [PATH]


def test_a_slow_server_is_left_after_a_bounded_time(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lookup, "FETCH_S", 0.3)
    server.pause_s = 1.5
    lookup.look_up([ADDRESS], NOW)
    assert RdapAnswer.objects.get().outcome == "unreachable"


def test_answers_are_kept_with_their_age_and_a_failure_does_not_wipe_them_out(server: Server) -> None:
    server.give(PATH, network(ABUSE))
    lookup.look_up([ADDRESS], NOW)
    ProviderNetwork.objects.all().delete()
    lookup.look_up([ADDRESS, "93.184.216.99"], NOW + DAY)
    assert server.asked == [PATH]  # the whole network is answered for
    assert (known_address("93.184.216.99").country, known_address("93.184.216.99").source) == ("NL", "rdap")
    server.give(PATH, b"", status=429)
    lookup.look_up([ADDRESS], NOW + 40 * DAY)
    row = RdapAnswer.objects.get(subject=ADDRESS)
    assert (row.outcome, row.country, row.asked_at) == ("found", "NL", NOW + 40 * DAY)
    assert server.asked == [PATH, PATH]


def test_a_private_address_is_asked_of_nobody(server: Server) -> None:
    lookup.look_up(["10.1.2.3", "127.0.0.9"], NOW)
    assert server.asked == []
    assert known_address("10.1.2.3").country == "unknown"


def test_the_table_kept_by_hand_wins_over_rdap(server: Server) -> None:
    ours = add_provider("Example Hosting B.V.", now=NOW, country="BE")
    add_contact(ours, "kept@host.example", now=NOW)
    server.give(PATH, network(entity("registrant", ORG), ABUSE))
    lookup.look_up([ADDRESS], NOW + DAY)
    best = contact_for(ours)
    assert best is not None
    assert (best.address, best.source) == ("kept@host.example", "hand")
    assert {each.address for each in ours.contacts.all()} == {"kept@host.example", "abuse@host.example"}
    ours.refresh_from_db()
    assert ours.country == "BE"


def test_a_contact_that_rdap_no_longer_names_shows_its_age(server: Server) -> None:
    server.give(PATH, network(ABUSE))
    lookup.look_up([ADDRESS], NOW)
    ProviderNetwork.objects.all().delete()
    server.give(PATH, network(entity("abuse", mail("new@host.example"))))
    lookup.look_up([ADDRESS], NOW + 40 * DAY)
    old, new = Contact.objects.get(address="abuse@host.example"), Contact.objects.get(address="new@host.example")
    assert (old.seen_at, old.checked_at, new.seen_at) == (NOW, NOW + 40 * DAY, NOW + 40 * DAY)
    assert contact_for(new.provider) == new


def test_the_registrars_contact_is_asked_of_the_domain_alone(server: Server) -> None:
    registrar = entity(
        "registrar",
        ["fn", {}, "text", "Names Inc."],
        handle="292",
        entities=[entity("abuse", mail("abuse@names.example"))],
    )
    owner = entity(
        "registrant", mail("owner@x.example"), handle="OWN", entities=[entity("abuse", mail("me@x.example"))]
    )
    server.give(
        "/domain/x.example",
        {"objectClassName": "domain", "ldhName": "X.EXAMPLE", "handle": "D1", "entities": [owner, registrar]},
    )
    found = lookup.ask_registrar("pictures.x.example", NOW)
    assert found is not None
    assert (found.name, found.kind) == ("Names Inc.", "registrar")
    assert [each.address for each in found.contacts.all()] == ["abuse@names.example"]
    assert lookup.ask_registrar("www.x.example", NOW + DAY) == found
    assert server.asked == ["/domain/x.example"]
    assert lookup.ask_registrar("127.0.0.1", NOW) is None


def test_the_holder_of_an_autonomous_system_is_found(server: Server) -> None:
    server.give(
        "/autnum/64500",
        {
            "objectClassName": "autnum",
            "handle": "AS64500",
            "name": "TRANSIT",
            "startAutnum": 64500,
            "endAutnum": 64500,
            "entities": [ABUSE],
        },
    )
    found = lookup.ask_system(64500, NOW)
    assert found is not None
    assert (found.name, found.systems.get().asn) == ("TRANSIT", 64500)
    assert lookup.ask_system(64999, NOW) is None


def test_the_bootstrap_is_refreshed_whole_or_not_at_all(server: Server, tmp_path: Path, set_config: Any) -> None:
    source, base = f"http://127.0.0.1:{server.port}/iana/", "https://rdap.example/"
    for name, what in {"asn": "1-9", "dns": "org", "ipv4": "0.0.0.0/0", "ipv6": "::/0"}.items():
        server.give(f"/iana/{name}.json", {"services": [[[what], [base]]]})
    folder = tmp_path / "fresh"
    set_config(data_dir=folder)
    with pytest.raises(Unavailable, match="object-tags"):
        lookup.refresh_bootstrap(NOW, source)
    assert not folder.exists()
    assert whoisit.build_query("ip", ADDRESS)[1] == f"http://127.0.0.1:{server.port}{PATH}"
    server.give("/iana/object-tags.json", {"services": [[["x"], ["X"], [base]]]})
    assert lookup.refresh_bootstrap(NOW, source) == 5
    assert rdap.load_bootstrap(folder) == NOW
    assert whoisit.build_query("ip", ADDRESS)[1] == f"{base}ip/{ADDRESS}"


def test_the_packaged_list_asks_arin_and_is_never_fetched(tmp_path: Path) -> None:
    assert rdap.load_bootstrap(tmp_path) is None
    assert whoisit.build_query("ip", ADDRESS)[1] == f"https://rdap.arin.net/registry/ip/{ADDRESS}"
    whoisit.clear_bootstrapping()


def test_a_security_txt_gives_the_last_of_contacts(server: Server) -> None:
    origin = f"http://127.0.0.1:{server.port}"

    def read() -> Any:
        async def fetched() -> Any:
            async with lookup.fetcher() as client:
                return await lookup.read_security_txt(origin, client, NOW)

        return asyncio.run(fetched())

    path = "/.well-known/security.txt"
    assert read() is None
    server.give(path, b"Contact: mailto:sec@site.example\nExpires: 2027-01-01T00:00:00Z\n")
    assert read().mails == ("sec@site.example",)
    server.give(path, b"Contact: mailto:sec@site.example\nExpires: 2026-01-01T00:00:00Z\n")
    assert read() is None
    server.give(path, b"Contact: mailto:sec@site.example\nExpires: 2027-01-01T00:00:00Z\n" + b"#" * 70_000)
    assert read() is None
    server.give(path, b"Contact: mailto:x@y.example\nExpires: 2027-01-01T00:00:00Z\n", content_type="text/html")
    assert read() is None


def test_every_address_that_a_host_ever_had_is_kept_with_its_times() -> None:
    cdn = add_provider("Edge", now=NOW, kind="cdn", networks=["198.51.100.0/24"])
    origin = add_provider("Origin", now=NOW, networks=["203.0.113.0/24"], country="NL")
    found = HostLookup.Outcome.FOUND
    record_lookup("Host.example", found, ["203.0.113.7"], NOW)
    record_lookup("host.example", found, ["203.0.113.7"], NOW + DAY)
    record_lookup("host.example", HostLookup.Outcome.NO_ADDRESS, [], NOW + 2 * DAY)
    record_lookup("host.example", found, ["198.51.100.1", "198.51.100.2", "198.51.100.1"], NOW + 3 * DAY)
    looks = list(HostLookup.objects.order_by("at").values_list("outcome", "first_at", "at", "looks"))
    assert looks == [
        ("found", NOW, NOW + DAY, 2),
        ("no_address", NOW + 2 * DAY, NOW + 2 * DAY, 1),
        ("found", NOW + 3 * DAY, NOW + 3 * DAY, 1),
    ]
    assert [each.provider for each in addresses_now("host.example", None)] == [cdn, cdn]
    assert earlier_providers("host.example") == [cdn, origin]


def test_a_host_is_looked_at_again_only_after_its_time(set_config: Any) -> None:
    set_config(host_lookup_minutes=30, discover_contacts="false")
    assert lookup.look_up(["a.localhost", "a.localhost"], NOW) == 1
    assert lookup.look_up(["a.localhost"], NOW + dt.timedelta(minutes=29)) == 0
    assert lookup.look_up(["a.localhost"], NOW + dt.timedelta(minutes=31)) == 1
    look = last_lookup("a.localhost")
    assert look is not None
    assert (look.outcome, look.looks) == ("blocked", 2)


def test_an_onion_host_is_asked_of_no_name_server(set_config: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def ask(*_: Any) -> list[Any]:
        raise AssertionError("a name server was asked")

    monkeypatch.setattr("orbweaver.platform.network.look_ups._ask", ask)
    host = "a" * 55 + "d.onion"
    lookup.look_up([host], NOW)
    look = last_lookup(host)
    assert look is not None
    assert look.outcome in ("no_address", "blocked")
