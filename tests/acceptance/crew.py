"""The hotline's staff: an administrator made through the setup link, and those whom they add."""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

import psycopg
from tests.acceptance.people import PASSWORD, Page, Person
from tests.acceptance.system import System, wait_for
from tests.acceptance.world import Mail

Answers = Mapping[str, str | list[str]]

CSAM: Answers = {"is_child": "yes", "is_harmed": "yes", "age_min": "6", "age_max": "8", "category": "csam"}
RELATED: Answers = {**CSAM, "category": "csam_related"}
SUB_TYPE_B: Answers = {**CSAM, "category": "other_harmful", "nude": "on", "sexualised_context": "on"}
NO_CHILD: Answers = {"is_child": "no"}


class Crew:
    """Everybody who works at one installation."""

    def __init__(self, system: System, mail: Mail | None = None) -> None:
        """``mail``: where invitations arrive. Without, the administrator prints them."""
        self.system, self.mail = system, mail
        self.admin = Person(system.address)
        page = self.admin.open(system.setup_link)
        self.admin.send(
            page.form(has="password"),
            organisation="Helpline",
            country="CA",
            display_name="Ada",
            email="ada@helpline.test",
            password=PASSWORD,
        )
        self.organisation = self._organisation("Helpline")
        self.people: dict[str, Person] = {}

    def _organisation(self, name: str) -> str:
        found = re.search(rf'<option value="(\d+)">{re.escape(name)}', self.admin.open("/people/add/").text)
        assert found, "the administrator finds no organisation"
        return found.group(1)

    def add(self, name: str, *roles: str, email: str = "", organisation: str = "") -> Person:
        """A person with these roles, and with a course of today where they assess; they are signed in."""
        address = email or f"{name.lower()}@helpline.test"
        form = self.admin.open("/people/add/").form(has="display_name")
        page = self.admin.send(
            form,
            display_name=name,
            email=address,
            organisation=organisation or self.organisation,
            roles=list(roles),
            invitation="mail" if self.mail else "print",
        )
        self.carry_out_alone()
        assert address in self.admin.open("/people/").text, page.words[:600]
        own = Person(self.system.address)
        own.send(own.open(self._invitation(address)).form(has="new"), new=PASSWORD, again=PASSWORD)
        if {"analyst", "senior_analyst"} & set(roles):
            record = self.page_of(address).form(action="/training/")
            self.admin.send(record, course="SMR", completed_on=datetime.datetime.now(datetime.UTC).date().isoformat())
            self.carry_out_alone()
        person = Person(self.system.address)
        person.sign_in(address)
        self.people[name] = person
        return person

    def _invitation(self, address: str) -> str:
        """The link with which the new person chooses a password: mailed, unseen by anybody else, or printed."""
        if self.mail is not None:
            return wait_for(partial(_mailed_link, self.mail, address), what=f"an invitation for {address}")
        printed = self.admin.send(self.page_of(address).form(action="/invite/", has="how"), how="print")
        link = printed.tree.css_first("#invitation")
        assert link is not None, printed.words[:600]
        return link.text().strip()

    def let_a_day_pass(self) -> None:
        """What everybody was told of has waited its day, by the hand of the database's owner: no page does that."""
        with psycopg.connect(str(self.system.doctor()[1]["database"]["url"]), autocommit=True) as line:
            waiting = "state = 'waiting' and due_at is not null"

            def left(what: str) -> bool:
                row = line.execute(f"select count(*) from changes_change where {waiting} {what}").fetchone()
                return bool(row and row[0])

            wait_for(lambda: not left("and told_at is null"), what="everybody to have been told")
            line.execute(f"update changes_change set due_at = now() where {waiting}")
            wait_for(lambda: not left(""), what="what waited its day to take effect")

    def carry_out_alone(self) -> None:
        """The only administrator does not wait a day for what nobody else can agree to, and says why. Nobody vouches
        so: an account that was added so counts as the administrator's."""
        while True:
            page = self.admin.open("/people/changes/")
            if not any((form.attributes.get("action") or "").endswith("/alone/") for form in page.tree.css("form")):
                return
            self.admin.send(page.form(action="/alone/"), reason="The trial goes on today")

    def page_of(self, address: str) -> Page:
        """The administrator's page of a person."""
        row = next(node for node in self.admin.open("/people/").tree.css("tr") if address in node.text())
        link = row.css_first("a[href]")
        assert link is not None
        return self.admin.open(link.attributes.get("href") or "")


def _mailed_link(mail: Mail, address: str) -> str:
    """The newest link to a password that was mailed there; "" where none was."""
    found = re.findall(r"https?://\S+/password/\S+", " ".join(letter.words for letter in mail.to(address)))
    return found[-1] if found else ""


def lead(person: Person, *addresses: str) -> None:
    """Begin the crawl at these addresses, at the page of leads."""
    for address in addresses:
        page = person.send(person.open("/leads/").form(has="url"), url=address)
        assert page.status == 200, page.words[:600]


def waiting(person: Person, host: str) -> list[str]:
    """The items that wait for this person and were seen at the host."""
    return person.open(f"/queue/?host={host}").links("/items/itm_")


def assess(person: Person, item: str, answers: Answers) -> Page:
    """Lease this item and answer."""
    page = person.open(item)
    if not any("/assess/" in (form.attributes.get("action") or "") for form in page.tree.css("form")):
        page = person.send(page.form(action="/take/"))
    after = person.send(page.form(action="/assess/"), **answers)
    assert "/items/" not in after.url, f"not saved: {after.words[:2000]}"
    return after


def seen_at(page: Page) -> str:
    """The page's text with its addresses as they are."""
    return page.text.replace("[.]", ".").replace("hxxp", "http")


def decide(person: Person, host: str, answers: Answers, *, items: int = 1) -> None:
    """Answer what waits from a host, once it has come that far."""
    found = wait_for(lambda: one if len(one := waiting(person, host)) >= items else [], what=f"{items} items of {host}")
    for item in found:
        assess(person, item, answers)


@dataclass
class NoticeRow:
    """A line of the page of notices."""

    reference: str
    provider: str
    first_sent: str
    addresses: int
    gone: int
    messages: int
    state: str


def notices(person: Person, provider: str = "") -> list[NoticeRow]:
    """The page of notices, as a person reads it."""
    rows = []
    for node in person.open("/notices/").tree.css("table.cards tbody tr"):
        cells = [" ".join(cell.text().split()) for cell in node.css("th, td")]
        moment = node.css_first("time")
        sent = (moment.attributes.get("datetime") or "") if moment is not None else ""
        row = NoticeRow(cells[0].split()[-1], cells[1], sent, int(cells[4]), int(cells[5]), int(cells[6]), cells[7])
        if provider in {"", row.provider}:
            rows.append(row)
    return rows
