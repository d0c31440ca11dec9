"""What is particular to NCMEC's exchange: disorder, ranges and cursors, feedback both ways."""

from __future__ import annotations

import datetime as dt
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.integration.conftest import SetConfig
from tests.integration.detect.exchanges.exchange_conformance import LATER, NOW, digest, pull
from tests.integration.detect.exchanges.faulty import Faulty, faulty
from tests.integration.detect.exchanges.suppliers import NcmecSupplier, One

from orbweaver.detect.exchanges import calls as calling
from orbweaver.detect.exchanges import giving, opinions, pulling, services
from orbweaver.detect.exchanges.errors import ExchangeFailed
from orbweaver.detect.exchanges.models import Exchange, Feedback, Opinion, Pull, Tombstone
from orbweaver.detect.exchanges.pulling import pull_due, seconds_to_next
from orbweaver.detect.hashlists.models import HashListEntry
from orbweaver.detect.hashlists.services import set_entry_state

pytestmark = pytest.mark.django_db
STATES = HashListEntry.State


@pytest.fixture(autouse=True)
def _alone(set_config: SetConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    set_config(network_allow="127.0.0.1:*", data_dir=tmp_path / "data", exchange_feedback_delay_minutes=0)
    monkeypatch.setattr(calling, "PAUSES_S", ())


@pytest.fixture
def supplier() -> NcmecSupplier:
    return NcmecSupplier()


@pytest.fixture
def host(supplier: NcmecSupplier) -> Iterator[Faulty]:
    with faulty(supplier.answer) as made:
        yield made


@pytest.fixture
def exchange(host: Faulty) -> Exchange:
    return services.add_exchange(
        "NCMEC",
        protocol="ncmec",
        address=host.address,
        supplier="NCMEC",
        list_name="NCMEC",
        every_minutes=60,
        secrets={"username": "user", "password": "pass"},
        by=None,
        now=NOW,
    )


def states() -> dict[str, str]:
    return dict(HashListEntry.objects.values_list("supplier_id", "state"))


def test_the_latest_word_counts_whatever_order_words_come_in(supplier: NcmecSupplier, exchange: Exchange) -> None:
    supplier.entries = [
        One("gone-first", 50, gone=True),
        One("back", 10, digest(2)),
        One("twice", 30, digest(31)),
        One("gone-later", 20, digest(4)),
        One("gone-first", 10, digest(1)),
        One("back", 40, digest(22)),
        One("back", 30, gone=True),
        One("twice", 20, digest(3)),
        One("gone-later", 60, gone=True),
        One("never-came", 5, gone=True),
        One("gone-at-once", 7, digest(5)),
        One("gone-at-once", 7, gone=True),
        One("twice", 30, digest(31)),
    ]
    run = pull(exchange, NOW)
    assert states() == {"back": "active", "twice": "active", "gone-later": "withdrawn"}
    live = {each.supplier_id: [bytes(h.value).hex() for h in each.live_hashes] for each in HashListEntry.objects.all()}
    assert (live["back"], live["twice"]) == ([digest(22)], [digest(31)])
    assert Tombstone.objects.count() == 3
    assert run.refused == 0
    supplier.entries = [One("gone-first", 10, digest(1)), One("gone-later", 20, digest(4)), One("back", 30, gone=True)]
    Exchange.objects.update(checkpoint={})
    before = HashListEntry.objects.count()
    pull(exchange, NOW)
    assert HashListEntry.objects.count() == before
    assert states()["back"] == "active", "what was said before does not come after"


def test_what_its_supplier_withdrew_comes_back_by_the_supplier_and_what_we_withdrew_stays_so(
    supplier: NcmecSupplier, exchange: Exchange
) -> None:
    supplier.entries = [One("a", 1, digest(1)), One("b", 1, digest(2))]
    pull(exchange, NOW)
    ours = HashListEntry.objects.get(supplier_id="a")
    set_entry_state([ours], STATES.WITHDRAWN, reason="a beach", by=None, now=NOW)
    supplier.entries = [One("a", 3600, gone=True), One("b", 3600, gone=True)]
    pull(exchange, LATER)
    assert states() == {"a": "withdrawn", "b": "withdrawn"}
    change = HashListEntry.objects.get(supplier_id="b").state_changes.get()
    assert (change.said_by, change.reason) == ("NCMEC", "its supplier withdrew it")
    supplier.entries = [One("a", 9000, digest(1)), One("b", 9000, digest(2))]
    pull(exchange, LATER + dt.timedelta(hours=2))
    assert states() == {"a": "withdrawn", "b": "active"}


def test_images_and_videos_come_with_class_and_member_and_what_cannot_be_used_is_counted(
    supplier: NcmecSupplier, exchange: Exchange
) -> None:
    supplier.entries = [
        One("film", 1, digest(1), media="video", classification="B2"),
        One("odd", 1, "no hash at all"),
        One("new class", 1, digest(2), classification="Z9"),
        One("", 1, digest(3)),
        One("empty", 1, ""),
    ]
    run = pull(exchange, NOW)
    assert (run.taken, run.refused) == (2, 3)
    film, other = HashListEntry.objects.order_by("supplier_id")
    assert (film.media_type, film.classification, film.member, film.source) == ("video", "b2", "42", "A member")
    assert other.classification == "unclassified"


def test_a_cursor_that_is_gone_costs_a_shorter_range_and_nothing_else(
    supplier: NcmecSupplier, exchange: Exchange, host: Faulty
) -> None:
    supplier.entries = [One(f"n{number}", number * 60, digest(number)) for number in range(7)]
    host.faults = [None, 404]
    assert pull(exchange, NOW).taken == 7
    ranges = [(each.query["from"], each.query["to"]) for each in host.requests if "start" not in each.query]
    assert ranges[0][1] > ranges[1][1], "a quarter of it"
    assert ranges[2][0] == ranges[1][1], "then what is left"
    host.faults = [None, 500]
    Exchange.objects.update(checkpoint={})
    with pytest.raises(ExchangeFailed):
        pull(exchange, NOW)
    old = {**Exchange.objects.get().checkpoint, "given": "2026-11-23T12:00:00Z"}
    Exchange.objects.update(checkpoint=old)
    host.requests.clear()
    pull(exchange, NOW)
    assert "start" not in host.requests[0].query, "one that is a day old is not even asked"


def test_a_next_page_elsewhere_is_not_followed(exchange: Exchange, host: Faulty, supplier: NcmecSupplier) -> None:
    for following in ("@elsewhere.example/v2", "//elsewhere.example/", "https://elsewhere.example/"):
        Exchange.objects.update(
            checkpoint={
                "from": "2026-11-24T11:00:00Z",
                "to": "2026-11-24T11:50:00Z",
                "next": following,
                "given": NOW.strftime("%Y-%m-%dT%H:%M:%SZ"),
            }
        )
        host.faults = [500]
        with pytest.raises(ExchangeFailed):
            pull(exchange, NOW)
    assert [each.path for each in host.requests] == ["/elsewhere.example/"], "asked at its own host, if at all"


def test_a_page_that_names_a_next_one_elsewhere_or_itself_leaves_the_checkpoint(
    exchange: Exchange, host: Faulty, supplier: NcmecSupplier, monkeypatch: pytest.MonkeyPatch
) -> None:
    right, page = host.answer, b"<queryResult><images/><paging><next>%s</next></paging></queryResult>"
    for following in (b"https://elsewhere.example/", b"@elsewhere.example/v2"):
        monkeypatch.setattr(host, "answer", lambda _, said=following: (200, "application/xml", page % said))
        with pytest.raises(ExchangeFailed, match="another host"):
            pull(exchange, NOW)
        assert Exchange.objects.get().checkpoint == {}
    monkeypatch.setattr(host, "answer", lambda _: (200, "application/xml", page % b"/v2/entries?start=3"))
    with pytest.raises(ExchangeFailed, match="not a page"):
        pull(exchange, NOW)
    monkeypatch.setattr(host, "answer", right)
    Exchange.objects.update(checkpoint={})
    assert pull(exchange, NOW).pages > 0, "at once, and not when a cursor has grown old"


def test_an_address_that_may_not_be_reached_is_asked_once(
    exchange: Exchange, set_config: SetConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_config(network_allow="")
    monkeypatch.setattr(calling, "PAUSES_S", (99.0,))
    monkeypatch.setattr(
        "orbweaver.detect.exchanges.calls.time.sleep", lambda seconds: pytest.fail(f"waits {seconds} s")
    )
    with pytest.raises(ExchangeFailed, match="ORBWEAVER_NETWORK_ALLOW"):
        pull(exchange, NOW)


def test_a_document_with_entities_is_refused(exchange: Exchange, host: Faulty, monkeypatch: pytest.MonkeyPatch) -> None:
    bomb = b'<!DOCTYPE q [<!ENTITY a "ha">]><queryResult><images>&a;</images></queryResult>'
    monkeypatch.setattr(host, "answer", lambda _: (200, "application/xml", bomb))
    with pytest.raises(ExchangeFailed, match="not a page"):
        pull(exchange, NOW)


@pytest.mark.django_db(transaction=True)
def test_a_pull_that_was_killed_in_the_midst_goes_on_at_its_checkpoint(
    supplier: NcmecSupplier, exchange: Exchange, host: Faulty, database_url: str, tmp_path: Path
) -> None:
    supplier.entries = [One(f"n{number}", number, digest(number)) for number in range(10)]
    command = [sys.executable, "-P", "-m", "orbweaver", "exchanges", "pull", "NCMEC", "--json"]
    env = os.environ | {
        "ORBWEAVER_DATABASE_URL": database_url,
        "ORBWEAVER_DATA_DIR": str(tmp_path / "data"),
        "ORBWEAVER_NETWORK_ALLOW": "127.0.0.1:*",
    }
    with subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL) as first:
        host.faults = [None, None, first.kill]
        first.wait(120)
    assert (Pull.objects.get().pages, Pull.objects.get().ended_at) == (2, None)
    assert HashListEntry.objects.count() == 4
    host.requests.clear()
    run = pull(Exchange.objects.get(), NOW)
    assert (run.taken, run.pages, run.pk) == (10, 5, Pull.objects.get().pk)
    assert host.requests[0].query["start"] == "4"
    assert HashListEntry.objects.count() == 10


def test_exchanges_are_pulled_when_their_time_has_come_and_paused_ones_never(
    supplier: NcmecSupplier, exchange: Exchange, host: Faulty
) -> None:
    supplier.entries = [One("a", 1, digest(1))]
    assert seconds_to_next(NOW) == 0
    assert pull_due(NOW) == 1, "a page"
    assert seconds_to_next(NOW) == pytest.approx(3600)
    assert pull_due(NOW) == 0
    assert Pull.objects.count() == 1
    pull(exchange, LATER)
    assert Pull.objects.count() == 1, "one that brought nothing is no row"
    exchange.refresh_from_db()
    services.set_paused(exchange, True, by=None, now=LATER)
    assert (pull_due(LATER + dt.timedelta(days=9)), seconds_to_next(LATER)) == (0, None)
    services.set_paused(exchange, False, by=None, now=LATER)
    host.faults = [500]
    pull_due(LATER)
    exchange.refresh_from_db()
    assert (exchange.failures, exchange.next_at) == (1, LATER + dt.timedelta(minutes=2))


def test_a_long_one_takes_turns_with_others_and_goes_on_where_it_was(
    supplier: NcmecSupplier, exchange: Exchange, host: Faulty, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pulling, "TURN_S", 0.0)
    supplier.entries = [One(f"n{number}", number, digest(number)) for number in range(5)]
    services.add_exchange(
        "Other",
        protocol="ncmec",
        address=host.address,
        supplier="Other",
        list_name="Other",
        every_minutes=60,
        secrets={"username": "user", "password": "pass"},
        by=None,
        now=NOW,
    )
    turns = [pull_due(NOW) for _ in range(4)]
    assert turns == [2, 4, 6, 8], "pages of both so far, at last that of what is newer than their beginning"
    starts = [each.query.get("start", "0") for each in host.requests]
    assert starts == ["0", "0", "2", "2", "4", "4", "0", "0"]
    assert HashListEntry.objects.count() == 10
    assert pull_due(NOW) == 0
    assert not Pull.objects.filter(ended_at=None).exists()


FEEDBACK = (
    '<feedback><affirmativeFeedback type="Md5"><members><member id="7">Seven</member></members></affirmativeFeedback>'
    '<negativeFeedback type="Md5"><reasons><reason guid="g" name="Wrong" type="Md5"/>'
    '<members><member id="8">Eight</member></members></reasons></negativeFeedback></feedback>'
)


def test_what_other_members_say_is_kept_once_and_a_person_concludes_it(
    supplier: NcmecSupplier, exchange: Exchange
) -> None:
    supplier.entries = [One("a", 1, digest(1), more=FEEDBACK)]
    pull(exchange, NOW)
    assert set(Opinion.objects.values_list("kind", "who", "confirms", "reason")) == {
        ("md5", "Seven", True, ""),
        ("md5", "Eight", False, "Wrong"),
    }
    assert states() == {"a": "active"}, "nobody's word takes an entry out of use by itself"
    (dispute,) = opinions.open_opinions()
    opinions.conclude(dispute.public_id, Opinion.Outcome.DISPUTED, because="so it is", by=None, now=NOW)
    assert states() == {"a": "disputed"}
    supplier.entries = [One("a", 3600, digest(1), more=FEEDBACK)]
    pull(exchange, LATER)
    assert not opinions.open_opinions().exists()
    assert [each.because for each in opinions.concluded_opinions()] == ["so it is"]
    supplier.entries = [One("a", 9000, digest(1), more=FEEDBACK.replace("Wrong", "Another"))]
    pull(exchange, LATER + dt.timedelta(hours=2))
    assert [each.reason for each in opinions.open_opinions()] == ["Another"]


def test_a_dispute_names_a_reason_of_the_exchange_and_an_end_of_it_confirms(
    supplier: NcmecSupplier, exchange: Exchange
) -> None:
    supplier.reasons = ("No CSAM", "Wrong hash")
    supplier.entries = [One("a/b", 1, digest(1))]
    pull(exchange, NOW)
    (entry,) = HashListEntry.objects.all()
    set_entry_state([entry], STATES.DISPUTED, reason="a beach", by=None, now=NOW)
    assert giving.send_due(NOW) == 0
    waiting = Feedback.objects.get()
    assert waiting.state == "refused"
    assert "No CSAM, Wrong hash" in str(waiting.problem)
    services.change_exchange(exchange, every_minutes=60, dispute_reason="no csam", by=None, now=NOW)
    assert giving.send_due(NOW) == 1
    ((path, body),) = supplier.feedback
    assert path == "/v2/entries/42/a%2Fb/MD5/feedback"
    assert "<negative><reasonIds><guid>g-No CSAM</guid></reasonIds></negative>" in body
    set_entry_state([entry], STATES.ACTIVE, reason="no: it is right", by=None, now=LATER)
    assert giving.send_due(LATER) == 1
    assert "<affirmative />" in supplier.feedback[-1][1]


def test_what_is_said_and_taken_back_before_it_left_never_leaves(supplier: NcmecSupplier, exchange: Exchange) -> None:
    supplier.entries = [One("a", 1, digest(1))]
    pull(exchange, NOW)
    (entry,) = HashListEntry.objects.all()
    set_entry_state([entry], STATES.DISPUTED, reason="a beach", by=None, now=NOW)
    set_entry_state([entry], STATES.ACTIVE, reason="no", by=None, now=NOW)
    assert (Feedback.objects.count(), giving.send_due(NOW)) == (0, 0)
    giving.say_verdict([("md5", bytes.fromhex(digest(1))), ("md5", b"another")], {}, NOW, confirms=True)
    assert Feedback.objects.get().confirms
    giving.take_back([("md5", bytes.fromhex(digest(1)))])
    assert not Feedback.objects.exists()
