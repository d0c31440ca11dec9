"""Whoever agrees to a change sees all of it: no detail is left out, and what there is now stands beside it."""

from __future__ import annotations

import datetime as dt

import pytest
from django.utils.translation import override

from orbweaver.detect.hashlists.services import get_or_create_list
from orbweaver.doors.changing import KINDS
from orbweaver.doors.web.administration.change_facts import FORMS, facts_of
from orbweaver.people.accounts.models import ApiKey, Organisation
from orbweaver.people.accounts.rules import Permission
from orbweaver.people.accounts.services import create_api_key
from orbweaver.people.changes.models import Change

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("kind", KINDS)
def test_no_detail_of_any_kind_of_change_is_left_out(kind: str) -> None:
    names = [*(FORMS[kind].base_fields if kind in FORMS else ()), "whatever_comes"]
    details = {name: f"value{number}" for number, name in enumerate(names)}
    said = "\n".join(facts_of(Change(kind=kind, subject="", title="T", details=details))).lower()
    assert [value for value in details.values() if f": {value}" not in said and f" → {value}" not in said] == []
    assert "whatever_comes: " in said


def test_terms_are_shown_as_they_are_and_as_they_would_be(now: dt.datetime) -> None:
    found = get_or_create_list("Known", "NCMEC", now)
    details = {"radius": 0, "terms": "Hand on to nobody", "trust": "usual", "doors": ["crawler"], "expires_on": None}
    asked = Change(kind="list.terms_set", subject=found.public_id, title="Known", details=details)
    assert facts_of(asked) == [
        found.public_id,
        "PDQ radius: – → 0",
        "Terms: – → Hand on to nobody",
        "Trust: usual: as hotlines check",
        "What it serves: our own crawler, and what people report, scans by companies → our own crawler, and what people"
        " report",
        "May be used until: –",
    ]
    asked.details = {"radius": 64}
    assert facts_of(asked)[1] == "PDQ radius: – → 64"


def test_a_key_is_shown_with_all_that_it_may(organisation: Organisation, now: dt.datetime) -> None:
    said = {"url_hosts": ["a.example", "b.example"], "scans_per_day": 7, "is_test": True, "scopes": ["scan:use"]}
    facts = facts_of(Change(kind="key.made", title="k", details=said | {"organisation": organisation.public_id}))
    assert "Hosts whose addresses may be scanned: a.example, b.example" in facts
    assert "What it may: Scan files and hashes" in facts
    assert f"Organisation: {organisation.name} ({organisation.public_id})" in facts
    assert [fact.rpartition(": ")[2] for fact in facts[1:3]] == ["7", "yes"]


def test_what_a_replaced_key_may_is_shown_as_it_is_now(organisation: Organisation, now: dt.datetime) -> None:

    create_api_key(organisation, "k", [Permission.LIST_READ], now)
    facts = facts_of(Change(kind="key.replaced", subject=ApiKey.objects.get().public_id, title="k", details={}))
    assert "What it may: Fetch lists" in facts


KEPT_BESIDE = {
    "person.added": ("language",),
    "agreement.renewed": ("document_sha256",),
    "list.imported": ("supplier", "lines", "sha256"),
    "entry.state_set": ("entry", "state", "reason"),
    "key.replaced": ("countries", "cases"),
    "opinion.concluded": ("entry", "state", "disputed_by", "because"),
    "rule_table.set": ("table", "laid", "digest", "reason", "version", "owner", "source", "as_of", "error"),
}
"""What pages and commands keep with a change, or is worked out of it, beside what a form asks for."""


@pytest.mark.parametrize("kind", KINDS)
def test_whatever_a_page_keeps_with_a_change_is_called_by_words_and_never_by_its_column(kind: str) -> None:
    names = [*(FORMS[kind].base_fields if kind in FORMS else ()), *KEPT_BESIDE.get(kind, ())]
    facts = facts_of(Change(kind=kind, subject="", title="T", details=dict.fromkeys(names, "1")))
    assert [fact for fact in facts if fact.partition(":")[0] in names] == []


def test_a_table_of_rules_is_named_in_the_language_of_whoever_reads() -> None:
    asked = Change(kind="rule_table.set", title="cadence 2", details={"table": "cadence", "laid": "whole"})
    with override("de"):
        facts = facts_of(asked)
    assert facts == ["Tabelle: Wie oft Mitteilungen wiederholt werden", "Was es ist: Eine ganze eigene Tabelle"]
    with override("fr"):
        assert facts_of(asked)[0].startswith("Table\u202f: ")
