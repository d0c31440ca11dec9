"""Which pages there are, for whom, and rows of the database to open them with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.db import connection
from django.urls import URLPattern, reverse

from orbweaver.people.accounts.rules import ROLE_PERMISSIONS, Permission, Role

NOBODY: Final = "public"
"""Who opens what needs no sign-in."""

EACH: Final = 3
"""Rows that a page is opened with, in turn."""

VERSIONS: Final = "SELECT DISTINCT criteria_version FROM review_verdict"
ROWS: Final[Mapping[str, str]] = {
    "item": "SELECT public_id FROM review_reviewitem WHERE state = 'waiting' AND given_to_id IS NULL ORDER BY rank_at",
    "item-together": "SELECT public_id FROM review_reviewitem WHERE state = 'waiting' AND cluster <> ''",
    "series": "SELECT public_id FROM series_victimseries ORDER BY opened_at DESC",
    "police-series": "SELECT public_id FROM series_victimseries ORDER BY opened_at DESC",
    "notice": "SELECT public_id FROM notices_notice ORDER BY created_at DESC",
    "incoming-answer": "SELECT public_id FROM notices_incominganswer ORDER BY came_at DESC",
    "by-hand-task": "SELECT occasion FROM notices_outboxmessage WHERE state = 'by_hand' ORDER BY id",
    "inbox-notice": "SELECT n.public_id FROM notices_notice n JOIN providers_providerorganisation o "
    "ON o.provider_id = n.provider_id WHERE n.told_at IS NOT NULL ORDER BY n.created_at DESC",
    "ignored-file": "SELECT 'csv'",
    "trends-file": "SELECT 'csv'",
    "provider": "SELECT public_id FROM providers_provider ORDER BY id",
    "list": "SELECT public_id FROM hashlists_hashlist ORDER BY id",
    "list-entry": "SELECT l.public_id, e.public_id FROM hashlists_hashlistentry e "
    "JOIN hashlists_hashlist l ON l.id = e.hash_list_id ORDER BY e.id",
    "machine": "SELECT public_id FROM machines_machine ORDER BY id",
    "key": "SELECT public_id FROM accounts_apikey ORDER BY id",
    "list-record": "SELECT public_id FROM hashlists_hashlist ORDER BY id",
    "list-imports": "SELECT public_id FROM hashlists_hashlist ORDER BY id",
    "list-disagreements": "SELECT public_id FROM hashlists_hashlist ORDER BY id",
    "list-uploaded": "SELECT public_id FROM hashlists_uploadedlist ORDER BY id",
    "list-refused": "SELECT l.public_id, i.public_id FROM hashlists_listimport i "
    "JOIN hashlists_hashlist l ON l.id = i.hash_list_id ORDER BY i.id",
    "exchange": "SELECT public_id FROM exchanges_exchange ORDER BY id",
    "survivor-request": "SELECT public_id FROM survivors_request ORDER BY id",
    "age-proof": "SELECT public_id FROM survivors_ageproof ORDER BY id",
    "lead": "SELECT public_id FROM crawl_lead ORDER BY created_at DESC",
    "site": "SELECT id FROM crawl_site ORDER BY id",
    "person": "SELECT public_id FROM accounts_user ORDER BY id",
    "organisation": "SELECT public_id FROM accounts_organisation ORDER BY id",
    "appeal-ask": "SELECT public_id FROM review_verdict WHERE superseded_by_id IS NULL ORDER BY decided_at DESC",
    "rule-table": "SELECT 'pages'",
    "criteria-version": VERSIONS,
    "criteria-file": VERSIONS,
    "criteria-edit": "SELECT number FROM governance_criteriaversion WHERE taken_into_use_by_id IS NULL",
    "criteria-compare": VERSIONS,
    "public-data": "SELECT 'providers', 'json'",
    "public-year": "SELECT extract(year FROM max(told_at))::int FROM notices_notice",
    "public-year-file": "SELECT extract(year FROM max(told_at))::int::text, 'csv' FROM notices_notice",
    "public-report-state": "SELECT public_id FROM intake_report WHERE source <> 'survivor' ORDER BY created_at DESC",
}
"""Page → the values that its address holds, in their order."""

BY_SECRET: Final = frozenset({
    "setup", "password-by-link", "answer", "answer-thanks", "item-picture", "item-beside-picture",
    "series-picture", "police-series-picture",
})  # fmt: skip
"""Pages whose address is a secret that is handed out once, or that show a picture: not opened here."""


@dataclass(frozen=True)
class Page:
    """A page as one role opens it, at the addresses in turn."""

    name: str
    role: str
    addresses: tuple[str, ...]


def pages() -> tuple[list[Page], list[str]]:
    """Every page of every role; and the names of those that no row of this database could be opened with."""
    found, without = [], []
    for name, pattern in _patterns():
        addresses = tuple(_addresses(name, pattern))
        if not addresses:
            without.append(name)
            continue
        found += [Page(name, role, addresses) for role in _roles(pattern.callback)]
    return found, without


def _patterns() -> Iterator[tuple[str, Any]]:
    """Each page by its name; forms alone, which are sent and not opened, are told by having no rows above."""
    from orbweaver.doors.web.urls import urlpatterns

    inside: list[Any] = list(urlpatterns)
    while inside:
        each = inside.pop(0)
        if not isinstance(each, URLPattern):
            inside = [*each.url_patterns, *inside]
        elif each.name not in BY_SECRET and (each.name in ROWS or (not each.pattern.converters and not _groups(each))):
            yield str(each.name), each


def _groups(pattern: URLPattern) -> bool:
    expression = getattr(pattern.pattern, "regex", None)
    return bool(expression is not None and expression.groupindex)


def _addresses(name: str, pattern: URLPattern) -> Iterator[str]:
    names = list(pattern.pattern.converters) or list(getattr(pattern.pattern, "regex").groupindex)  # noqa: B009
    if not names:
        yield reverse(name)
        return
    with connection.cursor() as cursor:
        cursor.execute(f"{ROWS[name]} LIMIT {EACH}")
        for row in cursor.fetchall():
            yield reverse(name, kwargs=dict(zip(names, row, strict=True)))


def _roles(view: Any) -> list[str]:
    if not hasattr(view, "needs"):
        return [NOBODY]
    wanted: Permission | None = view.needs
    return [role.value for role in Role if wanted is None or wanted in ROLE_PERMISSIONS[role]]
