"""Every form of the pages, public side, workplace, desk and administration, is sent by a click in a real browser.

Which forms there are is read from the templates, and which addresses take one from the code (``forms``): the test
names those that nobody has sent. The parts share one world, in the order of this file. A few parts are a sample; all
of them, and that no form is left over, are a sweep.
"""

from __future__ import annotations

import base64
import datetime as dt
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.films import film, find_film

from orbweaver.people.accounts.rules import Role

from .authenticators import Authenticator
from .conftest import PASSWORD, Hotline, find_copies, find_picture, make_organisation, make_person
from .forms import Desk, Sent, buttons, inventory, marked_forms, recording

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext

    from orbweaver.assess.review.models import ReviewItem

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

OFFICES: dict[str, tuple[Role, ...]] = {
    "Ann": (Role.ANALYST,),
    "Ben": (Role.ANALYST,),
    "Mona": (Role.HOTLINE_MANAGER,),
    "Ada": (Role.ADMINISTRATOR,),
    "Lea": (Role.LAW_ENFORCEMENT_LIAISON,),
    "Sol": (Role.SURVIVOR_SUPPORT,),
    "Sam": (Role.SURVIVOR_SUPPORT,),
    "Hal": (Role.CRITERIA_EDITOR,),
}
TODAY = dt.datetime.now(dt.UTC).date()


@dataclass
class World:
    """One hotline for all tests of this file, and a browser for each person of it."""

    chromium: Browser
    url: str
    folder: Path
    sent: Sent
    people: dict[str, Any] = field(default_factory=dict)
    desks: dict[str, Desk] = field(default_factory=dict)
    contexts: list[BrowserContext] = field(default_factory=list)

    def visitor(self) -> Desk:
        """A browser of nobody in particular."""
        context = self.chromium.new_context(base_url=self.url, locale="en-GB", viewport={"width": 1280, "height": 900})
        context.set_default_timeout(60_000)
        self.contexts.append(context)
        return Desk(context.new_page(), self.sent)

    def signed_in(self, name: str) -> Desk:
        """A browser of its own of this person, who is signed in."""
        desk = self.visitor()
        desk.page.context.add_cookies([self._session_of(self.people[name])])
        return desk

    def at(self, name: str, address: str) -> Desk:
        """The browser of this person, who is signed in, at an address."""
        if name not in self.desks:
            self.desks[name] = self.signed_in(name)
        self.desks[name].page.goto(address)
        return self.desks[name]

    def _session_of(self, person: Any) -> Any:
        from django.test import Client

        client = Client()
        person.refresh_from_db()  # what a form did to the account ends older sign-ins
        client.force_login(person)
        return {"name": "sessionid", "value": client.cookies["sessionid"].value, "url": self.url}

    def hotline(self) -> Hotline:
        """What the services of other journeys take."""
        home = self.people["Ann"].organisation
        return Hotline(home, (self.people["Ann"], self.people["Ben"]), self.people["Mona"], find_picture)


@pytest.fixture
def world(
    chromium: Browser, transactional_db: None, live_server: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Iterator[World]:
    """The hotline with its people, the first of whom came by the one-time link."""
    from orbweaver.platform.config import forget

    settings = {"AUTHORISED_HOTLINE": "true", "LEGAL_AUTHORITY": "a test's own", "DATA_DIR": str(tmp_path / "data")}
    for name, value in {**settings, "SMTP_HOST": "127.0.0.1"}.items():
        monkeypatch.setenv(f"ORBWEAVER_{name}", value)
    forget()
    with marked_forms(), recording() as sent:
        made = World(chromium, live_server.url, tmp_path, sent)
        _set_up(made)
        yield made
        for context in made.contexts:
            context.close()
    forget()


def _set_up(world: World) -> None:
    """The first administrator, with the one-time link, and then everybody else."""
    from orbweaver.people.accounts.models import User
    from orbweaver.people.accounts.services import create_setup_link
    from orbweaver.platform.clock import real_now

    desk = world.visitor()
    desk.page.goto(f"/setup/{create_setup_link(real_now())}/")
    desk.press(
        desk.page.locator("#setup"), organisation="First Hotline", country="CA", display_name="Zoe",
        email="zoe@hotline.example", password=PASSWORD,
    )  # fmt: skip
    assert User.objects.get(email="zoe@hotline.example").role_grants.get().role == Role.ADMINISTRATOR
    home = make_organisation()
    for name, roles in OFFICES.items():
        world.people[name] = make_person(name, home, *roles)


def fresh(row: Any) -> Any:
    row.refresh_from_db()
    return row


def decided(world: World, seed: int, *, removal: bool) -> ReviewItem:
    """An item that Ann and Ben have decided."""
    from orbweaver.assess.criteria import Answers, Category
    from orbweaver.assess.review.services import record_assessment, take
    from orbweaver.notify.notices.models import ToNotify
    from orbweaver.platform.clock import now

    answers = Answers(True, True, Category.CSAM, 9, 12) if removal else Answers(is_child=False, is_harmed=False)
    item = find_picture(seed).review_items.get()
    for name in ("Ann", "Ben"):
        person = world.people[name]
        taken = take(item.public_id, person, now())
        record_assessment(item.public_id, person, answers, taken.version, now())
    ToNotify.objects.update(due_at=now())
    item.refresh_from_db()
    return item


def waiting(seed: int) -> ReviewItem:
    return find_picture(seed).review_items.get()


def the_public_side(world: World) -> None:
    from orbweaver.detect.intake.models import Report

    desk = world.visitor()
    desk.page.goto("/public/how/")
    desk.press(desk.form("/language/", "header"), "Français")
    assert desk.page.locator("html").get_attribute("lang") == "fr"
    desk.press(desk.form("/language/", "header"), "English")
    desk.page.goto("/public/report/")
    desk.press(desk.page.locator("#report"), url="https://forum.example/thread/1", comment="On the left.")
    desk.says("Thank you")
    assert Report.objects.count() == 1


def the_front_door_and_ones_own_account(world: World) -> None:
    person = world.people["Ben"]
    desk, other = world.visitor(), "another long passphrase"
    desk.page.goto("/sign-in/")
    desk.press(desk.page.locator("#sign-in"), email=person.email, password=PASSWORD)
    desk.page.goto("/account/")
    desk.press(
        desk.page.locator("#password"), old=PASSWORD, new="another long passphrase", again="another long passphrase"
    )
    desk.says("The password is changed")
    assert fresh(person).check_password(other)
    for _ in range(3):
        world.signed_in("Ben")
    desk.page.reload()
    desk.press(desk.page.locator("#sign-ins li form"), "End it")
    desk.press(desk.page.locator("#end-others"))
    desk.says("2 sign-ins are ended.")
    desk.page.goto("/alerts/")
    assert desk.page.locator("#alert-mail").count() == 0, "nothing that waits is an analyst's"
    desk.press(desk.form("/sign-out/", "header"), "Sign out")
    assert desk.page.url.endswith("/sign-in/")


def a_second_factor(world: World) -> None:
    """Set up, given at the sign-in, asked of a session that has not given it, and turned off."""
    from orbweaver.people.accounts import second_factor
    from orbweaver.people.accounts.models import SecondFactor
    from orbweaver.platform.clock import real_now

    def code() -> str:
        SecondFactor.objects.update(last_step=0)
        step = int(real_now().timestamp()) // second_factor.STEP_S
        return second_factor.code_at(base64.b32decode(secret), step)

    desk, before = world.signed_in("Ben"), world.signed_in("Ben")
    desk.page.goto("/account/second-factor/")
    secret = desk.page.locator("#key").inner_text()
    desk.press(desk.page.locator("#set-up"), code=code(), password="another long passphrase")
    desk.says("The second factor is on")
    visitor = world.visitor()
    visitor.page.goto("/sign-in/?next=/account/")
    visitor.press(visitor.page.locator("#sign-in"), email="ben@hotline.example", password="another long passphrase")
    visitor.press(visitor.page.locator("#sign-in-code"), code=code())
    assert visitor.page.url.endswith("/account/")
    before.page.goto("/account/second-factor/")
    before.press(before.page.locator("#give-code"), code=code())
    before.says("Codes are on")
    before.press(before.page.locator("#turn-off"), code=code())
    before.says("The second factor is off")


def a_passkey(world: World) -> None:
    from orbweaver.platform.config import forget

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ORBWEAVER_BASE_URL", world.url)  # browsers make passkeys for a name alone
        forget()
        _use_a_passkey(world)
    forget()


def _use_a_passkey(world: World) -> None:
    password = "another long passphrase"
    desk, before, visitor = world.signed_in("Ben"), world.signed_in("Ben"), world.visitor()
    key = Authenticator(desk.page)
    desk.page.goto("/account/second-factor/")
    desk.press(desk.page.locator("#add-passkey"), name="my phone", password=password)
    desk.says("The passkey is kept.")
    before.page.goto("/account/second-factor/")
    key = key.moved_to(before.page)
    before.press(before.page.locator("#prove-passkey"))
    before.says("my phone")
    visitor.page.goto("/sign-in/")
    key.moved_to(visitor.page)
    with visitor.page.expect_navigation():
        wrong = "form => { form.elements.namedItem('answer').value = '{}'; form.submit(); }"
        visitor.page.locator("#sign-in-passkey").evaluate(wrong)
    visitor.says("The passkey was not accepted.")
    visitor.press(visitor.page.locator("#sign-in-passkey"))
    visitor.press(visitor.form("/sign-out/", within="header"))
    visitor.page.goto("/sign-in/?next=/account/")
    visitor.press(visitor.page.locator("#sign-in-passkey"))
    assert visitor.page.url.endswith("/account/")
    visitor.press(visitor.form("/sign-out/", within="header"))
    visitor.press(visitor.page.locator("#sign-in"), email="ben@hotline.example", password=password)
    visitor.press(visitor.page.locator("#sign-in-passkey"))
    before.press(before.form("/passkeys/remove/"), password=password)
    before.says("it opens your account no more")


def a_forgotten_password(world: World) -> None:
    from orbweaver.people.accounts.models import PasswordRequest
    from orbweaver.people.accounts.passwords import MAILED_LINK_VALID, make_link
    from orbweaver.platform.clock import real_now

    person, other = world.people["Ben"], "yet another passphrase"
    desk = world.visitor()
    desk.page.goto("/password/")
    desk.press(desk.page.locator("#forgotten"), email=person.email)
    assert PasswordRequest.objects.get().email == person.email
    desk.page.goto(f"/password/{make_link(person, valid=MAILED_LINK_VALID, at=real_now())}/")
    desk.press(desk.page.locator("#new-password"), new=other, again=other)
    assert fresh(person).check_password(other)


def a_session_that_ends(world: World) -> None:
    """What is sent afterwards waits through the sign-in, and is sent with one press."""
    from orbweaver.people.accounts.models import SignIn
    from orbweaver.people.accounts.sessions import kept_as

    desk = world.at("Ann", "/my-keys/")
    [kept] = [each["value"] for each in desk.page.context.cookies() if each["name"] == "sessionid"]
    SignIn.objects.filter(pk=kept_as(kept)).update(expire_date=dt.datetime(2026, 1, 1, tzinfo=dt.UTC))
    desk.page.locator("main form").first.locator("button").first.click()
    desk.page.wait_for_url("**/sign-in/?next=/waits/")
    desk.press(desk.page.locator("#sign-in"), email="ann@hotline.example", password=PASSWORD)
    assert desk.page.url.endswith("/waits/")
    desk.press(desk.page.locator("#held"))
    assert desk.page.url.endswith("/my-keys/")


def people_and_their_organisations(world: World) -> None:
    from orbweaver.people.accounts.models import Organisation, User
    from orbweaver.people.changes.models import Change

    desk = world.at("Ada", "/people/add-organisation/")
    desk.press(desk.page.locator("#add"), name="Ministry", kind="government", country="CA", agreement="Of 2026")
    state = Organisation.objects.get(name="Ministry")
    desk.page.goto(f"/organisations/{state.public_id}/")
    until = (TODAY + dt.timedelta(days=99)).isoformat()
    desk.press(desk.page.locator("#add"), agreement="Of 2027", vetted_on=TODAY.isoformat(), agreement_ends_on=until)
    assert str(fresh(state).agreement) == "Of 2027"
    ended = state.agreements.get(title="Of 2026")
    desk.press(desk.page.locator(f"form[action='/agreements/{ended.public_id}/end/']"), because="Another one stands.")
    assert fresh(ended).ended_because == "Another one stands."
    desk.page.goto("/people/add/")
    desk.press(
        desk.page.locator("#add"), display_name="Gia", email="gia@hotline.example", organisation=str(state.pk),
        roles=Role.ANALYST.value, invitation="print",
    )  # fmt: skip
    world.people["Gia"] = gia = User.objects.get(email="gia@hotline.example")
    desk.page.goto("/setting-up/")
    desk.press(desk.page.locator("#try-mail"))
    desk.press(desk.page.locator("#confirm-promises"))
    desk.page.goto("/search/")
    desk.press(desk.page.locator("main form[role=search]"), q="gia")
    desk.says("gia@hotline.example")
    desk.page.goto(f"/people/{gia.public_id}/")
    desk.press(desk.page.locator("#print-invitation"))
    desk.says("Invitation for Gia")
    desk.page.goto(f"/people/{gia.public_id}/")
    desk.press(desk.page.locator("#invite"))
    assert fresh(gia).invitation.due_at is not None
    desk.press(desk.page.locator("#role"), role=Role.CRITERIA_EDITOR.value)
    desk.press(desk.form("/take-role/"), "Take “")
    assert [grant.role for grant in gia.role_grants.all()] == [Role.CRITERIA_EDITOR]
    desk.press(desk.page.locator("#training"), course="Sexual maturation", completed_on=TODAY.isoformat())
    assert gia.trainings.count() == 1
    world.signed_in("Gia")
    desk.page.reload()
    desk.press(desk.page.locator("#end-sign-ins"))
    desk.page.goto("/alerts/")
    desk.press(desk.page.locator("#alert-mail"), "Send me none")
    desk.page.goto(f"/people/{gia.public_id}/")
    for is_active in (False, True):
        desk.press(desk.page.locator("#switch"))
        assert fresh(gia).is_active is is_active
    asked = Change.objects.filter(kind="person.vouched", subject=gia.public_id, state=Change.State.WAITING)
    desk.page.goto("/people/changes/")
    desk.press(desk.page.locator(f"#{asked.get().public_id}").locator("form[action$='/refuse/']"), "Withdraw it")
    desk.page.goto(f"/people/{gia.public_id}/")
    desk.press(desk.page.locator("#vouch"))
    assert asked.get().asked_by == world.people["Ada"]


def keys_of_programs(world: World) -> None:
    from orbweaver.people.accounts.models import ApiKey

    desk = world.at("Ada", "/keys/add/")
    home = str(world.people["Ada"].organisation.pk)
    desk.press(desk.page.locator("#key"), name="upload filter", organisation=home, scopes="scan:use")
    assert "owk_" in desk.page.content()
    first = ApiKey.objects.get(name="upload filter")
    desk.page.goto(f"/keys/{first.public_id}/")
    desk.press(desk.page.locator("#replace"))
    assert fresh(first).expires_at is not None
    desk.page.goto(f"/keys/{first.public_id}/")
    desk.press(desk.page.locator("#revoke"))
    assert fresh(first).revoked_at is not None


def machines_of_the_fleet(world: World) -> None:
    from orbweaver.people.machines.models import Machine
    from orbweaver.platform.clock import real_now

    at = real_now()
    machine = Machine.objects.create(part="crawl", role="r1", invited_at=at, expires_at=at, joined_at=at, name="one")
    desk = world.at("Ada", "/setting-up/machines/")
    desk.page.get_by_role("link", name="one", exact=True).click()
    for button, is_draining in (("Let it take nothing new", True), ("Let it take up work again", False)):
        desk.press(desk.page.locator("#drain"), button)
        assert (fresh(machine).draining_since is not None) is is_draining
    desk.press(desk.page.locator("#revoke"))
    desk.says("an administrator of the database")  # whom nobody named here
    assert fresh(machine).gone_at is None


def the_criteria(world: World) -> None:
    from tests.criteria_keys import signers

    from orbweaver.assess.criteria import version_text
    from orbweaver.assess.governance.models import CriteriaVersion

    text = version_text("1").replace('version = "1"', 'version = "12"')
    text = text.replace("Doubt about a detail is asked as:", "When in doubt about a detail, ask:")
    file = world.folder / "criteria.toml"
    file.write_text(text.replace("When in doubt", "In doubt"))
    desk = world.at("Hal", "/draft-criteria/")
    desk.press(desk.page.locator("#draft"), purpose="Plainer words.", text=text)
    row = CriteriaVersion.objects.get(number="12")
    desk.page.goto("/criteria/12/edit/")
    desk.press(desk.page.locator("#draft"), file=str(file))
    assert "In doubt" in fresh(row).text
    for name, capacity in (("Hal", "hotline"), ("Gia", "government")):
        desk = world.at(name, "/criteria/12/")
        document = signers().document(capacity, "12", fresh(row).text)
        desk.press(desk.page.locator("#sign"), named="12", document=document)
        desk.says("You have signed this text.")
    desk = world.at("Mona", "/criteria/12/")
    later = dt.datetime.now(dt.UTC) + dt.timedelta(days=9)
    desk.press(desk.page.locator("#use"), named="12", at=later.strftime("%Y-%m-%dT%H:%M"))
    assert fresh(row).takes_effect_at is not None
    desk.press(desk.page.locator("#call-off"))
    assert fresh(row).takes_effect_at is None


def the_registry_and_the_conduct_of_providers(world: World) -> None:
    from orbweaver.notify.providers.models import Provider

    desk = world.at("Mona", "/providers/")
    desk.press(
        desk.page.locator("#new"), name="Lakeside Hosting", country="CA", kind="host", contact="abuse@lakeside.example"
    )
    lake = Provider.objects.get(name="Lakeside Hosting")
    desk.page.goto("/providers/")
    desk.press(desk.page.locator("#new"), name="Carrier")
    desk.page.goto("/providers/")
    desk.press(desk.page.locator("main form[role=search]"), q="Lakeside")
    desk.says("Lakeside Hosting")
    desk.page.goto("/hosts/")
    desk.press(desk.page.locator("main form[role=search]"), host="images.example")
    desk.page.goto(f"/providers/{lake.public_id}/")
    for kind, value in (("domain", "images.example"), ("name", "Lake Ltd")):
        desk.press(desk.page.locator("#add"), what=kind, value=value)
    desk.press(desk.page.locator("#facts"), terms_url="https://lakeside.example/terms")
    desk.press(desk.page.locator("#clause"), ground="child_exploitation", clause="§ 4.2")
    desk.press(desk.page.locator("#link"), kind="upstream", to="Carrier")
    assert fresh(lake).terms_url == "https://lakeside.example/terms"
    assert (lake.domains.count(), lake.clauses.count(), lake.links.count()) == (1, 1, 1)
    desk.press(desk.form("/remove/").filter(has=desk.page.get_by_role("button", name="Take Lake Ltd away")))
    assert not lake.aliases.exists()
    _contacts_of(world, desk, lake)
    desk.press(desk.form("/credit/"), evidence="Its report of May.")
    assert lake.credits.count() == 1
    desk.press(desk.form(f"{lake.public_id}/conduct/"), kind="complicit", applies="yes", reason="It said so.")
    ben = world.at("Ann", f"/providers/{lake.public_id}/")
    ben.press(ben.form("/sign/"))
    ben.says("Signed.")
    ben.press(ben.form("/end/"))
    ben.says("Withdrawn")


def _contacts_of(world: World, desk: Desk, lake: Any) -> None:
    """A web form is entered, changed, put first and retired; the mail server of a test message does not answer."""
    from orbweaver.people.audit.models import Event

    form = "https://lakeside.example/report"
    desk.press(desk.page.locator("#add-contact"), channel="web_form", address=form, language="en")
    one, mail = lake.contacts.get(channel="web_form"), lake.contacts.get(channel="smtp")
    desk.press(desk.page.locator(f"form[action='/contacts/{one.public_id}/']"), address=f"{form}-abuse", language="fr")
    changed = lake.contacts.get(channel="web_form", active=True)
    assert (changed.address, changed.language) == (f"{form}-abuse", "fr")
    for is_first in (True, False):
        desk.press(desk.page.locator(f"form[action='/contacts/{changed.public_id}/first/']"))
        assert (fresh(changed).first_at is not None) == is_first
    desk.press(desk.page.locator(f"form[action='/contacts/{mail.public_id}/test/']"))
    assert Event.objects.get(kind="provider.contact_tried").actor == world.people["Mona"]
    desk.press(desk.form("/remove/").filter(has=desk.page.get_by_role("button", name=f"Take {changed.address} away")))
    assert not lake.contacts.filter(channel="web_form", active=True).exists()


def leads_sites_and_the_off_switches(world: World) -> None:
    from orbweaver.detect.crawl.models import Extent, Lead, Site
    from orbweaver.detect.crawl.selectors import is_crawling_off
    from orbweaver.platform.clock import now

    desk = world.at("Mona", "/leads/")
    desk.press(desk.page.locator("#lead"), url="https://forum.example/start", note="from a partner")
    assert Lead.objects.filter(note="from a partner").exists()
    lead = Lead.objects.get(note="from a partner")
    desk.page.goto(f"/leads/{lead.public_id}/")
    for step in ("stop", "resume", "again"):
        desk.press(desk.form(f"/{lead.public_id}/{step}/"))
    site = Site.objects.filter(host="forum.example").get()
    full = Extent.objects.get(name="host:forum.example")
    Extent.objects.filter(pk=full.pk).update(full_at=now())
    desk.page.goto("/sites/")
    desk.press(desk.form(f"/bounds/{full.pk}/"))
    assert fresh(full).full_at is None
    desk.press(desk.page.locator("main form[role=search]"), name="forum")
    for off in (True, False):
        desk.press(desk.form(f"/{site.pk}/switch/"))
        assert fresh(site).switched_off is off
    for off in (True, False):
        desk.press(desk.form("/sites/switch/"))
        assert is_crawling_off() is off
    desk.page.goto(f"/sites/{site.pk}/")
    desk.press(desk.page.locator("#site"), delay_s="7")
    assert fresh(site).delay_s == 7
    desk.press(desk.form(f"/{site.pk}/kind/"), kind="chat")
    assert fresh(site).kind == "chat"


def terms_and_what_is_watched_for(world: World) -> None:
    from orbweaver.assess.terms.models import TermList, WatchHit, WatchTerm
    from orbweaver.assess.terms.services import PageHit, note_hits
    from orbweaver.platform.clock import now

    desk = world.at("Sol", "/terms/")
    desk.press(desk.form("/watch/"), reference="req_1", kind="name", text="Nicolette Brandywine")
    term = WatchTerm.objects.get()
    note_hits([PageHit(term.pk, "https://forum.example/1", b"1" * 32, "forum.example", 2, 1)], now())
    desk.page.reload()
    desk.press(desk.page.locator("main form[action*='/terms/hits/']"))
    assert WatchHit.objects.get().seen_to_at is not None
    desk.press(desk.form("/withdraw/"))
    assert fresh(term).withdrawn_at is not None
    words = world.folder / "words.csv"
    words.write_text("term,forms\nmouse,mice\n")
    desk = world.at("Mona", "/terms/")
    desk.press(desk.form("/bring/"), name_="Words", language="en", supplier="We", file=str(words))
    brought = TermList.objects.get(name="Words")
    desk.press(desk.page.locator(f"main form[action$='{brought.public_id}/switch/']"))
    assert fresh(brought).switched_off_at is not None


def a_proof_of_age(world: World) -> None:
    """Brought by a visitor, prepared by survivor support, answered by a manager; the visitor does not agree."""
    from orbweaver.follow.survivors import age_proofs
    from orbweaver.follow.survivors.models import AgeProof, AgeProofAnswer, AgeProofDisagreement
    from orbweaver.platform.clock import now

    paper = world.folder / "paper.pdf"
    paper.write_bytes(b"%PDF-1.7 a birth certificate")
    visitor = world.visitor()
    visitor.page.goto("/info/proof/")
    visitor.press(
        visitor.page.locator("#proof"), "Send", brought_by="person", urls="https://images.example/one.png",
        document=str(paper), follow=False,
    )  # fmt: skip
    visitor.says("Thank you. We have your request.")
    keys = {name: visitor.page.locator(f"#{name}").inner_text() for name in ("reference", "secret")}
    made = AgeProof.objects.get()
    desk = world.at("Sol", f"/proofs/{made.public_id}/")
    about = desk.page.locator("main form").filter(has_text="It is about this one")
    desk.press(about, expect=400, verdict="vdt_2222222222222222")
    desk.page.get_by_text("There is no such removal that stands.").wait_for()
    desk.press(desk.page.locator("main form").filter(has_text="Seal it"), document=str(paper))
    desk.press(desk.form("/document/"), follow=False)
    desk = world.at("Mona", f"/proofs/{made.public_id}/")
    answers = desk.page.locator("main form").filter(has_text="Give this answer")
    desk.press(answers, proved="no", reason="time", why="No date on it")
    assert AgeProofAnswer.objects.get().by == world.people["Mona"]
    senior = make_person("Sia", world.people["Mona"].organisation, Role.SENIOR_ANALYST)
    age_proofs.answer(made, proved=False, reason="time", why="No date", by=senior, now=now())
    visitor.page.goto("/info/follow/")
    visitor.press(visitor.page.locator("#progress"), reference=keys["reference"], secret=keys["secret"], follow=False)
    visitor.press(visitor.page.locator("#second-look"), "Send", words="It was in 1999.", follow=False)
    visitor.says("You can read our answer here by")
    assert AgeProofDisagreement.objects.get().words == "It was in 1999."


def a_survivors_request(world: World) -> None:
    """Sent, followed and withdrawn by a visitor; read, promised, tied, let go on, ended and stopped by support, and let
    go on by who has the code."""
    from orbweaver.assess.review.models import Appeal
    from orbweaver.assess.series.models import VictimSeries
    from orbweaver.detect.intake.models import AskedHash
    from orbweaver.follow.survivors.models import (
        CompanyRecord,
        Disagreement,
        Request,
        RequestPart,
        SafetyNotice,
        Stop,
        WordsStep,
    )
    from orbweaver.follow.survivors.rules import Surety
    from orbweaver.follow.survivors.services import add_address
    from orbweaver.follow.survivors.stops import stop
    from orbweaver.notify.notices.models import IncomingAnswer
    from orbweaver.notify.providers.services import add_contact, add_provider
    from orbweaver.platform.clock import now

    add_contact(add_provider("Words", now=now(), domains=["words.example"]), "abuse@words.example", now=now())
    visitor = world.visitor()
    keys = []
    for who, address in (("child", "https://images.example/one.png"), ("representative", "https://words.example/two")):
        visitor.page.goto("/info/ask/")
        visitor.press(
            visitor.page.locator("#ask"), "Send", capacity=who, danger="no", aim="both", urls=address,
            hashes="0f" * 16, follow=False,
        )  # fmt: skip
        visitor.says("Thank you. We have your request.")
        visitor.press(visitor.page.locator("form.languages"), "Deutsch", follow=False)
        visitor.says("Danke. Ihre Anfrage ist bei uns angekommen.")
        keys.append((visitor.page.locator("#reference").inner_text(), visitor.page.locator("#secret").inner_text()))
    visitor.press(visitor.page.locator("#next-person"), follow=False)
    visitor.says("Um Löschung bitten")
    visitor.page.goto("/info/follow/")
    visitor.press(
        visitor.page.locator("#progress"), reference=keys[0][0], secret=keys[0][1], addresses=True, follow=False
    )
    visitor.says("Your request")
    Request.objects.update(created_at=now() - dt.timedelta(days=3))
    visitor.page.goto("/info/follow/")
    visitor.press(visitor.page.locator("#progress"), reference=keys[1][0], secret=keys[1][1], follow=False)
    visitor.page.locator("details:has(#disagree) > summary").click()
    visitor.press(visitor.page.locator("#disagree"), words="It is about me.", follow=False)
    visitor.says("You can read our answer here by")
    assert Disagreement.objects.get().words == "It is about me."
    visitor.page.goto("/info/follow/")
    visitor.press(visitor.page.locator("#progress"), reference=keys[0][0], secret=keys[0][1], follow=False)
    visitor.press(visitor.page.locator("#stop"), follow=False)
    visitor.says("Do you really want to stop your request?")
    visitor.press(visitor.page.locator("#go-on"), follow=False)
    visitor.says("Your request")
    visitor.press(visitor.page.locator("#stop"), follow=False)
    visitor.press(visitor.page.locator("#sure"), follow=False)
    visitor.says("You stopped your request")
    one, two = Request.objects.order_by("pk")
    assert one.withdrawn_at is not None
    Request.objects.filter(pk=two.pk).update(waits_for_person=True)
    seen = decided(world, 77, removal=False).sightings.get()
    add_address(two, seen.url, by=world.people["Sol"], now=now())
    desk = world.at("Sol", f"/requests/{two.public_id}/")
    own = desk.page.locator("main form")
    desk.press(own.filter(has_text="Have them looked at once more"))
    Appeal.objects.filter(requester="survivor").update(decided_at=now(), outcome="upheld")
    desk.page.reload()
    desk.press(own.filter(has=desk.page.locator("[name=answer]")), "Answer", outcome="kept", answer="Two looked.")
    assert Disagreement.objects.get().outcome == "kept"
    desk.press(own.filter(has_text="Let it go on"))
    AskedHash.objects.update(paused_at=now())
    desk.page.reload()
    desk.press(own.filter(has_text="Look for it wherever it is"))
    assert not AskedHash.objects.filter(report__part__request=two).exclude(paused_at=None).exists()
    desk.press(own.filter(has_text="Ask the company"))
    words = own.filter(has_text="I looked: they are there")
    desk.press(words, "I looked: they are not there")
    assert WordsStep.objects.get().kind == "not_there"
    [asked_of_company] = SafetyNotice.objects.all()
    for about in (asked_of_company.public_id, "sfn_nobodys"):
        IncomingAnswer.objects.create(words="Gone.", sender="abuse@words.example", came_at=now(), about=about)
    desk.page.reload()
    desk.press(own.filter(has_text="What the company wrote"), "I have read this")
    desk.press(own.filter(has_text="Open them now"))
    assert not RequestPart.objects.filter(request=two, visit_at__gt=now()).exists()
    desk.press(own.filter(has=desk.page.locator("[name=url]")), url="https://words.example/three")
    assert RequestPart.objects.get(url="https://words.example/three").added_by == world.people["Sol"]
    desk.press(own.filter(has=desk.page.locator("[name=words]")), "Keep it", words="We call on Friday.")
    desk.press(own.filter(has_text="It is kept"))
    desk.press(own.filter(has=desk.page.locator("[name=reference]")), reference=keys[0][0])
    desk.press(own.filter(has_text="Nothing is left to do"))
    desk.page.locator("details:has([name=surety]) > summary").click()
    desk.press(own.filter(has=desk.page.locator("[name=surety]")), "Ask to stop it", surety="words")
    desk = world.at("Sam", f"/requests/{two.public_id}/")
    desk.press(desk.page.locator("main form").filter(has_text="I agree that it stops"), "I agree that it stops")
    desk.says("two people agreed")
    desk.press(desk.page.locator("main form").filter(has_text="It is not to stop"))
    stop(two, Surety.WORDS, by=world.people["Sol"], now=now())
    visitor.page.goto("/info/follow/")
    visitor.press(visitor.page.locator("#progress"), reference=keys[1][0], secret=keys[1][1], follow=False)
    visitor.press(visitor.page.locator("#not-me"), follow=False)
    visitor.says("We go on with your request.")
    assert [each.outcome for each in Stop.objects.order_by("pk")] == [Stop.Outcome.CALLED_OFF, Stop.Outcome.GONE_ON]
    desk = world.at("Sol", "/requests/")
    desk.press(desk.page.locator("main form").filter(has=desk.page.locator("[name=reference]")), reference=keys[1][0])
    assert two.public_id in desk.page.url
    desk = world.at("Sol", "/requests/")
    desk.press(desk.page.locator("main form").filter(has_text="What the company wrote"), "This is an automatic reply")
    assert not IncomingAnswer.objects.exclude(about="").filter(meaning="").exists()
    series = VictimSeries.objects.create(title="A claim", opened_at=now())
    desk = world.at("Sol", "/records/")
    desk.press(desk.form("/records/"), series=series.public_id, for_whom="Her lawyer")
    CompanyRecord.objects.update(written_by=world.people["Mona"])
    desk.page.reload()
    desk.press(desk.form("/release/"))
    with desk.page.expect_download():
        desk.press(desk.form("/file/"), follow=False)
    assert CompanyRecord.objects.get().released_by == world.people["Sol"]
    assert fresh(two).tied_to == one
    assert fresh(two).done_at is not None


def the_hash_lists(world: World) -> None:
    """A list is imported by page, its terms are set, entries are disputed, kept, withdrawn and restored."""
    from orbweaver.detect.hashlists.models import HashList, HashListEntry
    from orbweaver.detect.hashlists.services import set_entry_state
    from orbweaver.detect.hashlists.uploads import import_uploaded
    from orbweaver.detect.matching.flood import count_scans, quarantine_floods
    from orbweaver.platform.clock import now

    file = world.folder / "partner.csv"
    file.write_text(f"kind,value,classification\nmd5,{'a' * 32},csam\nmd5,{'b' * 32},csam\nmd5,short,csam\n")
    desk = world.at("Mona", "/lists/")
    desk.press(desk.page.locator("#upload"), name_="Partner", supplier="Partner hotline", file=str(file))
    desk.says("The file is here")
    assert import_uploaded(now()) == 1
    desk.page.get_by_role("link", name="Open the list").wait_for()
    desk.says("The list is imported")
    partner = HashList.objects.get(name="Partner")
    assert partner.imports.get().by == world.people["Mona"]
    desk.page.goto(f"/lists/{partner.public_id}/")
    desk.press(desk.page.locator("#upload"), file=str(file))
    assert import_uploaded(now()) == 1
    desk.page.goto(f"/lists/{partner.public_id}/")
    desk.press(desk.page.locator("#terms"), terms="For removal alone.", allowed="review")
    assert (fresh(partner).terms, partner.allowed) == ("For removal alone.", "review")
    entry = partner.entries.get(hashes__value=bytes.fromhex("a" * 32))
    for button, state in (("End it: the entry is right", "active"), ("End it: withdraw the entry", "withdrawn")):
        desk.press(desk.page.locator("#state"), value="a" * 32, kind="md5", state="disputed", reason="It is a cat.")
        assert fresh(entry).state == "disputed"
        assert "a" * 32 not in desk.page.content()
        row = desk.form("/state/").filter(has=desk.page.get_by_role("button", name=button))
        desk.press(row, button, reason="Looked at again.")
        assert fresh(entry).state == state
    desk.press(
        desk.form("/state/").filter(has=desk.page.get_by_role("button", name="Let it match again")), reason="An error."
    )
    assert fresh(entry).state == "active"
    for button, state in (
        ("Dispute it", "disputed"),
        ("Withdraw it", "withdrawn"),
        ("Let it match as before", "active"),
    ):
        set_entry_state([entry], HashListEntry.State.QUARANTINED, reason="too many", by=None, now=now())
        desk.page.goto("/lists/quarantine/")
        desk.press(desk.form("/state/"), button, reason="Looked at.")
        assert fresh(entry).state == state
    for button, count, state in (
        ("It is right: ask again when it grows", 5_000, "active"),
        ("Put it aside", 10_000, "quarantined"),
    ):
        later = now() + dt.timedelta(hours=2)  # counted again after somebody let it match
        count_scans({(entry.pk, "Acme"): count}, later)
        quarantine_floods(later)
        desk.page.goto("/lists/quarantine/")
        desk.press(desk.form("/state/"), button, reason="Looked at.")
        assert fresh(entry).state == state
    desk.page.goto(f"/lists/{partner.public_id}/entries/{entry.public_id}/")
    desk.press(desk.page.locator("#state"), state="disputed", reason="A doubt.")
    assert fresh(entry).state == "disputed"


def the_exchanges(world: World) -> None:
    """An exchange is set up, pulled, paused, changed; what others dispute is concluded in each way."""
    from orbweaver.detect.exchanges.models import Exchange, Opinion
    from orbweaver.detect.exchanges.opinions import keep_opinion
    from orbweaver.detect.exchanges.protocols.protocol import Vote
    from orbweaver.detect.hashlists.models import HashList, HashListEntry
    from orbweaver.people.accounts.services import create_organisation
    from orbweaver.platform.clock import now

    desk, secrets = world.at("Mona", "/lists/exchanges/"), "username=we\npassword=xyzzy-42"
    desk.press(
        desk.page.locator("#exchange"),
        name_="NCMEC",
        protocol="ncmec",
        address="test-ngo",
        supplier="NCMEC",
        list_name="NCMEC’s",
        credentials=secrets,
    )
    desk.says("The exchange is set up")
    made = Exchange.objects.get()
    assert "xyzzy-42" not in desk.page.content()
    for button, paused in (("Pause it", True), ("Go on", False), ("Pull it now", False)):
        desk.press(desk.page.locator("#switch"), button)
        assert fresh(made).paused == paused
    desk.press(desk.page.locator("#change"), every_minutes="30", dispute_reason="Not CSAM")
    assert (fresh(made).every_minutes, made.dispute_reason) == (30, "Not CSAM")
    desk.press(desk.page.locator("#credentials"), credentials=secrets)
    desk.says("The credentials are saved")
    entry = HashListEntry.objects.order_by("pk")[0]
    partner = create_organisation(name="Partner", kind="hotline", country="FR")
    world.people["Pia"] = make_person("Pia", partner, Role.HOTLINE_MANAGER)
    guest = world.at("Pia", "/disputes/")
    guest.press(guest.page.locator("#dispute"), expect=400, entry="hle_2", reason="A doll.", follow=False)
    guest.says("We share no entry")
    HashList.objects.filter(pk=entry.hash_list_id).update(doors=[HashList.Door.EXCHANGE])
    guest.press(guest.page.locator("#dispute"), entry=entry.public_id, reason="A doll.", follow=False)
    guest.says("Your dispute is saved")
    Opinion.objects.all().delete()
    for button, outcome in (("The entry is right", "kept"), ("Dispute it", "disputed"), ("Withdraw it", "withdrawn")):
        opinion = keep_opinion(entry, Vote("md5", outcome, confirms=False, reason="A cat"), now())
        desk.page.goto("/lists/feedback/")
        desk.press(desk.form("/conclude/"), button, reason="Looked at.")
        assert Opinion.objects.get(pk=opinion.pk).outcome == outcome


def fill_in(desk: Desk) -> None:
    """Yes, yes, a category, an age: in the form of the assessment."""
    for name, value in (("is_child", "yes"), ("is_harmed", "yes"), ("category", "csam")):
        desk.page.locator(f"[name={name}][value={value}]").check()
    desk.page.locator("[name=age_min]").fill("9")
    desk.page.locator("[name=age_max]").fill("10")


def send_elsewhere(desk: Desk, words: str, *, follow: bool = True) -> None:
    """Press a button that sends the assessment somewhere else."""
    name = desk.page.locator("#assessment [name=form-of-the-test]").input_value()
    before = desk.sent.count(name)
    desk.click(desk.page.get_by_role("button", name=words), follow=follow)
    desk.wait_for(name, before)
    assert desk.sent.last(name) < 400, words


def the_stills_of_a_video(world: World) -> None:
    from orbweaver.assess.review.models import Look, ReviewItem
    from orbweaver.detect.matching.index import index_dir
    from orbweaver.platform.clock import now

    item = find_film(film(32, 33), [33], index_dir(), now())
    desk = world.at("Ann", f"/items/{item.public_id}/")
    desk.press(desk.page.locator("#take"))
    desk.press(desk.page.locator("form.still").first, follow=False)
    desk.page.locator("#frame canvas").wait_for()
    assert Look.objects.filter(item=item).count() == 1
    ReviewItem.objects.filter(pk=item.pk).update(state=ReviewItem.State.DECIDED, leased_to=None)  # out of others' way


def a_held_picture_beside_the_item(world: World) -> None:
    from orbweaver.assess.review.models import Look, ReviewItem
    from orbweaver.detect.held.models import FoundCopy, HeldPicture
    from orbweaver.platform.clock import now

    item, original = waiting(60), find_picture(61)
    held = HeldPicture.objects.create(media=original.media, data=b"sealed", made_at=now())
    corners = [0.1, 0.1, 0.9, 0.1, 0.9, 0.9, 0.1, 0.9]
    proof = {"decision": "proved", "proof": "geometry", "strength": 0.9, "inliers": 40, "agreement": 0.9}
    where = {"mirrored": False, "query_quad": corners, "reference_quad": corners, "edits": ["crop"]}
    FoundCopy.objects.create(sha256=item.media.sha256, held=held, found_at=now(), **proof, **where)
    desk = world.at("Ann", f"/items/{item.public_id}/")
    desk.press(desk.page.locator("#take"))
    desk.press(desk.page.locator("main form[action*='/held/']"))
    desk.page.locator(".outlined img").nth(1).wait_for()
    desk.page.wait_for_function("[...document.images].every(one => one.complete && one.naturalWidth)")
    assert Look.objects.filter(item=item).count() == 2
    out_of_the_way = ReviewItem.objects.filter(media__in=[item.media, original.media])
    out_of_the_way.update(state=ReviewItem.State.DECIDED, leased_to=None)


def the_queue_and_one_item(world: World) -> None:
    from orbweaver.assess.review.models import Assessment, Look, ReviewItem

    items = [waiting(30), waiting(31)]
    desk = world.at("Ann", "/queue/")
    desk.press(desk.page.locator("#narrow form"), host="images.example")
    desk.says("Filter the queue")
    desk.press(desk.page.locator("#take-next"))
    mine = ReviewItem.objects.get(leased_to=world.people["Ann"])
    assert mine in items
    desk.press(desk.page.locator("#look"), follow=False)
    desk.page.locator("#frame canvas").wait_for()
    assert Look.objects.filter(item=mine).count() == 1
    until = mine.leased_until
    desk.page.wait_for_timeout(50)
    send_elsewhere(desk, "Keep it longer", follow=False)
    assert fresh(mine).leased_until > until
    fill_in(desk)
    with desk.page.context.expect_page() as opened:
        send_elsewhere(desk, "See the exact notice", follow=False)
    assert "notice" in opened.value.locator("main").inner_text()
    opened.value.close()
    send_elsewhere(desk, "Give it back")
    assert fresh(mine).leased_to is None
    desk.page.goto(f"/items/{mine.public_id}/")
    desk.press(desk.page.locator("#take"))
    fill_in(desk)
    desk.press(desk.page.locator("#assessment"), "Save my answers")
    assert Assessment.objects.filter(item=mine).count() == 1
    desk.press(desk.page.locator("#undo"))
    assert Assessment.objects.filter(item=mine).count() == 0
    ReviewItem.objects.filter(pk=mine.pk).update(leased_until=mine.created_at)
    fill_in(desk)
    desk.press(desk.page.locator("#assessment"), "Save my answers", expect=409)
    desk.press(desk.page.locator("#take-again"))
    desk.press(desk.page.locator("#assessment"), "Save my answers")
    assert Assessment.objects.filter(item=mine).count() == 1
    desk.page.goto(f"/items/{mine.public_id}/")
    desk.press(desk.form("/queue/next/"))
    send_elsewhere(desk, "Give it back")


def look_alikes_and_own_keys(world: World) -> None:
    from orbweaver.assess.review.models import Assessment, Preferences

    first, second = (each.review_items.get() for each in find_copies(33, ("copy", "mirrored")))
    desk = world.at("Ann", f"/items/{first.public_id}/")
    desk.press(desk.page.locator("#take"))
    send_elsewhere(desk, "Decide with 1 look-alike")
    assert fresh(second).leased_to == world.people["Ann"]
    send_elsewhere(desk, "Only this one")
    assert fresh(second).leased_to is None
    send_elsewhere(desk, "Decide with 1 look-alike")
    fill_in(desk)
    desk.press(desk.page.locator("#assessment"), "Save my answers for all")
    assert Assessment.objects.filter(item__in=(first, second)).count() == 2
    desk.page.goto("/my-keys/")
    desk.page.get_by_label("Take the next item").fill("j")
    desk.press(desk.page.locator("#keys"), "Save my keys")
    assert "j" in str(Preferences.objects.get(person=world.people["Ann"]).keys)


def series_and_what_may_belong_to_them(world: World) -> None:
    from orbweaver.assess.linking.models import SeriesSuggestion
    from orbweaver.assess.series.models import VictimSeries

    from .test_series_journey import two_series

    _sequences()
    lake, boats = (VictimSeries.objects.get(public_id=each) for each in two_series(world.hotline()))
    desk = world.at("Ann", "/series/")
    desk.press(desk.page.locator("main form[method=get]"), words="lake")
    desk.says("The lake house")
    desk.press(desk.form("/open/"), title="A third")
    assert VictimSeries.objects.filter(title="A third").exists()
    desk.page.goto("/series/suggestions/")
    desk.press(desk.page.locator("main form[method=get]"))
    before = SeriesSuggestion.objects.filter(state="open").count()
    desk.press(desk.form("/refuse/"))
    assert SeriesSuggestion.objects.filter(state="open").count() == before - 1
    accept = desk.form("/accept/").filter(has=desk.page.locator("[name=title]"))
    desk.press(accept, title="The pier")
    assert VictimSeries.objects.filter(title="The pier").exists()
    desk.page.goto(f"/series/{lake.public_id}/")
    desk.press(desk.page.locator(f"main form[action*='/{lake.public_id}/look/']"))
    desk.page.goto(f"/series/{lake.public_id}/")
    desk.press(desk.form("/victims/"), label="the younger child", age_min="5", age_max="6")
    assert lake.victims.count() == 2
    place, end = (
        desk.page.locator("main form[action*='/items/']").filter(has=desk.page.locator(f"[name={each}]"))
        for each in ("position", "why")
    )
    desk.press(place, position="after")
    desk.press(end, why="Another lake.")
    assert lake.items.filter(ended_at=None).count() == 2
    desk.page.goto(f"/series/{boats.public_id}/")
    desk.press(desk.form("/merge/"), into=lake.public_id, why="One pier.")
    desk.press(desk.form("/undo/"))
    assert fresh(boats).merged_into is None
    desk.page.goto(f"/series/{lake.public_id}/")
    desk.page.get_by_role("checkbox", name="Split off 1. Picture").first.check()
    desk.press(desk.page.locator("#split"), title="Another pier", why="Two piers.")
    assert VictimSeries.objects.filter(title="Another pier").exists()
    desk = world.at("Lea", f"/series/{lake.public_id}/")
    victim = lake.victims.order_by("pk").first()
    assert victim is not None
    desk.press(desk.form(f"/{victim.public_id}/"), identified="identified", source="RCMP", on=TODAY.isoformat())
    assert fresh(victim).identified is True
    desk.press(desk.form("/known/"), reference="12-345")
    assert fresh(lake).police_reference == "12-345"
    _as_police_see_it(world, lake)


def _as_police_see_it(world: World, series: Any) -> None:
    from orbweaver.assess.review.models import Look

    lea = world.people["Lea"]
    desk = world.at("Lea", f"/urgent/police/series/{series.public_id}/")
    desk.press(desk.form("/shown/"), blur="1")
    desk.press(desk.page.locator("main form[method=get]"), words="nobody wrote this")
    desk.says("No item holds these words.")
    desk.page.goto(f"/urgent/police/series/{series.public_id}/")
    desk.press(desk.page.locator("main form[action*='/look/']"))
    desk.page.locator("main img").wait_for()
    assert Look.objects.filter(person=lea).count() == 1


def _sequences() -> None:
    """Two pairs of pictures whose names follow each other, in no series: two suggestions."""
    from orbweaver.assess.linking.sightings import link
    from orbweaver.detect.hashlists.models import HashListEntry
    from orbweaver.platform.clock import now

    for seed, name in ((50, "pier07"), (51, "pier08"), (52, "cove07"), (53, "cove08")):
        find_picture(seed, url=f"https://images.example/{name[:4]}/{name}.jpg")
    HashListEntry.objects.update(series_name="")
    link(now())


def markers_neighbours_and_the_liaison(world: World) -> None:
    from orbweaver.assess.linking.models import Marker, Neighbour, UrgentReferral
    from orbweaver.assess.review.models import Look
    from orbweaver.assess.series.rules import LinkReason
    from orbweaver.assess.series.services import link_item, open_series
    from orbweaver.platform.clock import now

    ann = world.people["Ann"]
    sighting, other = find_picture(35), find_picture(36)
    item, shore = sighting.review_items.get(), open_series("The shore", by=ann, now=now())
    link_item(shore, other.media, reason=LinkReason.PLACE, by=ann, now=now())
    _hold_beside(sighting)
    desk = world.at("Ann", f"/items/{item.public_id}/")
    desk.press(desk.form("/link/"), series=shore.public_id, position="before", reason="place")
    desk.press(desk.page.locator("#take"))
    for beside in (other.media.public_id, Neighbour.objects.get().public_id):
        desk.press(desk.form(f"/beside/{beside}/"))
        desk.page.locator(".plain-picture img").wait_for()
        desk.page.goto(f"/items/{item.public_id}/")
    assert Look.objects.filter(item=item).count() == 2
    desk.press(desk.page.locator("main form[action*='/neighbours/']"))
    assert Neighbour.objects.get().state == Neighbour.State.LINKED
    desk.press(desk.form("/markers/"), kind="access_to_child", words="Writes of a niece.")
    desk.press(desk.page.locator("#note"), words="The boat again.")
    desk.press(desk.form("/withdraw/"), why="A mistake.")
    assert Marker.objects.get().withdrawn_at is not None
    desk = world.at("Lea", "/urgent/")
    desk.press(desk.form("/take/"))
    desk.press(desk.form("/hand-over/"), to="RCMP, 12-345")
    assert UrgentReferral.objects.get().handed_over_to == "RCMP, 12-345"


def _hold_beside(sighting: Any) -> None:
    """A neighbour of the picture on its page, fetched and held."""
    from django.db import transaction

    from orbweaver.assess.linking.neighbours import PictureOnPage, hold, want
    from orbweaver.fingerprints import fingerprint
    from orbweaver.platform.clock import now
    from orbweaver_trials.demo.pictures import edited

    body, key = edited(37, "copy"), b"n" * 32
    with transaction.atomic():
        want(sighting, [PictureOnPage("https://images.example/beside.jpg", key, 1, "a boat")], now())
        hold({key: (body, fingerprint(body))}, now())


def notices_answers_and_objections(world: World) -> None:
    from orbweaver.assess.review.models import Appeal
    from orbweaver.follow.recheck.models import RecheckTarget
    from orbweaver.notify.notices.letters.tokens import answer_token
    from orbweaver.notify.notices.models import Notice, OutboxMessage, PushBack
    from orbweaver.notify.notices.services import is_paused, issue_notices
    from orbweaver.notify.providers.models import Provider
    from orbweaver.platform.clock import now

    decided(world, 40, removal=True)
    issue_notices(now())
    notice = Notice.objects.get()
    Notice.objects.update(first_sent_at=now())
    OutboxMessage.objects.update(state="sent", sent_at=now())
    desk = world.visitor()
    desk.page.goto(f"/public/answer/{answer_token(notice.public_id)}/")
    desk.press(desk.page.locator("form.answer"), action="push_back", reason="not_a_child")
    desk.says("Thank you, your answer is saved")
    _industry(world, Provider.objects.get(name="Lakeside Hosting"))
    desk = world.at("Ivo", f"/inbox/{notice.public_id}/")
    desk.press(desk.form("/addresses/"), follow=False)
    desk.press(desk.page.locator("form.answer"), action="push_back", reason="not_illegal")
    assert PushBack.objects.filter(outcome="open").count() == 2
    _proof_about(world, notice)
    _answers_in_words(world, notice)
    _sent_by_hand(world, notice)
    _origin_of(world, notice)
    desk = world.at("Mona", f"/notices/{notice.public_id}/")
    looked = f"main form[action*='/{notice.public_id}/addresses/']:has(textarea)"
    desk.press(desk.page.locator(looked), "Still there", reason="Seen.")
    RecheckTarget.objects.update(due_at=now() + dt.timedelta(days=1))
    desk.page.goto(f"/notices/{notice.public_id}/")
    desk.press(desk.form("/check/"), "Check now")
    assert RecheckTarget.objects.get(notice_url=notice.urls.order_by("pk")[0]).due_at <= now()
    desk.press(desk.page.locator(f"main form[action*='{notice.public_id}/messages/']"), follow=False)
    desk.press(desk.form("/review/"))
    assert Appeal.objects.filter(decided_at=None).count() == 1
    Appeal.objects.update(decided_at=now(), outcome="upheld")
    desk.page.reload()
    for outcome in ("upheld", "conceded"):
        button = desk.page.locator(f"button[value={outcome}]")
        desk.press(desk.page.locator("main form[action*='/objections/']").filter(has=button))
        assert PushBack.objects.filter(outcome=outcome).count() == 1
    desk.page.goto("/notices/")
    for paused in (True, False):
        desk.press(desk.form("/pause/"))
        assert is_paused() is paused
    desk.page.goto("/notices/held/")
    desk.press(desk.page.locator("#hold"), country="CA", reason="The law of the country.")
    desk.says("The law of the country.")
    desk.press(desk.form("/lift/"))
    desk.says("No policy is in force")


def _sent_by_hand(world: World, notice: Any) -> None:
    """Two messages that go by a web form: one is copied and sent, the other could not be."""
    from orbweaver.notify.notices.models import OutboxMessage
    from orbweaver.platform.clock import now

    first = notice.messages.get(number=0)
    by_form = {"channel": "web_form", "address": "https://lakeside.example/report", "state": "by_hand", "sent_at": None}
    for number in (1, 2):
        OutboxMessage.objects.create(
            notice=notice, number=number, occasion=f"{notice.public_id}.{number}", message_id=f"<{number}@x>",
            raw=bytes(first.raw), created_at=now(), **by_form,
        )  # fmt: skip
    desk = world.at("Mona", "/notices/by-hand/")
    desk.page.locator("main tbody a").first.click()
    text = desk.page.locator("#copy-body").input_value()
    desk.page.get_by_role("button", name="Copy the text").click()
    desk.says("Copied.")
    assert desk.page.evaluate("getSelection().toString()") == text
    desk.press(desk.page.locator("main form[action*='/by-hand/']"), "Sent by hand", reference="T-1")
    assert notice.messages.get(number=1).sent_by == world.people["Mona"]
    desk.page.locator("main tbody a").first.click()
    desk.press(desk.page.locator("main form[action*='/by-hand/']"), "It could not be sent this way")
    assert notice.messages.get(number=2).state == "refused"


def _origin_of(world: World, notice: Any) -> None:
    """A CDN has answered who hosts what it delivers."""
    type(notice).objects.filter(pk=notice.pk).update(route="cdn")
    desk = world.at("Mona", f"/notices/{notice.public_id}/")
    desk.press(desk.form("/origin/"), name="Carrier")
    assert notice.steps.get().provider.name == "Carrier"
    type(notice).objects.filter(pk=notice.pk).update(route="provider")


def _proof_about(world: World, notice: Any) -> None:
    from orbweaver.follow.survivors.age_proofs import Brought, bring
    from orbweaver.follow.survivors.models import AgeProof
    from orbweaver.platform.clock import now

    made, _ = bring(Brought(AgeProof.BroughtBy.PERSON, notice.urls.get().url, form="2"), now())
    desk = world.at("Sol", f"/proofs/{made.public_id}/")
    desk.press(desk.page.locator("#removals"))
    told = fresh(made).verdict
    assert told is not None
    desk.press(desk.page.locator("main form:has(input[name=verdict][type=text])"), verdict=told.public_id)


def _answers_in_words(world: World, notice: Any) -> None:
    """A mail is saved and said to be automatic; what somebody said on the telephone is recorded."""
    from email.message import EmailMessage

    from orbweaver.notify.notices.answers.incoming import receive
    from orbweaver.notify.notices.models import IncomingAnswer
    from orbweaver.platform.clock import now

    mail = EmailMessage()
    mail["From"], mail["To"] = "Kim <kim@elsewhere.example>", "notices@hotline.example"
    mail["Subject"] = f"Received: {notice.public_id}"
    mail.set_content("We look into it.\n")
    receive(mail.as_bytes(), "", now())
    came = IncomingAnswer.objects.get(about="")
    desk = world.at("Mona", f"/notices/answers/{came.public_id}/")
    desk.press(desk.form("/mail/"), follow=False)
    desk.press(desk.page.locator("main form:not([action])"), "An automatic reply")
    assert fresh(came).read_by == world.people["Mona"]
    came.pk, came.public_id, came.meaning, came.digest = None, "ans_2222222222222222", "", bytes(32)
    came.save()
    desk.page.goto("/notices/answers/")
    desk.page.locator("input[name=answer]").check()
    desk.press(desk.page.locator("#say"), "Something else")
    assert fresh(came).meaning == "other"
    desk.page.goto(f"/notices/{notice.public_id}/")
    desk.press(desk.form("/answered/"), via="phone", meaning="other", words="Kim says that they look into it.")
    assert IncomingAnswer.objects.filter(via="phone").count() == 1


def _industry(world: World, provider: Any) -> None:
    from orbweaver.notify.providers.services import link_organisation
    from orbweaver.people.accounts.services import create_organisation
    from orbweaver.platform.clock import now

    home = create_organisation(name="Lakeside Inc", kind="industry", country="CA")
    world.people["Ivo"] = make_person("Ivo", home, Role.INDUSTRY_CLIENT, trained=False)
    link_organisation(provider, home, now=now())


def reviews_known_answers_and_the_log(world: World) -> None:
    from orbweaver.assess.review.models import Appeal, KnownAnswer

    item = decided(world, 41, removal=False)
    desk = world.at("Mona", "/team/")
    desk.press(desk.page.locator("#known-answer"), item=item.public_id)
    desk.press(desk.page.locator("main form.inline-form"))
    assert KnownAnswer.objects.get().retired_at is not None
    desk.page.goto(f"/verdicts/{item.verdict.public_id}/review/")
    desk.press(desk.page.locator("#appeal"), requester="family", reason="We think otherwise.")
    assert Appeal.objects.filter(verdict__item=item).count() == 1
    desk.page.goto("/audit/")
    desk.press(desk.page.locator("main form[method=get]"), kind="known_answer")
    desk.says("known_answer.retired")


def police_are_told(world: World) -> None:
    import pyrage

    from orbweaver.assess.series.models import PoliceWord
    from orbweaver.notify.police.models import Force, KeepRequest, Order, Referral
    from orbweaver.notify.police.services import add_force, send_due
    from orbweaver.notify.providers.models import Provider
    from orbweaver.notify.providers.services import add_contact, add_provider
    from orbweaver.platform.clock import now

    desk, key = world.at("Lea", "/urgent/police/"), str(pyrage.x25519.Identity.generate().to_public())
    desk.press(desk.page.locator("#force"), name="Police of Example", country="CA", key=key)
    add_force("Others", "CA", key, now())
    desk.page.goto("/urgent/police/")
    desk.press(desk.page.locator("#refer"), item=find_picture(41).review_items.latest("pk").public_id)
    send_due(now())
    desk.page.goto("/urgent/police/")
    desk.press(desk.form("/answer/"), answer="17/2026")
    assert Referral.objects.get().answer == "17/2026"
    said = {"force": Force.objects.get(name="Others").public_id}
    seen = find_picture(41)
    known = Provider.objects.filter(domains__domain=seen.host).first()
    picture, host = seen.media, known or add_provider("Where it was seen", now=now(), domains=[seen.host])
    add_contact(host, "abuse@seen.example", now=now())
    desk.press(
        desk.page.locator("#word"), **said, about=picture.sha256.hex(), said="recovered", on="2026-01-02", series="Lake"
    )
    assert PoliceWord.objects.get().said == "recovered"
    words = world.folder / "said.csv"
    words.write_text(f"sha256,said,on\n{picture.sha256.hex()},recovered,2026-01-02\n")
    desk.press(desk.page.locator("#words"), **said, file=str(words))
    desk.page.goto("/urgent/police/orders/")
    number = find_picture(41).review_items.latest("pk").public_id
    for reference, button in (("1/26", "Hand it over"), ("2/26", "Refuse it")):
        desk.press(
            desk.page.locator("#order"), **said, authority="Court", reference=reference, basis="Section 94",
            items=number, ordered_on="2026-01-02", answer_by="2026-02-02",
        )  # fmt: skip
        form = desk.form("/answer/").filter(has=desk.page.get_by_role("button", name=button))
        if button == "Refuse it":
            desk.press(form, because="No.")
        else:
            desk.press(form)
    assert [each.state for each in Order.objects.order_by("pk")] == ["answered", "refused"]
    desk.page.goto("/urgent/police/orders/")
    desk.press(
        desk.page.locator("#keep"), item=number, authority="Court", reference="3/26", basis="Section 94",
        keep_until=(now().date() + dt.timedelta(days=30)).isoformat(),
    )  # fmt: skip
    assert KeepRequest.objects.get().item.public_id == number
    desk.page.goto("/urgent/police/")
    desk.press(desk.page.locator(f"main form[action$='/{said['force']}/end/']"))
    assert Force.objects.get(name="Others").ended_at is not None


def changes_that_take_a_second_word(world: World) -> None:
    from orbweaver.doors.rule_tables import TABLES
    from orbweaver.people.accounts.models import ApiKey
    from orbweaver.people.changes.models import Change
    from orbweaver.people.rule_tables.services import keep
    from orbweaver.platform.clock import now
    from orbweaver.platform.rule_tables import Laid

    hal, states = world.people["Hal"], Change.State

    def ask(role: Role) -> Change:
        desk = world.at("Ada", f"/people/{hal.public_id}/")
        desk.press(desk.page.locator("#role"), role=role.value)
        desk.says("waits for a second person")
        return Change.objects.latest("pk")

    change = ask(Role.ANALYST)
    desk = world.at("Ada", "/people/changes/")
    desk.press(desk.page.locator(f"#{change.public_id}").locator("form[action$='/refuse/']"), "Withdraw it")
    assert fresh(change).state == states.WITHDRAWN
    change = ask(Role.ANALYST)
    desk = world.at("Mona", "/people/changes/")
    desk.press(desk.page.locator(f"#{change.public_id}").locator("form[action$='/refuse/']"), "Refuse")
    assert fresh(change).state == states.REFUSED
    change = ask(Role.ANALYST)
    desk = world.at("Mona", "/people/changes/")
    desk.press(desk.page.locator(f"#{change.public_id}").locator("form[action$='/agree/']"), "Agree")
    assert hal.role_grants.filter(role=Role.ANALYST).exists()
    change = ask(Role.SURVIVOR_SUPPORT)
    desk = world.at("Ada", "/people/changes/")
    desk.press(
        desk.page.locator(f"#{change.public_id}").locator("form[action$='/alone/']"),
        "Carry it out alone",
        reason="A child is at risk",
    )
    desk.says("carried out by one person alone")
    desk = world.at("Ada", "/audit/retention/")
    desk.press(desk.form("/audit/retention/set/"), report_comment_days="200")
    desk.says("waits for a second person")
    own = (
        'version = "own-1"\nas_of = 2026-11-29\nsource = "Seen"\nowner = "The hotline"\n[[garden]]\nname = "Ours"\n'
        'hosts = ["walled.example"]\nwhy = "login"\nsource = "https://walled.example/"\n'
    )
    desk = world.at("Ada", "/rules/cover/")
    desk.press(desk.form("/rules/cover/import/"), laid="over", reason="We looked", text=own)
    desk.says("waits for a second person")
    other = own.replace("own-1", "own-2").replace("Ours", "Theirs")
    keep(TABLES["cover"], other, Laid.OVER, "We looked", by=None, now=now())
    desk = world.at("Ada", "/rules/cover/")
    desk.press(desk.form("/ask/"))
    desk.says("waits for a second person")
    desk = world.at("Ada", "/keys/add/")
    desk.press(desk.page.locator("#key"), name="other filter", organisation=str(hal.organisation.pk), scopes="scan:use")
    change = Change.objects.latest("pk")
    desk = world.at("Mona", "/people/changes/")
    desk.press(desk.page.locator(f"#{change.public_id}").locator("form[action$='/agree/']"), "Agree")
    desk = world.at("Ada", "/people/changes/")
    desk.press(desk.form("/key/"), "Make the key now")
    assert ApiKey.objects.filter(name="other filter").exists()


PARTS: tuple[Callable[[World], None], ...] = (
    the_public_side,
    the_front_door_and_ones_own_account,
    a_second_factor,
    a_passkey,
    a_forgotten_password,
    a_session_that_ends,
    people_and_their_organisations,
    keys_of_programs,
    machines_of_the_fleet,
    the_criteria,
    the_registry_and_the_conduct_of_providers,
    leads_sites_and_the_off_switches,
    terms_and_what_is_watched_for,
    the_hash_lists,
    the_exchanges,
    a_survivors_request,  # from its verdict on there is something to guard: lists wait for a second word
    a_proof_of_age,
    the_queue_and_one_item,
    the_stills_of_a_video,
    a_held_picture_beside_the_item,
    look_alikes_and_own_keys,
    series_and_what_may_belong_to_them,
    markers_neighbours_and_the_liaison,
    notices_answers_and_objections,
    reviews_known_answers_and_the_log,
    police_are_told,
    changes_that_take_a_second_word,
)


SAMPLE = (the_public_side, keys_of_programs, leads_sites_and_the_off_switches, terms_and_what_is_watched_for)
"""One part for the public and one for each of administration, desk and survivors' support, which need no other part.

Forms of the queue, series, criteria and a provider's inbox are sent by the journeys beside this file as well.
"""


def sent_in_turn(world: World, parts: Sequence[Callable[[World], None]]) -> str:
    """Each part goes on where the one before it ended; what fails in one is told with what the others say."""
    wrong = {}
    for part in parts:
        try:
            part(world)
        except Exception as error:
            wrong[part.__name__] = "".join(traceback.format_exception(error)[-4:])
    return "\n".join(f"{name}: {why}" for name, why in wrong.items())


@pytest.mark.django_db(transaction=True)
def test_forms_of_each_audience_are_sent_by_a_click_in_a_browser_and_are_well_received(world: World) -> None:
    assert sent_in_turn(world, SAMPLE) == ""
    assert len(world.sent.forms) > 15


@pytest.mark.sweep
@pytest.mark.django_db(transaction=True)
def test_every_form_is_sent_by_a_click_in_a_browser_and_is_well_received(world: World, code: Any) -> None:
    wrong = sent_in_turn(world, PARTS)
    takes_a_form = {name for _, method, name, _ in code.page_rows() if method == "POST"}
    nobody_sent = {
        "forms": sorted(inventory() - world.sent.forms),
        "buttons": sorted(each for each in buttons() if each[1] not in world.sent.places),
        "addresses": sorted(takes_a_form - world.sent.places),
    }
    assert not wrong, wrong + str(nobody_sent)
    assert nobody_sent == {"forms": [], "buttons": [], "addresses": []}


def test_a_new_form_is_in_the_inventory_by_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "templates" / "web"
    folder.mkdir(parents=True)
    new = """<form method="post" action="{% url 'queue-next' %}" data-x="a > b">{% csrf_token %}</form>"""
    (folder / "new.html").write_text(f'{new}<form method="dialog"></form>')
    monkeypatch.setattr("tests.e2e.forms.TEMPLATES", tmp_path)
    assert inventory() == {"web/new.html 1 queue-next"}
