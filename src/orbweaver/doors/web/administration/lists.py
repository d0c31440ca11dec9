"""Hash lists: provenance, terms, disputes, imports and the rows that were refused."""

from __future__ import annotations

import csv
import io
import itertools
from collections.abc import Iterable, Iterator, Sequence

from django.http import Http404, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from orbweaver.detect.exchanges.opinions import opinions_beside
from orbweaver.detect.hashlists.models import HashList, HashListEntry, ImportRejection, ListImport
from orbweaver.detect.hashlists.records import (
    IMPORT_COLUMNS,
    RECORD_COLUMNS,
    disputes,
    import_rows,
    record_rows,
    withdrawals,
)
from orbweaver.detect.hashlists.selectors import get_list, summaries, summary_of
from orbweaver.detect.hashlists.uploads import waiting_uploads
from orbweaver.detect.matching import often
from orbweaver.doors.web.administration.list_forms import DOORS, EntryByHashForm, ImportAgainForm, TermsForm, UploadForm
from orbweaver.doors.web.frame.access import SignedInRequest, needs
from orbweaver.doors.web.frame.spreadsheets import harmless
from orbweaver.errors import InvalidInput
from orbweaver.people.accounts.agreements import own_organisations
from orbweaver.people.accounts.rules import Permission
from orbweaver.people.audit.services import record
from orbweaver.platform.clock import now

IMPORTS_SHOWN = 20
REJECTIONS_SHOWN = 200
DISPUTES_SHOWN = 50
SENT_AT_ONCE = 65_536
"""Characters of a file."""


@require_GET
@needs(Permission.LIST_READ)
def lists(request: SignedInRequest) -> HttpResponseBase:
    """All lists with where they come from and how many entries they hold."""
    found = summaries()
    context = {
        "lists": found,
        "expired": {each.hash_list.public_id for each in found if each.hash_list.is_expired(now().date())},
        "often_found": often.waiting().count(),
        "in_quarantine": sum(each.quarantined for each in found),
        "may_edit": request.user.may(Permission.LIST_EDIT),
        "is_partner": not own_organisations().filter(pk=request.user.organisation_id).exists(),
        "upload_form": UploadForm(),
        "uploads": waiting_uploads(),
    }
    return render(request, "web/administration/lists.html", context)


@require_GET
@needs(Permission.LIST_READ)
def one_list(request: SignedInRequest, public_id: str) -> HttpResponseBase:
    """One list: terms, disputes, imports, refused rows by line (never their values)."""
    found = _list(public_id)
    imports = found.imports.select_related("by").order_by("-pk")[:IMPORTS_SHOWN]
    rejections = (
        ImportRejection.objects.filter(list_import__hash_list=found)
        .select_related("list_import")
        .order_by("-list_import_id", "line")
    )
    context = {
        "list": found,
        "expired": found.is_expired(now().date()),
        "doors": [text for door, text in DOORS.items() if door in found.doors],
        "may_edit": request.user.may(Permission.LIST_EDIT),
        "disputes": disputes(found, DISPUTES_SHOWN),
        "withdrawn": withdrawals(found, DISPUTES_SHOWN),
        "terms_form": TermsForm(initial={name: getattr(found, name) for name in TermsForm.base_fields}),
        "state_form": EntryByHashForm(initial={"state": HashListEntry.State.DISPUTED}),
        "upload_form": _again(found),
        "summary": summary_of(found),
        "imports": imports,
        "rejections": rejections[:REJECTIONS_SHOWN],
        "rejection_count": rejections.count(),
    }
    return render(request, "web/administration/list.html", context)


@require_GET
@needs(Permission.LIST_EDIT)
def record_file(request: SignedInRequest, public_id: str) -> HttpResponseBase:
    """All that is known of a list as CSV: withdrawn entries with who withdrew them, disputes, terms."""
    found = _list(public_id)
    record("list.exported", found.public_id, actor=request.user, details={"format": "record"}, at=now())
    rows = ([harmless(row[name]) for name in RECORD_COLUMNS] for row in record_rows(found, opinions_beside(found)))
    return _csv(RECORD_COLUMNS, rows, f"{public_id}.csv")


@require_GET
@needs(Permission.LIST_READ)
def imports_file(request: SignedInRequest, public_id: str) -> HttpResponseBase:
    """Every import of a list as CSV, however many: when, by whom, of which file, and what came of its rows."""
    rows = ([harmless(row[name]) for name in IMPORT_COLUMNS] for row in import_rows(_list(public_id)))
    return _csv(IMPORT_COLUMNS, rows, f"{public_id}-imports.csv")


@require_GET
@needs(Permission.LIST_READ)
def refused_file(request: SignedInRequest, public_id: str, run: str) -> HttpResponseBase:
    """Every row of an import that was refused as CSV: line and reason, never what stood there."""
    found = get_object_or_404(ListImport, public_id=run, hash_list=_list(public_id))
    rows = ([each.line, harmless(str(each.reason))] for each in found.rejections.order_by("line").iterator())
    return _csv(("line", "reason"), rows, f"{run}.csv")


def _again(found: HashList) -> ImportAgainForm | None:
    """The form to import into it; none for the hotline's own verdicts and what an exchange fills."""
    if found.kind == HashList.Kind.OWN or hasattr(found, "exchange"):
        return None
    return ImportAgainForm(initial={"name": found.name, "supplier": found.supplier, "kind": found.kind})


def _list(public_id: str) -> HashList:
    try:
        return get_list(public_id)
    except InvalidInput:
        raise Http404 from None


def _csv(columns: Sequence[str], rows: Iterable[Sequence[object]], name: str) -> StreamingHttpResponse:
    answer = StreamingHttpResponse(_parts(itertools.chain([columns], rows)), content_type="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def _parts(rows: Iterable[Sequence[object]]) -> Iterator[str]:
    """The rows as CSV, many lines at once: to send each line by itself takes longer than to write it."""
    text = io.StringIO()
    writer = csv.writer(text)
    for row in rows:
        writer.writerow(row)
        if text.tell() >= SENT_AT_ONCE:
            yield text.getvalue()
            text.seek(0)
            text.truncate()
    yield text.getvalue()
