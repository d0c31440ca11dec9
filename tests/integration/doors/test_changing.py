"""Nobody alone gives power over the installation: a second person's agreement, or a day in everybody's sight."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import pytest
from django.test import Client

from orbweaver.assess.review.models import Look, ReviewItem
from orbweaver.assess.review.services import open_items
from orbweaver.detect.evidence.models import Archive
from orbweaver.detect.matching.models import Sighting
from orbweaver.doors.changing import ask_for, carry_out
from orbweaver.doors.workers.changes import carry_out_due, letter_about, tell_everybody
from orbweaver.errors import Conflict, InvalidInput, NotAllowed, OrbweaverError
from orbweaver.people.accounts.models import ApiKey, Organisation, User
from orbweaver.people.accounts.rules import Role
from orbweaver.people.accounts.services import create_organisation
from orbweaver.people.audit.models import Event
from orbweaver.people.audit.services import record
from orbweaver.people.changes import services
from orbweaver.people.changes.models import Change
from orbweaver.people.changes.selectors import counts

pytestmark = pytest.mark.django_db
MakePerson = Callable[..., User]
DAY = dt.timedelta(days=1)


@pytest.fixture
def ada(make_person: MakePerson) -> User:
    return make_person("Ada", Role.ADMINISTRATOR)


@pytest.fixture
def mo(make_person: MakePerson) -> User:
    return make_person("Mo", Role.HOTLINE_MANAGER)


@pytest.fixture(autouse=True)
def _at_work(make_person: MakePerson, make_sighting: Callable[..., Sighting], now: dt.datetime) -> None:
    """Somebody has looked at an item: there is something to be guarded."""
    open_items([make_sighting()], now)
    Look.objects.create(item=ReviewItem.objects.get(), person=make_person("Ann", Role.ANALYST), at=now)


def grant(person: User, by: User, now: dt.datetime, role: Role = Role.SENIOR_ANALYST) -> Change | None:
    return ask_for("role.granted", person.public_id, person.display_name, {"role": role.value}, by=by, now=now)


def has(person: User, role: Role = Role.SENIOR_ANALYST) -> bool:
    return person.role_grants.filter(role=role).exists()


def agree(change: Change, by: User, now: dt.datetime) -> Change:
    return services.agree(change.public_id, by=by, carry_out=carry_out, now=now)


def test_a_role_is_given_with_a_second_persons_word_and_the_log_names_both(
    ada: User, mo: User, make_person: MakePerson, now: dt.datetime
) -> None:
    bob = make_person("Bob")
    change = grant(bob, ada, now)
    assert change is not None
    assert change.due_at is None
    assert not has(bob)
    with pytest.raises(NotAllowed, match="yourself"):
        agree(change, ada, now)
    with pytest.raises(NotAllowed, match="administrators"):
        agree(change, make_person("Eve", Role.ANALYST), now)
    with pytest.raises(Conflict, match="waits already"):
        grant(bob, ada, now)
    agree(change, mo, now)
    assert has(bob)
    event = Event.objects.get(kind="role.granted", subject=bob.public_id)
    assert (event.actor, event.details["agreed_by"]) == (ada, mo.public_id)
    with pytest.raises(Conflict, match="decided"):
        agree(change, mo, now)


@pytest.mark.parametrize(
    ("name", "address"),
    [("ada  L", "other@hotline.example"), ("Somebody Else", "A.da+two@hotline.example"), ("L, Ada", "x@y.example")],
)
def test_one_persons_two_accounts_cannot_agree(
    make_person: MakePerson, now: dt.datetime, name: str, address: str
) -> None:
    ada, bob = make_person("Ada L", Role.ADMINISTRATOR), make_person("Bob")
    User.objects.filter(pk=ada.pk).update(email="ada@hotline.example")
    second = make_person("Second", Role.ADMINISTRATOR)
    User.objects.filter(pk=second.pk).update(display_name=name, email=address)
    change = grant(bob, User.objects.get(pk=ada.pk), now)
    assert change is not None
    assert change.due_at == now + DAY  # as if nobody else were there
    with pytest.raises(NotAllowed, match="themselves"):
        agree(change, User.objects.get(pk=second.pk), now)


def test_accounts_that_one_person_made_alone_do_not_agree_with_them_or_one_another_for_a_month(
    ada: User, make_person: MakePerson, now: dt.datetime
) -> None:
    one, two, bob = (make_person(name, Role.ADMINISTRATOR) for name in ("One", "Two", "Bob"))
    for made in (one, two):
        record("person.added", made.public_id, actor=ada, at=now)
    record("person.added", bob.public_id, actor=ada, details={"agreed_by": "usr_somebody"}, at=now)
    new = make_person("New")
    for asker, other in ((ada, one), (one, ada), (one, two)):
        change = grant(new, asker, now)
        assert change is not None
        with pytest.raises(NotAllowed, match="made or let in this account"):
            agree(change, other, now)
        services.refuse(change.public_id, by=asker, now=now)
    change = grant(new, ada, now)
    assert change is not None
    agree(change, bob, now)  # a second person had vouched for this one
    later = now + dt.timedelta(days=31)
    change = grant(make_person("Newer"), ada, later)
    assert change is not None
    agree(change, one, later)


def test_with_one_administrator_it_takes_a_day_and_everybody_is_told(
    ada: User, make_person: MakePerson, now: dt.datetime
) -> None:
    bob = make_person("Bob")
    change = grant(bob, ada, now)
    assert change is not None
    assert change.due_at == now + DAY
    assert counts(now) == (1, 0)
    assert tell_everybody() == 0  # no mail server: every page says so, and nobody has signed in since
    letter = letter_about(change, bob)
    assert "takes effect in a day" in str(letter["Subject"])
    assert "Ada" in letter.get_content()
    assert carry_out_due(now + 9 * DAY) == 0, "waiting unseen brings nothing about"
    services.told(change, now + DAY)
    assert carry_out_due(now + 2 * DAY - dt.timedelta(seconds=1)) == 0
    assert not has(bob)
    assert (carry_out_due(now + 2 * DAY), carry_out_due(now + 2 * DAY)) == (1, 0)
    assert has(bob)
    assert "agreed_by" not in Event.objects.get(kind="role.granted").details


def test_a_clock_that_the_machines_settings_let_run_makes_no_day_pass(
    ada: User, make_person: MakePerson, now: dt.datetime, set_config: Callable[..., None]
) -> None:
    bob = make_person("Bob")
    change = grant(bob, ada, now)
    assert change is not None
    services.told(change, now)
    Archive.objects.create(bound_at=now, swept_at=now)
    set_config(clock_speed=7200, clock_epoch=now)
    assert carry_out_due(now + 2 * DAY) == 0
    Archive.objects.update(simulated=True)  # a demonstration from its first day on
    assert carry_out_due(now + 2 * DAY) == 1


def test_what_an_account_asked_for_that_is_let_in_no_more_waits_for_a_person(
    ada: User, make_person: MakePerson, client: Client, now: dt.datetime
) -> None:
    bob = make_person("Bob")
    change = grant(bob, ada, now)
    assert change is not None
    services.told(change, now)
    mo = make_person("Mo", Role.HOTLINE_MANAGER)
    User.objects.filter(pk=ada.pk).update(is_active=False)  # it was stolen
    assert [carry_out_due(now + 2 * DAY) for _ in range(2)] == [1, 0]
    assert not has(bob)
    client.force_login(mo)
    assert "can no longer sign in" in client.get("/people/changes/").content.decode()
    agree(Change.objects.get(), mo, now + 2 * DAY)
    assert has(bob)


def test_what_has_become_impossible_while_it_waited_is_refused(ada: User, now: dt.datetime) -> None:
    said = {"name": "Some", "kind": "hotline", "country": "CA", "agreement": "", "vetted_on": None}
    said |= {"agreement_ends_on": None}
    first = ask_for("organisation.added", "", "Some", said, by=ada, now=now)
    second = ask_for("organisation.added", "", "Some", said | {"country": "FR"}, by=ada, now=now)
    assert first is not None
    assert second is not None
    for change in (first, second):
        services.told(change, now)
    assert [carry_out_due(now + DAY) for _ in range(3)] == [1, 1, 0]
    assert [each.state for each in Change.objects.order_by("pk")] == ["done", "refused"]


def test_one_person_alone_in_an_emergency_is_shown_to_everybody(
    ada: User, mo: User, make_person: MakePerson, now: dt.datetime
) -> None:
    bob = make_person("Bob")
    change = grant(bob, ada, now)
    assert change is not None
    with pytest.raises(NotAllowed):
        services.carry_out_alone(change.public_id, "I want to", by=bob, carry_out=carry_out, now=now)
    with pytest.raises(InvalidInput):
        services.carry_out_alone(change.public_id, " ", by=ada, carry_out=carry_out, now=now)
    done = services.carry_out_alone(change.public_id, "A child is at risk", by=ada, carry_out=carry_out, now=now)
    assert has(bob)
    assert counts(now) == (0, 1)
    assert counts(now + dt.timedelta(days=8)) == (0, 0)
    assert "alone" in str(letter_about(done, mo)["Subject"])
    assert Event.objects.get(kind="role.granted").details["alone"] is True
    assert Event.objects.filter(kind="change.carried_out_alone", actor=ada).exists()


def test_what_lessens_power_is_done_at_once_unless_it_leaves_one_alone(
    ada: User, mo: User, make_person: MakePerson, now: dt.datetime
) -> None:
    bob, ben = make_person("Bob", Role.SENIOR_ANALYST), make_person("Ben", Role.ADMINISTRATOR)
    taken = {"role": Role.SENIOR_ANALYST.value}
    assert ask_for("role.taken", bob.public_id, "Bob", taken, by=ada, now=now) is None
    assert not has(bob)
    assert ask_for("person.switched_off", bob.public_id, "Bob", {}, by=ada, now=now) is None
    assert ask_for("person.switched_off", ben.public_id, "Ben", {}, by=ada, now=now) is not None
    assert ask_for("role.taken", ben.public_id, "Ben", {"role": "administrator"}, by=ada, now=now) is not None
    with pytest.raises(OrbweaverError):
        ask_for("person.switched_off", ada.public_id, "Ada", {}, by=ada, now=now)
    assert User.objects.get(pk=ben.pk).is_active
    assert ask_for("person.switched_off", mo.public_id, "Mo", {}, by=ada, now=now) is not None, "she may agree"
    assert ask_for("role.taken", mo.public_id, "Mo", {"role": "hotline_manager"}, by=ada, now=now) is not None
    assert services.seconds_of(ada, now) == [User.objects.get(pk=mo.pk), ben]


def test_what_the_log_dates_ahead_of_time_takes_nobody_a_second_person(ada: User, mo: User, now: dt.datetime) -> None:
    record("person.added", mo.public_id, actor=ada, at=now + dt.timedelta(days=300_000))
    assert services.seconds_of(ada, now) == [mo]


def test_people_of_an_organisation_whose_agreement_ended_neither_agree_nor_refuse_nor_look(
    ada: User, mo: User, client: Client, organisation: Organisation, make_person: MakePerson, now: dt.datetime
) -> None:
    change = grant(make_person("Bob"), ada, now)
    assert change is not None
    over = dt.date(2020, 12, 31)
    User.objects.filter(pk=mo.pk).update(
        organisation=create_organisation(name="Former", kind="hotline", country="FR", agreement_ends_on=over)
    )
    mo = User.objects.get(pk=mo.pk)
    assert services.seconds_of(ada, now) == []
    with pytest.raises(NotAllowed, match="agreement"):
        agree(change, mo, now)
    with pytest.raises(NotAllowed, match="agreement"):
        services.refuse(change.public_id, by=mo, now=now)
    client.force_login(mo)
    for page in ("/search/", "/people/changes/", "/alerts/"):
        assert client.get(page).status_code == 403, page
    assert client.post(f"/people/changes/{change.public_id}/refuse/").status_code == 403
    assert [client.get(page).status_code for page in ("/account/", "/account/second-factor/")] == [200, 200]
    assert client.post("/sign-out/").status_code == 302


def test_nothing_waits_before_anybody_has_looked_at_an_item(
    ada: User, make_person: MakePerson, now: dt.datetime
) -> None:
    Look.objects.all().delete()
    bob = make_person("Bob")
    assert grant(bob, ada, now) is None
    assert has(bob)


def test_pages_ask_and_agree_and_show_it_to_everybody(
    ada: User, mo: User, make_person: MakePerson, organisation: Organisation, client: Client
) -> None:
    bob = make_person("Bob")
    client.force_login(ada)
    client.post(f"/people/{bob.public_id}/role/", {"role": "senior_analyst"})
    new = {"display_name": "New", "email": "new@hotline.example", "organisation": organisation.pk, "roles": "analyst"}
    assert client.post("/people/add/", new | {"invitation": "print"}).status_code == 302
    key = {"name": "filter", "organisation": organisation.pk, "scopes": "scan:use"}
    client.post("/keys/add/", key)
    assert not ApiKey.objects.exists()
    assert not has(bob)
    role, person, made = Change.objects.order_by("pk")
    client.force_login(bob)
    assert "3 changes wait" in client.get("/account/").content.decode()
    page = client.get("/people/changes/").content.decode()
    assert "new@hotline.example" in page
    assert client.post(f"/people/changes/{role.public_id}/agree/").status_code == 403
    client.force_login(mo)
    for change in (role, person, made):
        client.post(f"/people/changes/{change.public_id}/agree/")
    assert has(bob)
    entered = User.objects.get(email="new@hotline.example")
    assert not entered.has_usable_password()
    assert entered.made_alone_by is None
    assert client.post(f"/people/changes/{made.public_id}/key/").status_code == 403  # no administrator
    client.force_login(ada)
    assert "owk_" in client.post(f"/people/changes/{made.public_id}/key/").content.decode()
    assert client.post(f"/people/changes/{made.public_id}/key/").status_code == 404  # once
    one = ApiKey.objects.get()
    assert client.post(f"/keys/{one.public_id}/replace/").headers["Location"] == "/people/changes/"
    replaced = Change.objects.get(kind="key.replaced")
    client.force_login(mo)
    client.post(f"/people/changes/{replaced.public_id}/agree/")
    client.force_login(ada)
    assert ApiKey.objects.count() == 1
    assert "owk_" in client.post(f"/people/changes/{replaced.public_id}/key/").content.decode()
    assert client.post(f"/people/changes/{replaced.public_id}/key/").status_code == 404  # once
    assert ApiKey.objects.count() == 2


@pytest.fixture
def mona(make_person: MakePerson) -> Client:
    """The pages, as a manager sees them who may edit lists."""
    client = Client()
    client.force_login(make_person("Mona", Role.HOTLINE_MANAGER))
    return client


def test_a_list_that_one_person_uploads_is_imported_once_a_second_one_agrees_and_its_file_goes_when_not(
    ada: User, mona: Client, now: dt.datetime, tmp_path: Path, set_config: Callable[..., None]
) -> None:
    from django.core.files.uploadedfile import SimpleUploadedFile

    from orbweaver.detect.hashlists.models import HashListEntry, UploadedList
    from orbweaver.detect.hashlists.uploads import import_uploaded

    set_config(data_dir=tmp_path)

    def uploaded(name: str) -> UploadedList:
        rows = f"kind,value,classification\nmd5,{name[0] * 32},csam\n".encode()
        said = {"name": name, "supplier": "Partner", "kind": "known", "file": SimpleUploadedFile("l.csv", rows)}
        assert mona.post("/lists/upload/", said).status_code == 302
        return UploadedList.objects.latest("pk")

    before = HashListEntry.objects.count()
    kept, unwanted = uploaded("a list"), uploaded("b list")
    assert "waits for a second person’s agreement" in mona.get(f"/lists/uploads/{kept.public_id}/").content.decode()
    assert import_uploaded(now) == 0
    page = mona.get("/people/changes/").content.decode()
    assert all(said in page for said in ("Kind: Known material", "Lines: 2", kept.public_id, "l.csv"))
    agree(Change.objects.get(subject=kept.public_id), ada, now)
    refused = Change.objects.get(subject=unwanted.public_id)
    mona.post(f"/people/changes/{refused.public_id}/refuse/")
    assert import_uploaded(now) == 1
    assert HashListEntry.objects.count() == before + 1
    unwanted.refresh_from_db()
    assert unwanted.state == UploadedList.State.REFUSED
    assert not list((tmp_path / "uploads").iterdir())


def test_terms_and_a_file_imported_again_act_once_a_second_person_agrees_and_not_before(
    ada: User, mona: Client, now: dt.datetime, tmp_path: Path, set_config: Callable[..., None]
) -> None:
    from django.core.files.uploadedfile import SimpleUploadedFile

    from orbweaver.detect.hashlists.models import HashList, HashListEntry
    from orbweaver.detect.hashlists.uploads import import_uploaded
    from orbweaver.detect.matching.rules import Hit, counting_hits
    from orbweaver.detect.matching.selectors import hashes_of, known_matches, terms_of

    set_config(data_dir=tmp_path)
    entry = HashListEntry.objects.select_related("hash_list").earliest("pk")
    known, found = entry.hash_list, entry.hashes.get()
    hits = [Hit(found.pk, found.kind)]

    def acts() -> tuple[str, bool, bool, str]:
        known.refresh_from_db()
        entry.refresh_from_db()
        crawled = counting_hits(hits, terms_of(hashes_of(hits), HashList.Door.CRAWLER), 31)
        return str(known.allowed), bool(crawled), bool(known_matches(hits)), entry.classification

    terms = {"terms": "scans alone", "trust": "usual", "allowed": "review", "doors": ["scans"]}
    assert mona.post(f"/lists/{known.public_id}/terms/", terms).status_code == 302
    assert acts() == ("act", True, True, "csam")
    agree(Change.objects.get(kind="list.terms_set"), ada, now)
    assert acts() == ("review", False, True, "csam")

    rows = f"kind,value,classification\n{found.kind},{bytes(found.value).hex()},csam_related\n".encode()
    again = {"name": known.name, "supplier": known.supplier, "kind": "known"}
    said = again | {"file": SimpleUploadedFile("again.csv", rows)}
    assert mona.post("/lists/upload/", said).status_code == 302
    assert (import_uploaded(now), acts()[3]) == (0, "csam")
    agree(Change.objects.get(kind="list.imported"), ada, now)
    assert (import_uploaded(now), acts()[3]) == (1, "csam_related")
    page = mona.get(f"/lists/{known.public_id}/").content.decode()
    assert "again.csv" in page
    assert "scans alone" in page


def test_one_person_disputes_an_entry_at_once_and_withdraws_it_with_a_second_word(
    ada: User, mona: Client, now: dt.datetime
) -> None:
    from orbweaver.detect.hashlists.models import HashListEntry

    entry = HashListEntry.objects.select_related("hash_list").earliest("pk")

    def state_after(to: str) -> str:
        said = {"entry": entry.public_id, "state": to, "reason": "Looked at."}
        mona.post(f"/lists/{entry.hash_list.public_id}/state/", said)
        entry.refresh_from_db()
        return str(entry.state)

    assert state_after("disputed") == "disputed"
    assert state_after("withdrawn") == "disputed"
    page = mona.get("/people/changes/").content.decode()
    assert all(said in page for said in ("Disputed → Withdrawn", "Reason: Looked at.", entry.public_id))
    agree(Change.objects.get(kind="entry.state_set"), ada, now)
    entry.refresh_from_db()
    assert entry.state == "withdrawn"


def test_nobody_alone_puts_an_entry_aside_that_others_do_not_find_more_than_usual(
    mona: Client, now: dt.datetime, organisation: Organisation
) -> None:
    from orbweaver.detect.hashlists.models import HashListEntry
    from orbweaver.detect.matching.flood import count_scans
    from orbweaver.detect.matching.often import Often, ask

    entry = HashListEntry.objects.select_related("hash_list").earliest("pk")

    def state_after_putting_aside() -> str:
        said = {"entry": entry.public_id, "state": "quarantined", "reason": "Looked at."}
        mona.post(f"/lists/{entry.hash_list.public_id}/state/", said)
        entry.refresh_from_db()
        return str(entry.state)

    assert state_after_putting_aside() == "active"
    Change.objects.all().delete()
    ask(entry, Often(5_000, 1.0, 2, "Acme 5,000"), now)
    count_scans({(entry.pk, organisation.name): 5_000, (entry.pk, "Acme"): 999}, now)
    assert state_after_putting_aside() == "active", "whoever scans for one's own organisation made the question"
    Change.objects.all().delete()
    count_scans({(entry.pk, "Acme"): 1}, now)
    assert state_after_putting_aside() == "quarantined"


def test_a_dispute_by_others_has_nobody_alone_withdraw_an_entry_or_let_it_match_again(
    ada: User, mona: Client, now: dt.datetime
) -> None:
    from orbweaver.detect.exchanges.models import Opinion
    from orbweaver.detect.exchanges.opinions import keep_opinion
    from orbweaver.detect.exchanges.protocols.protocol import Vote
    from orbweaver.detect.hashlists.models import HashListEntry

    entry = HashListEntry.objects.select_related("hash_list").earliest("pk")

    def state_after(outcome: str, reason: str = "We looked") -> str:
        said = keep_opinion(entry, Vote("md5", "Any client", confirms=False, reason=f"for {outcome} {reason}"), now)
        mona.post(f"/lists/feedback/{said.public_id}/conclude/", {"outcome": outcome, "reason": reason})
        entry.refresh_from_db()
        return str(entry.state)

    assert state_after("withdrawn") == "active"
    asked = Change.objects.get(kind="opinion.concluded")
    page = mona.get("/people/changes/").content.decode()
    assert all(said in page for said in (entry.public_id, "Any client", "Withdraw it", "We looked"))
    agree(asked, ada, now)
    entry.refresh_from_db()
    assert (entry.state, Opinion.objects.get().outcome) == ("withdrawn", "withdrawn")
    HashListEntry.objects.filter(pk=entry.pk).update(state="active")
    assert state_after("kept") == "active"
    assert Opinion.objects.get().outcome == "kept", "nothing came of it, so nobody is asked"
    assert state_after("disputed") == "disputed"
    assert state_after("kept", "after all") == "disputed"
    agree(Change.objects.get(state="waiting"), ada, now)
    entry.refresh_from_db()
    assert entry.state == "active"


def test_an_exchange_that_one_person_adds_or_gives_other_credentials_rests_until_a_second_one_agrees(
    ada: User, mona: Client, now: dt.datetime
) -> None:
    from orbweaver.detect.exchanges.models import Exchange

    secrets = "username = we\npassword = x"
    mona.post(
        "/lists/exchanges/add/",
        {
            "name": "NCMEC", "protocol": "ncmec", "address": "test-ngo", "supplier": "NCMEC", "list_name": "NCMEC’s",
            "every_minutes": "60", "credentials": secrets, "allowed": "review",
        },
    )  # fmt: skip
    made = Exchange.objects.get(paused=True)
    page = mona.get("/people/changes/").content.decode()
    assert all(said in page for said in ("Supplied by: NCMEC", "review only", made.public_id))
    agree(Change.objects.get(kind="exchange.resumed"), ada, now)
    assert not Exchange.objects.get().paused
    for _ in range(2):  # asked for twice, it waits once
        mona.post(f"/lists/exchanges/{made.public_id}/credentials/", {"credentials": secrets})
    assert Exchange.objects.get().paused
    assert Change.objects.filter(kind="exchange.resumed", state="waiting").count() == 1
