"""An authorised hotline without its legal authority: what matches is noted as missed, and fetched again by itself."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from orbweaver.assess.review.services import open_items, take
from orbweaver.detect.evidence import services as evidence
from orbweaver.detect.evidence.models import EvidenceObject
from orbweaver.detect.matching.missed import TRIES, missed_counts
from orbweaver.detect.matching.models import MissedEvidence
from orbweaver.doors.workers.missed import fetch_missed
from orbweaver.people.accounts.rules import Role

pytestmark = pytest.mark.django_db(transaction=True)
SetConfig = Callable[..., None]
BODY = b"the very bytes"


class Site(ThreadingHTTPServer):
    """Serves these bodies by path, or the status that is put there instead."""

    def __init__(self) -> None:
        self.answers: dict[str, bytes | int] = {}
        self.asked: list[str] = []
        super().__init__(("127.0.0.1", 0), Answering)

    def at(self, path: str) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}{path}"


class Answering(BaseHTTPRequestHandler):
    server: Site

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        answer = self.server.answers.get(self.path, 404)
        body = answer if isinstance(answer, bytes) else b""
        self.send_response(answer if isinstance(answer, int) else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def site(hotline: None, set_config: SetConfig) -> Iterator[Site]:
    """A site, and an installation that is authorised but names no legal authority."""
    server = Site()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    set_config(legal_authority=" ", network_allow="127.0.0.1:*", crawl_host_delay_s=0)
    yield server
    server.shutdown()
    server.server_close()


def test_what_is_missed_is_noted_and_fetched_again_once_the_authority_is_set(
    site: Site, set_config: SetConfig, make_sighting: Any, now: Any
) -> None:
    site.answers["/1.png"] = BODY
    media = make_sighting(BODY, url=site.at("/1.png")).media
    assert (media.evidence, missed_counts()) == (None, {"waiting": 1})
    assert fetch_missed(now) == 0  # nothing is fetched that could not be kept
    assert site.asked == []
    set_config(legal_authority="the Act")
    assert [fetch_missed(now) for _ in range(3)] == [1, 0, 0]
    media.refresh_from_db()
    assert evidence.read(media.evidence) == BODY
    assert media.evidence.authority == "the Act"
    assert (missed_counts(), site.asked) == ({"fetched": 1}, ["/1.png"])


def test_another_address_of_the_same_bytes_will_do(
    site: Site, set_config: SetConfig, make_sighting: Any, now: Any
) -> None:
    site.answers |= {"/1.png": 404, "/2.png": BODY}
    for path in ("/2.png", "/1.png"):
        make_sighting(BODY, url=site.at(path))
    set_config(legal_authority="the Act")
    fetch_missed(now)
    assert missed_counts() == {"fetched": 1}


@pytest.mark.sampled(1)
@pytest.mark.parametrize("answer", [404, 410, b"another picture"])
def test_what_is_no_longer_served_is_said_and_nothing_else_is_kept_in_its_place(
    answer: bytes | int, site: Site, set_config: SetConfig, make_sighting: Any, make_person: Any, client: Any, now: Any
) -> None:
    site.answers["/1.png"] = answer
    (item,) = open_items([make_sighting(BODY, url=site.at("/1.png"))], now)
    person = make_person("Ann")
    client.force_login(person)
    take(item.public_id, person, now)
    assert "It is fetched again automatically" in client.get(f"/items/{item.public_id}/").content.decode()
    set_config(legal_authority="the Act")
    fetch_missed(now)
    assert (missed_counts(), EvidenceObject.objects.count()) == ({"lost": 1}, 0)
    assert "no address where it was seen serves it any more" in client.get(f"/items/{item.public_id}/").content.decode()


def test_a_server_that_is_away_is_asked_again_but_not_for_ever(
    site: Site, set_config: SetConfig, make_sighting: Any, now: Any
) -> None:
    site.answers["/1.png"] = 503
    make_sighting(BODY, url=site.at("/1.png"))
    set_config(legal_authority="the Act")
    assert [fetch_missed(now) for _ in range(2)] == [1, 0]
    assert missed_counts() == {"waiting": 1}
    for _ in range(TRIES - 1):
        MissedEvidence.objects.update(retry_at=None)
        fetch_missed(now)
    assert missed_counts() == {"lost": 1}


def test_what_is_seen_again_meanwhile_is_archived_as_ever_and_no_longer_missed(
    site: Site, set_config: SetConfig, make_sighting: Any
) -> None:
    make_sighting(BODY, url=site.at("/1.png"))
    make_sighting(BODY, url=site.at("/1.png"))
    assert missed_counts() == {"waiting": 1}
    set_config(legal_authority="the Act")
    make_sighting(BODY, url=site.at("/1.png"))
    assert (missed_counts(), EvidenceObject.objects.count()) == ({"fetched": 1}, 1)


def test_without_authorisation_nothing_is_noted(site: Site, set_config: SetConfig, make_sighting: Any) -> None:
    set_config(authorised_hotline="false")
    make_sighting(BODY, url=site.at("/1.png"))
    assert missed_counts() == {}


def test_administrators_are_told_that_nothing_is_archived(
    site: Site, set_config: SetConfig, make_person: Any, client: Any
) -> None:
    client.force_login(make_person("Ada", Role.ADMINISTRATOR))
    assert "Nothing is archived" in client.get("/people/").content.decode()
    set_config(legal_authority="the Act")
    assert "Nothing is archived" not in client.get("/people/").content.decode()
