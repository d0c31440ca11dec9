"""Police identify a child (sentence 14): what open notices and new ones say from then on."""

from __future__ import annotations

import datetime
import re

import pytest
from tests.acceptance.crew import CSAM, Crew, decide, lead
from tests.acceptance.people import Form, Person
from tests.acceptance.system import System, wait_for
from tests.acceptance.world import Letter, Mail, Web, contact, list_of, sha256, still

BY_LIAISON, BY_LIST = 61, 62
UNKNOWN = re.compile(r"identified by law enforcement: not known to be", re.I)


@pytest.fixture(scope="module")
def open_notices(web: Web, crew: Crew, mail: Mail) -> dict[int, Letter]:
    for last in (BY_LIAISON, BY_LIST):
        web.host(last).show(still(last))
        lead(crew.people["Max"], web.host(last).url + "/")
    for last in (BY_LIAISON, BY_LIST):
        decide(crew.people["Ann"], f"127.0.0.{last}", CSAM)
    first = {
        last: wait_for(lambda last=last: mail.to(contact(last)), what="the notice")[0]  # type: ignore[misc]
        for last in (BY_LIAISON, BY_LIST)
    }
    for letter in first.values():
        assert UNKNOWN.search(letter.words), letter.words
    return first


def liaison_says_identified(crew: Crew, series: str) -> None:
    """The analyst describes a victim; the liaison opens the series and says that police identified the child."""
    ann = crew.people["Ann"]
    address = next(link for link in ann.open("/series/?words=" + series).links("/series/ser_"))
    described = ann.send(ann.open(address).form(action="/victims/", has="label"), label="the younger child")
    assert described.status == 200, described.words
    lea = crew.people.get("Lea") or crew.add("Lea", "law_enforcement_liaison")
    form = lea.open(address).form(action="/victims/vic_")
    said = lea.send(form, **filled(form))
    assert said.status == 200, said.words
    assert "Identified according to RCMP" in victims_part(lea, address), victims_part(lea, address)


def filled(form: Form) -> dict[str, str | list[str]]:
    """Everything that the form asks for: identified, by whom, when, and since when known."""
    values: dict[str, str | list[str]] = {}
    for node in form.node.css("input[name], select[name], textarea[name]"):
        name, kind = node.attributes.get("name") or "", node.attributes.get("type") or node.tag or ""
        if kind == "hidden":
            continue
        if kind == "date":
            values[name] = datetime.datetime.now(datetime.UTC).date().isoformat()
        elif kind == "checkbox":
            values[name] = node.attributes.get("value") or "on"
        elif node.tag == "select":
            options = [option.attributes.get("value") or "" for option in node.css("option")]
            values[name] = next((one for one in options if one in {"yes", "identified", "True", "true"}), options[-1])
        elif kind == "radio":
            if (node.attributes.get("value") or "") in {"yes", "identified", "True", "true"}:
                values[name] = node.attributes.get("value") or ""
        else:
            values[name] = "RCMP"
    return values


def victims_part(person: Person, address: str) -> str:
    part = person.open(address).tree.css_first('section[aria-labelledby="victims"]')
    return " ".join(part.text().split()) if part is not None else ""


def police_list_says_identified(hotline: System) -> None:
    text = list_of(
        *(("sha256", sha256(still(BY_LIST, number)), f"S{BY_LIST}") for number in range(4)), identified="identified"
    )
    hotline.run("lists", "import", hotline.give("update.csv", text), "--list", "Police", "--supplier", "NCMEC")


@pytest.fixture(scope="module")
def said_otherwise(open_notices: dict[int, Letter], crew: Crew, hotline: System, mail: Mail) -> dict[int, int]:
    """How many letters each provider had when police said so."""
    liaison_says_identified(crew, f"S{BY_LIAISON}")
    police_list_says_identified(hotline)
    return {last: len(mail.to(contact(last))) for last in open_notices}


@pytest.mark.parametrize("last", [BY_LIAISON, BY_LIST], ids=["by the liaison", "by a list of police"])
def test_the_next_reminder_of_an_open_notice_says_identified(
    said_otherwise: dict[int, int], mail: Mail, last: int
) -> None:
    # One that was being written while police spoke may still say the old word: the second one after may not.
    letters = wait_for(
        lambda: one if len(one := mail.to(contact(last))[said_otherwise[last] :]) >= 2 else [], what="two reminders"
    )
    assert not UNKNOWN.search(letters[1].words), letters[1].words


@pytest.mark.parametrize("last", [BY_LIAISON, BY_LIST], ids=["by the liaison", "by a list of police"])
def test_a_new_notice_of_the_series_says_identified(
    said_otherwise: dict[int, int], web: Web, crew: Crew, mail: Mail, last: int
) -> None:
    host = web.host(last)
    address = host.show(still(last, 1), page="/new")[0]
    lead(crew.people["Max"], host.url + "/new")
    decide(crew.people["Ann"], host.address, CSAM)
    letters = wait_for(
        lambda: [one for one in mail.to(contact(last)) if address in one.all_text], what="the notice about the new one"
    )
    assert not UNKNOWN.search(letters[0].words), letters[0].words


@pytest.mark.parametrize("last", [BY_LIAISON, BY_LIST], ids=["by the liaison", "by a list of police"])
def test_the_desk_reads_the_same(
    said_otherwise: dict[int, int], open_notices: dict[int, Letter], crew: Crew, last: int
) -> None:
    page = crew.people["Max"].open(f"/notices/{open_notices[last].reference}/")
    facts = [" ".join(node.text().split()) for node in page.tree.css("dl.facts dd")]
    assert not any("Not known to be identified" in fact for fact in facts), facts
