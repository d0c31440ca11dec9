"""Who may open what: every role at every page and call, written down here independently of the code.

``docs/domain/access.md`` is the same table, written from the code; both must agree with what the addresses answer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from orbweaver.people.accounts.rules import Permission, Role

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable
    from types import ModuleType

    from django.urls import URLPattern, URLResolver

    from orbweaver.people.accounts.models import Organisation

    SignIn = Callable[..., Any]

ANALYSTS = {Role.ANALYST, Role.SENIOR_ANALYST}
DESK = {*ANALYSTS, Role.HOTLINE_MANAGER, Role.ADMINISTRATOR}
NOTICES = {*DESK, Role.GOVERNMENT_OBSERVER, Role.LAW_ENFORCEMENT_LIAISON}
PROVIDERS = {*DESK, Role.GOVERNMENT_OBSERVER}
MANAGERS = {Role.HOTLINE_MANAGER, Role.ADMINISTRATOR}
CRAWL_EDITORS = {Role.SENIOR_ANALYST, *MANAGERS}
ADMINISTRATORS = {Role.ADMINISTRATOR}
LIAISONS = {Role.LAW_ENFORCEMENT_LIAISON}
SERIES_READERS = {*ANALYSTS, Role.HOTLINE_MANAGER, *LIAISONS}
PROOF_READERS = {Role.SENIOR_ANALYST, Role.HOTLINE_MANAGER, Role.SURVIVOR_SUPPORT}
WATCHERS = {Role.HOTLINE_MANAGER, Role.SURVIVOR_SUPPORT}

CRITERIA_EDITORS = {Role.CRITERIA_EDITOR}
CRITERIA_READERS = {*NOTICES, *CRITERIA_EDITORS}

VERSION: dict[str, object] = {"number": "1"}
ID: dict[str, object] = {"public_id": "xxx_2222222222222222"}
ALLOWED: dict[str, tuple[str, dict[str, object], set[Role]]] = {
    "queue": ("get", {}, ANALYSTS),
    "queue-waiting": ("get", {}, ANALYSTS),
    "queue-next": ("post", {}, ANALYSTS),
    "item": ("get", ID, ANALYSTS),
    "item-take": ("post", ID, ANALYSTS),
    "item-renew": ("post", ID, ANALYSTS),
    "item-release": ("post", ID, ANALYSTS),
    "item-look": ("post", ID, ANALYSTS),
    "item-compare": ("post", {**ID, "number": 1}, ANALYSTS),
    "item-picture": ("get", {**ID, "token": "x"}, ANALYSTS),
    "item-preview": ("post", ID, ANALYSTS),
    "item-assess": ("post", ID, ANALYSTS),
    "item-undo": ("post", ID, ANALYSTS),
    "item-together": ("get", ID, ANALYSTS),
    "item-together-take": ("post", ID, ANALYSTS),
    "item-together-assess": ("post", ID, ANALYSTS),
    "item-together-release": ("post", ID, ANALYSTS),
    "item-link": ("post", ID, ANALYSTS),
    "item-note": ("post", ID, ANALYSTS),
    "item-mark": ("post", ID, ANALYSTS),
    "item-unmark": ("post", {**ID, "marker_id": "mrk_2"}, ANALYSTS),
    "item-neighbour": ("post", {**ID, "other": "nbr_2"}, ANALYSTS),
    "series-look": ("post", {**ID, "media_id": "med_2"}, ANALYSTS),
    "series-picture": ("get", {**ID, "media_id": "med_2", "token": "x"}, ANALYSTS),
    "item-beside": ("post", {**ID, "other": "med_2"}, ANALYSTS),
    "item-beside-picture": ("get", {**ID, "other": "med_2", "token": "x"}, ANALYSTS),
    "series-list": ("get", {}, SERIES_READERS),
    "series-open": ("post", {}, ANALYSTS),
    "series-suggestions": ("get", {}, SERIES_READERS),
    "suggestion-accept": ("post", ID, ANALYSTS),
    "suggestion-refuse": ("post", ID, ANALYSTS),
    "series": ("get", ID, SERIES_READERS),
    "series-merge": ("post", ID, ANALYSTS),
    "series-split": ("post", ID, ANALYSTS),
    "series-undo": ("post", {**ID, "change_id": "chg_2"}, ANALYSTS),
    "series-item": ("post", {**ID, "number": 1}, ANALYSTS),
    "series-victim": ("post", ID, ANALYSTS),
    "series-identify": ("post", {**ID, "victim_id": "vic_2"}, LIAISONS),
    "series-known": ("post", ID, LIAISONS),
    "police": ("get", {}, LIAISONS),
    "police-refer": ("post", {}, LIAISONS),
    "police-add": ("post", {}, LIAISONS),
    "police-end": ("post", ID, LIAISONS),
    "police-said": ("post", {}, LIAISONS),
    "police-said-file": ("post", {}, LIAISONS),
    "police-answer": ("post", ID, LIAISONS),
    "police-orders": ("get", {}, LIAISONS),
    "police-order-add": ("post", {}, LIAISONS),
    "police-keep": ("post", {}, LIAISONS),
    "police-order-answer": ("post", ID, LIAISONS),
    "police-series": ("get", ID, LIAISONS),
    "police-series-shown": ("post", ID, LIAISONS),
    "police-series-look": ("post", {**ID, "media_id": "med_2"}, LIAISONS),
    "police-series-picture": ("get", {**ID, "media_id": "med_2", "token": "x"}, LIAISONS),
    "urgent": ("get", {}, LIAISONS),
    "urgent-take": ("post", ID, LIAISONS),
    "urgent-hand-over": ("post", ID, LIAISONS),
    "terms": ("get", {}, WATCHERS),
    "terms-bring": ("post", {}, {Role.HOTLINE_MANAGER}),
    "terms-switch": ("post", ID, {Role.HOTLINE_MANAGER}),
    "terms-watch": ("post", {}, WATCHERS),
    "terms-withdraw": ("post", {}, WATCHERS),
    "terms-hit": ("post", ID, WATCHERS),
    "survivor-requests": ("get", {}, {Role.SURVIVOR_SUPPORT}),
    "survivor-request": ("get", ID, {Role.SURVIVOR_SUPPORT}),
    "age-proofs": ("get", {}, PROOF_READERS),
    "age-proof": ("get", ID, PROOF_READERS),
    "age-proof-document": ("post", ID, PROOF_READERS),
    "company-records": ("get", {}, {Role.SURVIVOR_SUPPORT}),
    "company-record-release": ("post", ID, {Role.SURVIVOR_SUPPORT}),
    "company-record-file": ("post", ID, {Role.SURVIVOR_SUPPORT}),
    "my-day": ("get", {}, ANALYSTS),
    "my-keys": ("get", {}, ANALYSTS),
    "team-exposure": ("get", {}, {Role.HOTLINE_MANAGER}),
    "notices": ("get", {}, NOTICES),
    "trends": ("get", {}, {Role.HOTLINE_MANAGER, Role.GOVERNMENT_OBSERVER}),
    "trends-file": ("get", {"form": "csv"}, {Role.HOTLINE_MANAGER, Role.GOVERNMENT_OBSERVER}),
    "notices-pause": ("post", {}, MANAGERS),
    "notice": ("get", ID, NOTICES),
    "notice-say": ("post", {**ID, "number": "1"}, {*ANALYSTS, Role.HOTLINE_MANAGER}),
    "incoming-answers": ("get", {}, NOTICES),
    "incoming-answers-say": ("post", {}, MANAGERS),
    "incoming-answer": ("get", ID, NOTICES),
    "incoming-answer-download": ("post", ID, MANAGERS),
    "notice-check": ("post", {**ID, "number": "1"}, {*ANALYSTS, Role.HOTLINE_MANAGER}),
    "notice-answer-record": ("post", ID, MANAGERS),
    "notice-origin": ("post", ID, MANAGERS),
    "notice-download": ("post", {**ID, "number": 0}, MANAGERS),
    "objection": ("post", ID, MANAGERS),
    "objection-review": ("post", ID, MANAGERS),
    "own-disputes": ("get", {}, DESK),
    "inbox": ("get", {}, {Role.INDUSTRY_CLIENT}),
    "inbox-notice": ("get", ID, {Role.INDUSTRY_CLIENT}),
    "inbox-addresses": ("post", ID, {Role.INDUSTRY_CLIENT}),
    "ignored": ("get", {}, {Role.HOTLINE_MANAGER, Role.GOVERNMENT_OBSERVER}),
    "ignored-file": ("get", {"form": "csv"}, {Role.HOTLINE_MANAGER, Role.GOVERNMENT_OBSERVER}),
    "conduct-say": ("post", ID, {*ANALYSTS, Role.HOTLINE_MANAGER}),
    "conduct-sign": ("post", {**ID, "override": "ovr_2222222222222222"}, {*ANALYSTS, Role.HOTLINE_MANAGER}),
    "conduct-end": ("post", {**ID, "override": "ovr_2222222222222222"}, {*ANALYSTS, Role.HOTLINE_MANAGER}),
    "conduct-credit": ("post", ID, {*ANALYSTS, Role.HOTLINE_MANAGER}),
    "providers": ("get", {}, PROVIDERS),
    "provider": ("get", ID, PROVIDERS),
    "provider-change": ("post", ID, MANAGERS),
    "provider-add": ("post", ID, MANAGERS),
    "provider-contact-add": ("post", ID, MANAGERS),
    "provider-contact": ("post", ID, MANAGERS),
    "provider-contact-first": ("post", ID, MANAGERS),
    "provider-contact-test": ("post", ID, MANAGERS),
    "provider-clause": ("post", ID, MANAGERS),
    "provider-link": ("post", ID, MANAGERS),
    "provider-remove": ("post", ID, MANAGERS),
    "hosts": ("get", {}, NOTICES),
    "notice-holds": ("get", {}, NOTICES),
    "by-hand": ("get", {}, NOTICES),
    "by-hand-task": ("get", {"occasion": "ntc_2222222222222222.0"}, NOTICES),
    "notice-hold-lift": ("post", ID, MANAGERS),
    "lists": ("get", {}, DESK),
    "list": ("get", ID, DESK),
    "list-upload": ("post", {}, MANAGERS),
    "list-uploaded": ("get", {"public_id": "upl_2222222222222222"}, DESK),
    "list-terms": ("post", ID, MANAGERS),
    "list-state": ("post", ID, MANAGERS),
    "list-record": ("get", ID, MANAGERS),
    "list-imports": ("get", ID, DESK),
    "list-quarantine": ("get", {}, DESK),
    "list-often-found": ("post", {}, MANAGERS),
    "list-entry": ("get", {**ID, "number": "hle_2222222222222222"}, MANAGERS),
    "list-disagreements": ("get", ID, MANAGERS),
    "exchanges": ("get", {}, DESK),
    "exchange-add": ("post", {}, MANAGERS),
    "exchange": ("get", {"public_id": "exc_2222222222222222"}, DESK),
    "exchange-switch": ("post", {"public_id": "exc_2222222222222222"}, MANAGERS),
    "exchange-change": ("post", {"public_id": "exc_2222222222222222"}, MANAGERS),
    "exchange-credentials": ("post", {"public_id": "exc_2222222222222222"}, MANAGERS),
    "list-feedback": ("get", {}, MANAGERS),
    "list-feedback-conclude": ("post", {"public_id": "opn_2222222222222222"}, MANAGERS),
    "list-refused": ("get", {**ID, "run": "imp_2222222222222222"}, DESK),
    "leads": ("get", {}, DESK),
    "lead": ("get", ID, DESK),
    "lead-stop": ("post", ID, CRAWL_EDITORS),
    "lead-resume": ("post", ID, CRAWL_EDITORS),
    "lead-again": ("post", ID, CRAWL_EDITORS),
    "sites": ("get", {}, DESK),
    "site": ("get", {"number": 1}, CRAWL_EDITORS),
    "site-switch": ("post", {"number": 1}, CRAWL_EDITORS),
    "site-follow-further": ("post", {"number": 1}, CRAWL_EDITORS),
    "site-kind": ("post", {"number": 1}, CRAWL_EDITORS),
    "crawl-switch": ("post", {}, CRAWL_EDITORS),
    "checklist": ("get", {}, ADMINISTRATORS),
    "settings-in-force": ("get", {}, ADMINISTRATORS),
    "health": ("get", {}, ADMINISTRATORS),
    "machines": ("get", {}, ADMINISTRATORS),
    "machine": ("get", {"public_id": "mch_2222222222222222"}, ADMINISTRATORS),
    "machine-drain": ("post", {"public_id": "mch_2222222222222222"}, ADMINISTRATORS),
    "machine-revoke": ("post", {"public_id": "mch_2222222222222222"}, ADMINISTRATORS),
    "try-mail": ("post", {}, ADMINISTRATORS),
    "confirm-promises": ("post", {}, ADMINISTRATORS),
    "retention-set": ("post", {}, ADMINISTRATORS),
    "change-agree": ("post", ID, MANAGERS),
    "change-alone": ("post", ID, ADMINISTRATORS),
    "change-key": ("post", ID, ADMINISTRATORS),
    "people": ("get", {}, ADMINISTRATORS),
    "add-person": ("get", {}, ADMINISTRATORS),
    "add-organisation": ("get", {}, ADMINISTRATORS),
    "person": ("get", ID, ADMINISTRATORS),
    "person-invite": ("post", ID, ADMINISTRATORS),
    "person-vouch": ("post", ID, ADMINISTRATORS),
    "person-role": ("post", ID, ADMINISTRATORS),
    "person-training": ("post", ID, ADMINISTRATORS),
    "person-take-role": ("post", ID, ADMINISTRATORS),
    "person-sign-ins-end": ("post", ID, ADMINISTRATORS),
    "person-switch": ("post", ID, ADMINISTRATORS),
    "organisation": ("get", ID, ADMINISTRATORS),
    "agreement-end": ("post", ID, ADMINISTRATORS),
    "keys": ("get", {}, ADMINISTRATORS),
    "add-key": ("get", {}, ADMINISTRATORS),
    "key": ("get", ID, ADMINISTRATORS),
    "key-replace": ("post", ID, ADMINISTRATORS),
    "key-revoke": ("post", ID, ADMINISTRATORS),
    "changes": ("get", {}, set(Role)),
    "change-refuse": ("post", ID, set(Role)),
    "account": ("get", {}, set(Role)),
    "account-sign-in-end": ("post", {}, set(Role)),
    "alerts": ("get", {}, set(Role)),
    "alerts-mail": ("post", {}, set(Role)),
    "search": ("get", {}, set(Role)),
    "held": ("get", {}, set(Role)),
    "second-factor": ("get", {}, set(Role)),
    "second-factor-off": ("post", {}, set(Role)),
    "passkey-add": ("post", {}, set(Role)),
    "passkey-ask": ("post", {}, set(Role)),
    "passkey-prove": ("post", {}, set(Role)),
    "passkey-remove": ("post", {}, set(Role)),
    "account-password": ("post", {}, set(Role)),
    "team": ("get", {}, {Role.HOTLINE_MANAGER}),
    "known-answer-add": ("post", {}, {Role.HOTLINE_MANAGER}),
    "known-answer-retire": ("post", ID, {Role.HOTLINE_MANAGER}),
    "appeals": ("get", {}, {*ANALYSTS, Role.HOTLINE_MANAGER}),
    "appeal-ask": ("get", ID, {*ANALYSTS, Role.HOTLINE_MANAGER}),
    "audit": ("get", {}, MANAGERS),
    "retention": ("get", {}, MANAGERS),
    "rule-tables": ("get", {}, MANAGERS),
    "rule-table": ("get", {"name": "laws"}, MANAGERS),
    "rule-table-import": ("post", {"name": "laws"}, ADMINISTRATORS),
    "rule-table-ask": ("post", {"name": "laws", **ID}, ADMINISTRATORS),
    "criteria": ("get", {}, CRITERIA_READERS),
    "criteria-draft": ("get", {}, CRITERIA_EDITORS),
    "criteria-version": ("get", VERSION, CRITERIA_READERS),
    "criteria-file": ("get", VERSION, CRITERIA_READERS),
    "criteria-edit": ("get", VERSION, CRITERIA_EDITORS),
    "criteria-compare": ("get", VERSION, {*CRITERIA_EDITORS, *MANAGERS}),
    "criteria-sign": ("post", VERSION, CRITERIA_EDITORS),
    "criteria-use": ("post", VERSION, MANAGERS),
    "criteria-call-off": ("post", VERSION, MANAGERS),
}
OPEN_TO_ALL = {
    "home", "setup", "sign-in", "sign-in-code", "sign-in-passkey", "sign-in-passkey-ask", "sign-out",
    "password-forgotten", "password-by-link", "language",
    "robots", "healthz", "readyz", "metrics",
    "public-figures", "public-responses", "public-removal", "public-providers", "public-countries", "public-coverage",
    "public-data", "public-years", "public-year", "public-year-file", "public-report", "public-report-state",
    "answer", "answer-thanks", "public-how", "public-industry", "public-crawler", "public-criteria",
    "survivors", "survivors-help", "survivors-privacy", "survivors-ask", "survivors-progress", "survivors-withdraw",
    "survivors-disagree", "survivors-go-on", "survivors-worker", "survivors-program", "survivors-proof",
    "survivors-file", "survivors-proof-again",
}  # fmt: skip


CHANGED_BY: dict[str, set[Role]] = {
    "by-hand-task": MANAGERS,
    "add-key": ADMINISTRATORS,
    "add-organisation": ADMINISTRATORS,
    "add-person": ADMINISTRATORS,
    "appeal-ask": {*ANALYSTS, Role.HOTLINE_MANAGER},
    "criteria-draft": CRITERIA_EDITORS,
    "criteria-edit": CRITERIA_EDITORS,
    "inbox-notice": {Role.INDUSTRY_CLIENT},
    "own-disputes": DESK,
    "incoming-answer": MANAGERS,
    "leads": CRAWL_EDITORS,
    "my-keys": ANALYSTS,
    "notice-holds": MANAGERS,
    "organisation": ADMINISTRATORS,
    "providers": MANAGERS,
    "second-factor": set(Role),
    "site": CRAWL_EDITORS,
    "survivor-requests": {Role.SURVIVOR_SUPPORT},
    "survivor-request": {Role.SURVIVOR_SUPPORT},
    "company-records": {Role.SURVIVOR_SUPPORT},
    "age-proof": PROOF_READERS,
}
"""Pages above that take a form as well, and who may send it."""

CALLS: dict[str, tuple[str, dict[str, object], Permission]] = {
    "api-v1:scan_upload": ("post", {}, Permission.SCAN_USE),
    "api-v1:create_report": ("post", {}, Permission.REPORT_SUBMIT),
    "api-v1:read_report": ("get", {"report_id": "rep_2"}, Permission.REPORT_SUBMIT),
    "api-v1:police_words": ("post", {}, Permission.SERIES_IDENTIFY),
    "abuse-signal:create_abuse_report": ("post", {}, Permission.REPORT_SUBMIT),
    "abuse-signal:get_abuse_report_status": ("get", {"report_id": "2"}, Permission.NOTICE_ANSWER),
    "abuse-signal:list_abuse_report_statuses": ("get", {}, Permission.NOTICE_ANSWER),
    "abuse-signal:list_notices": ("get", {}, Permission.NOTICE_ANSWER),
    "abuse-signal:read_notice": ("get", {"notice_id": "not_2"}, Permission.NOTICE_ANSWER),
    "abuse-signal:answer_notice": ("post", {"notice_id": "not_2"}, Permission.NOTICE_ANSWER),
}
OPEN_CALLS = {f"{api}:{name}" for api in ("api-v1", "abuse-signal") for name in ("openapi-json", "api-root")}
REFUSED = {401, 403}


def names_of(patterns: list[URLPattern | URLResolver]) -> set[str]:
    from django.urls import URLResolver

    found: set[str] = set()
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            inner = names_of(pattern.url_patterns)
            found |= {f"{pattern.namespace}:{name}" for name in inner} if pattern.namespace else inner
        else:
            found.add(str(pattern.name))
    return found


def test_every_page_and_call_is_in_the_table_or_open_to_all_on_purpose() -> None:
    from orbweaver.doors.urls import urlpatterns

    assert names_of(urlpatterns) == set(ALLOWED) | OPEN_TO_ALL | set(CALLS) | OPEN_CALLS


def test_the_page_of_the_docs_says_the_same(code: ModuleType) -> None:
    by_hand: dict[tuple[str, str], set[Role]] = {}
    for name, (method, _, roles) in ALLOWED.items():
        by_hand[name, method.upper()] = roles
        if CHANGED_BY.get(name):
            by_hand[name, "POST"] = CHANGED_BY[name]
    written = {(name, method): roles for _, method, name, roles in code.page_rows() if roles is not None}
    assert written == by_hand
    assert {name for _, _, name, roles in code.page_rows() if roles is None} == OPEN_TO_ALL
    calls = {name: (method.lower(), scope) for _, method, name, scope in code.call_rows() if scope}
    assert calls == {name: (method, scope.value) for name, (method, _, scope) in CALLS.items()}


@pytest.fixture
def refusals_without_words(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is refused is not drawn, which would take a third of the time: how a refusal reads is seen below."""
    from django.http import HttpResponse

    from orbweaver.doors.web.frame import failures

    monkeypatch.setattr(failures, "render", lambda *_, status: HttpResponse(status=status))


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("every", [15, pytest.param(1, marks=pytest.mark.sweep)])
@pytest.mark.usefixtures("refusals_without_words")
def test_each_role_opens_what_it_may_and_nothing_else(role: Role, every: int, hotline: None, sign_in: SignIn) -> None:
    """Each fifth page is a sample, others for each role; that the table is the code's is said for all of them above."""
    from django.urls import reverse

    client = sign_in("Somebody", role)
    for name, (method, arguments, roles) in list(ALLOWED.items())[list(Role).index(role) % every :: every]:
        address = reverse(name, kwargs=arguments)
        answer = getattr(client, method)(address)
        assert (answer.status_code != 403) == (role in roles), f"{role} at {name}: {answer.status_code}"
        assert answer.headers["Cache-Control"] == "no-store", name
        if method == "post":
            assert client.get(address).status_code == 405, name
            continue
        changed = client.post(address)
        if CHANGED_BY.get(name):
            assert (changed.status_code != 403) == (role in CHANGED_BY[name]), f"{role} changes {name}"
        else:
            assert changed.status_code == 405, name


def test_a_refused_page_says_why_and_keeps_the_way_back(hotline: None, sign_in: SignIn) -> None:
    refused = sign_in("Mona", Role.HOTLINE_MANAGER).get("/my-day/")
    assert refused.status_code == 403
    assert refused.headers["Cache-Control"] == "no-store"
    page = refused.content.decode()
    assert "Your roles do not include this page" in page
    assert 'href="/notices/"' in page, "the pages of this role"


@pytest.mark.parametrize("role", list(Role))
def test_no_role_opens_a_call_without_a_key(role: Role, hotline: None, sign_in: SignIn) -> None:
    from django.urls import reverse

    client = sign_in("Somebody", role)
    for name, (method, arguments, _) in CALLS.items():
        answer = getattr(client, method)(reverse(name, kwargs=arguments))
        assert answer.status_code in REFUSED, f"{role} at {name}: {answer.status_code}"


@pytest.mark.parametrize("scope", list(Permission))
@pytest.mark.parametrize("every", [15, pytest.param(1, marks=pytest.mark.sweep)])
def test_a_key_opens_the_calls_of_its_scope_and_nothing_else(
    scope: Permission, every: int, organisation: Organisation, now: dt.datetime
) -> None:
    from django.test import Client
    from django.urls import reverse

    from orbweaver.people.accounts.models import ApiKey
    from orbweaver.people.accounts.services import create_api_key

    headers = {"Authorization": f"Bearer {create_api_key(organisation, 'test', [scope], now)}"}
    client = Client(headers=headers)
    for name, (method, arguments, needed) in CALLS.items():
        answer = getattr(client, method)(reverse(name, kwargs=arguments))
        assert (answer.status_code not in REFUSED) == (scope is needed), f"{scope} at {name}: {answer.status_code}"
    for name, (method, arguments, _) in list(ALLOWED.items())[list(Permission).index(scope) % every :: every]:
        answer = getattr(client, method)(reverse(name, kwargs=arguments))
        assert answer.status_code == 302, f"a key opens the page {name}"
    ApiKey.objects.update(revoked_at=now)
    for name, (method, arguments, _) in CALLS.items():
        answer = getattr(client, method)(reverse(name, kwargs=arguments))
        assert answer.status_code in REFUSED, f"a revoked key at {name}"


def test_without_a_sign_in_every_page_of_the_workplace_asks_for_it(db: None) -> None:
    from django.test import Client
    from django.urls import reverse

    for name, (method, arguments, _roles) in ALLOWED.items():
        answer = getattr(Client(), method)(reverse(name, kwargs=arguments))
        assert answer.status_code == 302, name
        assert answer.headers["Location"].startswith("/sign-in/?next="), name


def test_a_person_who_was_switched_off_is_out_at_once(sign_in: SignIn) -> None:
    from orbweaver.people.accounts.models import User

    client = sign_in("Ann", Role.ANALYST)
    assert client.get("/queue/").status_code == 200
    User.objects.update(is_active=False)
    assert client.get("/queue/").status_code == 302


def test_forms_without_the_token_against_forgery_are_refused_in_kind_words(db: None) -> None:
    from django.test import Client

    answer = Client(enforce_csrf_checks=True).post("/public/report/", {"url": "https://forum.example/"})
    assert answer.status_code == 403
    assert "send it once more" in answer.content.decode()
