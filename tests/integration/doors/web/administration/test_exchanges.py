"""Exchanges on pages: set up, what is wrong in words, and disputes by others with who, why and outcome."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from orbweaver.people.accounts.rules import Role

if TYPE_CHECKING:
    from collections.abc import Callable

    SignIn = Callable[..., Any]

pytestmark = pytest.mark.django_db
SAID = {
    "name": "NCMEC",
    "protocol": "ncmec",
    "address": "ngo",
    "supplier": "NCMEC",
    "list_name": "NCMEC's",
    "allowed": "review",
    "every_minutes": "60",
    "credentials": "username=we\npassword=very secret",
}


def test_an_exchange_is_set_up_and_its_credentials_are_shown_nowhere(sign_in: SignIn) -> None:
    from orbweaver.detect.exchanges.models import Exchange
    from orbweaver.detect.exchanges.services import exchange_named

    client = sign_in("Mona", Role.HOTLINE_MANAGER)
    for name, value, says in (
        ("credentials", "username=we", "password"),
        ("credentials", "no words", "name=value"),
        ("address", "http://elsewhere.example/", "https://"),
        ("address", "https://a:b@elsewhere.example/", "https://"),
        ("address", "ftp", "https://"),
    ):
        refused = client.post("/lists/exchanges/add/", SAID | {name: value})
        assert refused.status_code == 400
        assert says in refused.content.decode()
    assert not Exchange.objects.exists()
    page = client.post("/lists/exchanges/add/", SAID, follow=True).content.decode()
    made = exchange_named("NCMEC")
    assert made.address == "https://hashsharing.ncmec.org/npo"
    assert "Not pulled yet" in page
    again = client.post("/lists/exchanges/add/", SAID).content.decode()
    assert "There is an exchange named NCMEC already" in again
    assert "very secret" not in page


def test_what_is_wrong_is_said_in_words(sign_in: SignIn, now: dt.datetime) -> None:
    from orbweaver.detect.exchanges.messages import NOT_LET_IN
    from orbweaver.detect.exchanges.models import Exchange

    client = sign_in("Mona", Role.HOTLINE_MANAGER)
    client.post("/lists/exchanges/add/", SAID)
    made = Exchange.objects.get()
    made.problem = NOT_LET_IN.of(status=401)
    made.save()
    made.pulls.create(started_at=now, ended_at=now, problem=made.problem)
    for page in ("/lists/exchanges/", f"/lists/exchanges/{made.public_id}/"):
        assert "does not accept these credentials (401)" in client.get(page).content.decode()
    client.post(f"/lists/exchanges/{made.public_id}/credentials/", {"credentials": "x"})
    client.post(f"/lists/exchanges/{made.public_id}/change/", {"every_minutes": "0"})
    kept = Exchange.objects.get()
    assert (kept.every_minutes, bytes(kept.credentials or b"")) == (60, bytes(made.credentials or b""))


def test_a_dispute_by_others_is_shown_with_who_why_and_outcome(sign_in: SignIn, now: dt.datetime) -> None:
    from orbweaver.detect.exchanges.opinions import keep_opinion
    from orbweaver.detect.exchanges.protocols.protocol import Vote
    from orbweaver.detect.hashlists.rules import EntryRow
    from orbweaver.detect.hashlists.services import get_or_create_list
    from orbweaver.detect.hashlists.writing import upsert_entries

    known = get_or_create_list("Known", "NCMEC", now)
    upsert_entries(known, [EntryRow("md5", b"m" * 16, "csam", "unidentified", "", "NCMEC", False)], now)
    entry = known.entries.get()
    opinion = keep_opinion(entry, Vote("md5", "Company Nine", confirms=False, reason="It is a cat"), now)
    client = sign_in("Mona", Role.HOTLINE_MANAGER)
    assert "1 dispute by others waits" in client.get("/lists/exchanges/").content.decode()
    page = client.get("/lists/feedback/").content.decode()
    assert "Company Nine" in page
    assert "It is a cat" in page
    address = f"/lists/feedback/{opinion.public_id}/conclude/"
    client.post(address, {"outcome": "disputed", "reason": ""})
    entry.refresh_from_db()
    assert entry.state == "active", "a reason is needed"
    client.post(address, {"outcome": "disputed", "reason": "We looked: a cat"})
    entry.refresh_from_db()
    assert entry.state == "disputed"
    for page in ("/lists/feedback/", f"/lists/{known.public_id}/entries/{entry.public_id}/"):
        assert "We looked: a cat" in client.get(page).content.decode()
    again = client.post(address, {"outcome": "kept", "reason": "x"}, follow=True).content.decode()
    assert "already" in again


@pytest.mark.parametrize("outcome", ["kept", "disputed", "withdrawn"])
def test_what_was_withdrawn_meanwhile_stays_so_whatever_becomes_of_a_dispute(now: dt.datetime, outcome: str) -> None:
    from orbweaver.detect.exchanges.models import Opinion
    from orbweaver.detect.exchanges.opinions import conclude, keep_opinion
    from orbweaver.detect.exchanges.protocols.protocol import Vote
    from orbweaver.detect.hashlists.models import HashListEntry
    from orbweaver.detect.hashlists.rules import EntryRow
    from orbweaver.detect.hashlists.services import get_or_create_list, set_entry_state
    from orbweaver.detect.hashlists.writing import upsert_entries

    known = get_or_create_list("Known", "NCMEC", now)
    upsert_entries(known, [EntryRow("md5", b"m" * 16, "csam", "unidentified", "", "NCMEC", False)], now)
    entry = known.entries.get()
    opinion = keep_opinion(entry, Vote("md5", "Company Nine", confirms=False), now)
    withdrawn = HashListEntry.State.WITHDRAWN
    set_entry_state([entry], withdrawn, reason="x", by=None, said_by="NCMEC", now=now)
    conclude(opinion.public_id, Opinion.Outcome(outcome), because="we looked", by=None, now=now)
    assert known.entries.get().state == withdrawn


@pytest.mark.parametrize("allowed", ["review", "act"])
def test_what_an_exchange_brings_is_for_review_unless_somebody_says_more(sign_in: SignIn, allowed: str) -> None:
    from orbweaver.detect.hashlists.models import HashList

    client = sign_in("Mona", Role.HOTLINE_MANAGER)
    page = client.get("/lists/exchanges/").content.decode()
    assert '<option value="review" selected>' in page
    client.post("/lists/exchanges/add/", SAID | {"allowed": allowed})
    known = HashList.objects.get()
    assert known.allowed == allowed
    page = client.get(f"/lists/{known.public_id}/").content.decode()
    assert "an exchange brings the entries" in page
    assert 'id="upload"' not in page


def test_no_file_is_imported_into_what_an_exchange_fills(sign_in: SignIn, now: dt.datetime, tmp_path: Path) -> None:
    from orbweaver.detect.hashlists.importing import import_list
    from orbweaver.errors import InvalidInput

    sign_in("Mona", Role.HOTLINE_MANAGER).post("/lists/exchanges/add/", SAID)
    file = tmp_path / "list.csv"
    file.write_text(f"kind,value,classification\nmd5,{'a' * 32},csam\n")
    with pytest.raises(InvalidInput, match="An exchange fills the list"):
        import_list(file, list_name="NCMEC's", supplier="NCMEC", now=now)
