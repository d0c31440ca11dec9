"""The administration: lists, people and organisations, the audit log."""

from __future__ import annotations

import csv
import datetime as dt
import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from orbweaver.people.accounts.rules import Role

if TYPE_CHECKING:
    from collections.abc import Callable

    SignIn = Callable[..., Any]


def test_refused_rows_of_a_list_are_shown_by_line_and_never_by_value(
    tmp_path: Path, sign_in: SignIn, now: dt.datetime
) -> None:
    from orbweaver.detect.hashlists.importing import import_list
    from orbweaver.detect.hashlists.models import HashList, ImportRejection

    file = tmp_path / "list.csv"
    file.write_text(f"kind,value,classification\nmd5,{'a' * 32},csam\nmd5,{'b' * 31},csam\n", encoding="utf-8")
    import_list(file, list_name="National", supplier="NCMEC", now=now)
    client = sign_in("Mona", Role.HOTLINE_MANAGER)
    there = HashList.objects.get()
    page = client.get(f"/lists/{there.public_id}/").content.decode()
    refused = client.get(f"/lists/{there.public_id}/imports/{there.imports.get().public_id}/refused/")
    rows = b"".join(refused.streaming_content).decode().splitlines()
    assert rows[0] == "line,reason"
    assert rows[1].startswith("3,")
    runs = client.get(f"/lists/{there.public_id}/imports/")
    heading, run = csv.DictReader(io.StringIO(b"".join(runs.streaming_content).decode())), there.imports.get()
    assert [(row["import"], row["sha256"], row["added"], row["rejected"]) for row in heading] == [
        (run.public_id, run.sha256, "1", "1")
    ]
    assert '<td class="number">3</td>' in page
    assert str(ImportRejection.objects.get().reason).split("(")[0] in page
    assert "b" * 31 not in page
    assert "a" * 32 not in page
    assert "National" in client.get("/lists/").content.decode()


def test_a_dispute_stands_on_the_page_and_in_the_record_with_who_why_and_how_it_ended(
    tmp_path: Path, sign_in: SignIn, now: dt.datetime
) -> None:
    from orbweaver.detect.exchanges.models import Opinion
    from orbweaver.detect.exchanges.opinions import conclude, keep_opinion
    from orbweaver.detect.exchanges.protocols.protocol import Vote
    from orbweaver.detect.hashlists.importing import import_list
    from orbweaver.detect.hashlists.models import HashListEntry
    from orbweaver.detect.hashlists.services import set_entry_state
    from orbweaver.people.accounts.models import User

    file = tmp_path / "list.csv"
    file.write_text(f"kind,value,classification\nmd5,{'a' * 32},csam\nmd5,{'b' * 32},csam\n", encoding="utf-8")
    import_list(file, list_name="National", supplier="NCMEC", now=now)
    client = sign_in("Mona", Role.HOTLINE_MANAGER)
    mona, (one, other) = User.objects.get(), HashListEntry.objects.order_by("pk")
    said = keep_opinion(one, Vote("md5", "Telco", False, "a beach"), now)
    conclude(said.public_id, Opinion.Outcome.KEPT, because="it is none", by=mona, now=now)
    set_entry_state([other], HashListEntry.State.DISPUTED, reason="a bath", by=mona, now=now)
    set_entry_state([other], HashListEntry.State.ACTIVE, reason="it is right", by=mona, now=now)
    there = one.hash_list
    page = client.get(f"/lists/{there.public_id}/").content.decode()
    assert "it is right" in page
    assert page.count("Mona") >= 3, "who asks, who disputed, who ended it"
    record = client.get(f"/lists/{there.public_id}/record/")
    sent = list(record.streaming_content)
    assert len(sent) == 1, "line by line a list of a million takes as long to send as to read"
    first, second = csv.DictReader(io.StringIO(sent[0].decode()))
    assert first["value"] == "a" * 32
    assert (
        first["others"] == f"{now.isoformat()} Telco disputes md5: a beach; kept {now.isoformat()} (Mona): it is none"
    )
    assert second["history"].endswith("active (Mona): it is right")


@pytest.mark.parametrize(
    ("rows", "said", "unsaid"),
    [
        (["short", "b" * 31], "Nothing was imported from the file", "The list is imported"),
        (["a" * 32, "short"], "1 row was refused.", "Nothing was imported from the file"),
        (["a" * 32], "The list is imported", "refused."),
    ],
)
def test_a_file_of_which_every_row_was_refused_is_not_called_imported(
    sign_in: SignIn,
    now: dt.datetime,
    set_config: Callable[..., None],
    tmp_path: Path,
    rows: list[str],
    said: str,
    unsaid: str,
) -> None:
    from orbweaver.detect.hashlists.models import HashList
    from orbweaver.detect.hashlists.uploads import hand_in, import_uploaded
    from orbweaver.people.accounts.models import User

    set_config(data_dir=str(tmp_path))
    client = sign_in("Mona", Role.HOTLINE_MANAGER)
    file = "".join(f"{row}\n" for row in ["kind,value,classification", *(f"md5,{each},csam" for each in rows)]).encode()
    by, kind = User.objects.get(), HashList.Kind.KNOWN
    upload = hand_in([file], "list.csv", list_name="Partner", supplier="We", kind=kind, by=by, now=now)
    import_uploaded(now)
    page = client.get(f"/lists/uploads/{upload.public_id}/").content.decode()
    assert said in page
    assert unsaid not in page


def test_lists_that_disagree_everywhere_are_compared_page_by_page(sign_in: SignIn, now: dt.datetime) -> None:
    from orbweaver.detect.hashlists.rules import EntryRow
    from orbweaver.detect.hashlists.services import get_or_create_list
    from orbweaver.detect.hashlists.writing import upsert_entries

    for name, said in (("National", "csam"), ("Partner", "csam_related"), ("Third", "csam_related")):
        values = [number.to_bytes(16, "big") for number in range(70)]
        rows = [EntryRow("md5", value, said, "unidentified", "", name, False) for value in values]
        upsert_entries(get_or_create_list(name, name, now), rows, now)
    client = sign_in("Mona", Role.HOTLINE_MANAGER)
    address = f"/lists/{get_or_create_list('National', 'National', now).public_id}/disagreements/"
    pages: list[Any] = []
    after = ""
    while not pages or after:
        pages.append(client.get(address, {"after": after}).context)
        after = pages[-1]["next"]
    shown = [(each.entry.pk, each.other.pk) for page in pages for each in page["rows"]]
    assert max(len(page["rows"]) for page in pages) == 50
    assert len(shown) == len(set(shown)) == 2 * 70


def test_an_entry_has_a_page_with_its_witnesses_and_one_in_quarantine_waits_on_a_page_of_its_own(
    sign_in: SignIn, now: dt.datetime
) -> None:
    from orbweaver.detect.hashlists.models import HashList, HashListEntry
    from orbweaver.detect.hashlists.rules import EntryRow
    from orbweaver.detect.hashlists.services import get_or_create_list, set_entry_state
    from orbweaver.detect.hashlists.writing import upsert_entries

    for name, said in (("National", "csam"), ("Partner", "csam_related")):
        row = EntryRow("md5", b"m" * 16, said, "unidentified", "", name, False, f"{name}-7", media_type="video")
        upsert_entries(get_or_create_list(name, name, now), [row], now)
    client = sign_in("Mona", Role.HOTLINE_MANAGER)
    assert "No entry is in quarantine" in client.get("/lists/quarantine/").content.decode()
    entry = HashListEntry.objects.select_related("hash_list").earliest("pk")
    set_entry_state([entry], HashListEntry.State.QUARANTINED, reason="far too many", by=None, now=now)
    assert "1 entry is in quarantine" in client.get("/lists/").content.decode()
    waiting = client.get("/lists/quarantine/").content.decode()
    assert all(text in waiting for text in (entry.public_id, "far too many", "Let it match as before"))
    page = client.get(f"/lists/{entry.hash_list.public_id}/entries/{entry.public_id}/").content.decode()
    assert all(text in page for text in ("National-7", "a video", "MD5", "Partner", "disagrees", "far too many"))
    assert (b"m" * 16).hex() not in page, "no page shows a hash"
    disagreeing = f"/lists/{entry.hash_list.public_id}/disagreements/"
    assert disagreeing in client.get(f"/lists/{entry.hash_list.public_id}/").content.decode()
    page = client.get(disagreeing).content.decode()
    assert all(text in page for text in (entry.public_id, "Partner", "Classification", "1 entry was compared"))
    assert "No other list says anything else" in client.get(disagreeing, {"after": "ff" * 16}).content.decode()
    assert client.get(disagreeing, {"after": "no hex"}).status_code == 404
    address = f"/lists/{entry.hash_list.public_id}/entries/{entry.public_id}/"
    analyst = sign_in("Ann", Role.ANALYST)
    for words in ((b"m" * 16).hex(), entry.public_id):  # whoever has a hash in hand gets to its page
        assert address in client.get("/search/", {"q": words}).content.decode()
        assert address not in analyst.get("/search/", {"q": words}).content.decode()
    judged = {"entry": entry.public_id, "state": "disputed", "reason": "a logo"}
    for back, page_of in (("quarantine", "/lists/quarantine/"), ("entry", address)):
        answer = client.post(f"/lists/{entry.hash_list.public_id}/state/", {**judged, "back": back})
        assert answer.headers["Location"] == page_of
    terms = {"trust": "low", "allowed": "act", "doors": ["exchange"], "radius": 12, "expires_on": "2099-12-31"}
    where = f"/lists/{entry.hash_list.public_id}/terms/"
    refused = client.post(where, terms, follow=True).content.decode()
    assert "Write under which terms its supplier lets it be handed on" in refused
    client.post(where, terms | {"terms": "May go on to hotlines"})
    assert "31 Dec 2099" in client.get(f"/lists/{entry.hash_list.public_id}/").content.decode()
    entry.hash_list.refresh_from_db()
    assert (entry.hash_list.doors, entry.hash_list.radius, entry.hash_list.trust) == (["exchange"], 12, "low")
    assert "Expired" not in client.get("/lists/").content.decode()
    HashList.objects.filter(pk=entry.hash_list_id).update(expires_on=now.date() - dt.timedelta(days=1))
    assert "Expired" in client.get("/lists/").content.decode()
    assert "over: its entries match nothing" in client.get(f"/lists/{entry.hash_list.public_id}/").content.decode()


def test_an_entry_that_few_companies_find_very_often_waits_for_a_person_who_puts_it_aside_or_calls_it_right(
    sign_in: SignIn, now: dt.datetime
) -> None:
    from orbweaver.detect.hashlists.models import HashListEntry
    from orbweaver.detect.hashlists.rules import EntryRow
    from orbweaver.detect.hashlists.services import get_or_create_list
    from orbweaver.detect.hashlists.writing import upsert_entries
    from orbweaver.detect.matching.flood import count_scans, quarantine_floods
    from orbweaver.people.audit.models import Event

    row = EntryRow("md5", b"m" * 16, "csam", "unidentified", "", "National", False, "National-7", media_type="image")
    upsert_entries(get_or_create_list("National", "national", now), [row], now)
    entry = HashListEntry.objects.get()
    count_scans({(entry.pk, "Acme"): 5_000}, now)
    quarantine_floods(now)
    client, analyst = sign_in("Mona", Role.HOTLINE_MANAGER), sign_in("Ann", Role.ANALYST)
    assert "1 entry is found very often by few" in client.get("/lists/").content.decode()
    assert "1 entry of a list is found very often by few" in client.get("/alerts/").content.decode()
    page = client.get("/lists/quarantine/").content.decode()
    assert all(text in page for text in (entry.public_id, "5,000", "1 organisation: Acme 5,000", "Put it aside"))
    assert "Put it aside" not in analyst.get("/lists/quarantine/").content.decode()
    said = {"entry": entry.public_id, "reason": "A picture of the news."}
    assert (
        "This field is required"
        in client.post("/lists/quarantine/often-found/", {**said, "reason": ""}, follow=True).content.decode()
    )
    assert "Recorded" in client.post("/lists/quarantine/often-found/", said, follow=True).content.decode()
    page = client.post("/lists/quarantine/often-found/", said, follow=True).content.decode()
    assert "does not wait for an answer" in page
    assert "Found very often by few" not in page
    (event,) = Event.objects.filter(kind="entry.often_found_is_right")
    assert (event.subject, event.details["up_to"]) == (entry.public_id, 5_000)
    count_scans({(entry.pk, "Acme"): 5_000}, now)
    quarantine_floods(now)
    aside = {**said, "state": "quarantined", "back": "quarantine"}
    page = client.post(f"/lists/{entry.hash_list.public_id}/state/", aside, follow=True).content.decode()
    assert "Let it match as before" in page, "no second person's agreement: the installation itself asked"
    assert "Found very often by few" not in page


def test_the_administrator_adds_people_roles_and_training_and_the_log_says_so(sign_in: SignIn) -> None:
    from orbweaver.people.accounts.models import Organisation, User
    from orbweaver.people.audit.models import Event

    client = sign_in("Ada", Role.ADMINISTRATOR)
    client.post("/people/add-organisation/", {"name": "Sister hotline", "kind": "hotline", "country": "de"})
    home = Organisation.objects.get(name="Sister hotline")
    person = {
        "display_name": "Carl",
        "email": "carl@sister.example",
        "organisation": home.pk,
        "roles": ["analyst"],
        "invitation": "print",
    }
    assert client.post("/people/add/", person).status_code == 302
    again = client.post("/people/add/", person)
    assert again.status_code == 400
    assert "is here already" in again.content.decode()
    carl = User.objects.get(email="carl@sister.example")
    assert not carl.has_usable_password()
    client.post(f"/people/{carl.public_id}/role/", {"role": "senior_analyst"})
    client.post(f"/people/{carl.public_id}/training/", {"course": "Course", "completed_on": "2026-01-01"})
    page = client.get(f"/people/{carl.public_id}/").content.decode()
    assert "Senior analyst" in page
    assert "1 Jan 2026" in page
    assert "has no agreement that is valid today" in page
    kinds = list(Event.objects.order_by("pk").values_list("kind", flat=True))
    for kind in ("organisation.added", "person.added", "role.granted", "training.recorded"):
        assert kinds.count(kind) == 1


def test_the_log_is_shown_in_pages_that_new_events_do_not_move(sign_in: SignIn, now: dt.datetime) -> None:
    from orbweaver.people.audit.services import record

    client = sign_in("Mona", Role.HOTLINE_MANAGER)
    for number in range(60):
        record("test.event", f"tst_{number:016d}", at=now)
    first = client.get("/audit/?kind=test.")
    assert first.context["events"][0][0].subject == "tst_0000000000000059"
    older = first.context["older"]
    record("test.event", "tst_new", at=now)
    second = client.get(f"/audit/?{older}")
    assert [event.subject for event, _ in second.context["events"]] == [f"tst_{n:016d}" for n in range(9, -1, -1)]
    assert second.context["older"] == ""
    one = client.get("/audit/?subject=tst_0000000000000003")
    assert len(one.context["events"]) == 1
    assert client.get("/audit/?before=9999999999999999999999&actor=x").status_code == 200


def test_the_log_says_in_a_sentence_who_did_what(sign_in: SignIn, now: dt.datetime) -> None:
    from orbweaver.people.accounts.models import User
    from orbweaver.people.audit.services import record

    client = sign_in("Mona", Role.HOTLINE_MANAGER)
    record("lead.added", "led_0000000000000001", actor=User.objects.get(display_name="Mona"), at=now)
    record("notice.sent", "ntc_0000000000000001", at=now)
    page = client.get("/audit/").content.decode()
    assert "Mona added a lead." in page
    assert "The system sent a message of a notice." in page
    assert (
        "Das System hat eine Nachricht einer Mitteilung gesendet."
        in client.get("/audit/", headers={"accept-language": "de"}).content.decode()
    )


def test_the_log_is_shown_whatever_the_details_of_an_event_are_called(sign_in: SignIn, now: dt.datetime) -> None:
    from orbweaver.people.audit.services import record

    record("test.done", "tst_0000000000000001", details={"items": 3, "keys": "x"}, at=now)
    page = sign_in("Mona", Role.HOTLINE_MANAGER).get("/audit/?kind=test.").content.decode()
    assert "keys: x, items: 3" in page


def test_setting_up_is_a_checklist_whose_mail_is_tried_from_it(
    sign_in: SignIn, set_config: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from orbweaver.doors.web.administration import checklist
    from orbweaver.errors import Unavailable
    from orbweaver.notify.notices.sending.trial import Tried

    set_config(smtp_host="127.0.0.1")
    client = sign_in("Ada", Role.ADMINISTRATOR)
    page = client.get("/setting-up/").content.decode()
    assert page.count("To do") >= 3
    assert "Send a test message to ada@hotline.example" in page

    def down(*_args: object, **_options: object) -> Tried:
        raise Unavailable("The mail server is away.")

    monkeypatch.setattr(checklist, "try_channel", down)
    assert "The mail server is away." in client.post("/setting-up/mail/", follow=True).content.decode()
    before = client.get("/setting-up/").content.decode().count(">Done<")
    monkeypatch.setattr(checklist, "try_channel", lambda *_args, **_options: Tried("tst_2", 0.1, ()))
    after = client.post("/setting-up/mail/", follow=True).content.decode()
    assert "reference tst_2" in after
    assert after.count(">Done<") == before + 1


def test_an_administrator_reads_and_confirms_what_the_pages_promise(sign_in: Any, set_config: Any) -> None:
    from orbweaver.people.audit.models import Event

    set_config(survivor_words_days=99)
    client = sign_in("Ada", Role.ADMINISTRATOR)
    page = client.get("/setting-up/").content.decode()
    assert "deleted 99 days after" in page
    assert "Only trained people" in page
    assert client.post("/setting-up/promises/").status_code == 302
    assert Event.objects.get(kind="promises.confirmed", actor__display_name="Ada").subject == "survivors-7"
    assert "We keep these promises" not in client.get("/setting-up/").content.decode()
