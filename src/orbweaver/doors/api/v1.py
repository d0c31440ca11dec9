"""Version 1 of the API. A version is kept for a year after its successor."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from ninja import NinjaAPI, Status

from orbweaver.detect.fetching.settings import FetchingSettings
from orbweaver.detect.intake.models import Report
from orbweaver.detect.intake.services import submit_report
from orbweaver.detect.matching.filtering import what_to_tell
from orbweaver.detect.matching.selectors import marks_of
from orbweaver.doors.api.access import KeyWith
from orbweaver.doors.api.messages import EMPTY, INCOMPLETE, NOT_FOUND, PACKED, TOO_LARGE
from orbweaver.doors.api.scanning import scan
from orbweaver.doors.api.schemas import ErrorOut, MatchOut, ReportIn, ReportOut, ScanOut
from orbweaver.errors import Message, OrbweaverError
from orbweaver.people.accounts.rules import Permission
from orbweaver.platform.clock import now

api = NinjaAPI(title="Orbweaver", version="1", urls_namespace="api-v1", docs_url=None)


@api.exception_handler(OrbweaverError)
def _known_error(request: HttpRequest, error: OrbweaverError) -> HttpResponse:
    return api.create_response(request, {"code": error.code, "detail": str(error)}, status=400)


@api.post(
    "/scan", auth=KeyWith(Permission.SCAN_USE), response={200: ScanOut, 400: ErrorOut, 413: ErrorOut, 415: ErrorOut}
)
def scan_upload(request: HttpRequest) -> ScanOut | Status[ErrorOut]:
    """Check the raw bytes of the body against the lists. Nothing of it is kept; only a whole body gets a verdict.

    ``no-known-match`` with the match type ``near`` is a possible match, for a person: single frames of films, or pieces
    of a picture.
    """
    limit = FetchingSettings.current().crawl_max_bytes
    if request.headers.get("Content-Encoding", "identity").strip().lower() not in ("", "identity"):
        # The digest of packed bytes is that of something else, too.
        return Status(415, _problem(PACKED))
    body = request.read(limit + 1)
    if len(body) > limit:
        return Status(413, _problem(TOO_LARGE.of(most=limit)))
    if not body or len(body) != int(request.headers.get("Content-Length") or 0):
        # Nothing is said of bytes that did not come: their digest would be that of something else.
        return Status(400, _no_whole_body(body))
    prints, matches = scan(body)
    told = what_to_tell(prints, matches)
    return ScanOut(
        sha256=prints.sha256.hex(),
        sha1=prints.sha1.hex(),
        md5=prints.md5.hex(),
        pdq=prints.pdq.hex() if prints.pdq else None,
        pdq_quality=prints.pdq_quality,
        width=prints.width,
        height=prints.height,
        size=prints.size,
        error=prints.error,
        classification=told.classification,
        match_type=told.match_type,
        needs_a_look=told.needs_a_look,
        graver_to_look_at=told.graver_to_look_at,
        matches=[
            MatchOut(
                kind=hit.kind,
                distance=hit.distance,
                classification=entry.classification,
                list_name=entry.hash_list.name,
                supplier=entry.hash_list.supplier,
                is_frame=hit.is_frame,
                mark=marks_of(hit, entry),
                proof=hit.proof,
                mirrored=hit.mirrored,
                query_quad=hit.quad,
            )
            for hit, entry in matches
        ],
    )


def _no_whole_body(body: bytes) -> ErrorOut:
    return _problem(INCOMPLETE if body else EMPTY)


def _problem(message: Message) -> ErrorOut:
    """A message as the body of an answer: its code within the API, and its words in English."""
    return ErrorOut(code=message.code.removeprefix("api."), detail=str(message))


@api.post("/reports", auth=KeyWith(Permission.REPORT_SUBMIT), response={201: ReportOut})
def create_report(request: HttpRequest, report: ReportIn) -> Status[ReportOut]:
    """Report a URL. It is assessed whether it matches a list or not. The same URL within a day is the same report."""
    made = submit_report(report.url, source=Report.Source.PARTNER, comment=report.comment, now=now())
    return Status(201, _report_out(made))


@api.get("/reports/{report_id}", auth=KeyWith(Permission.REPORT_SUBMIT), response={200: ReportOut, 404: ErrorOut})
def read_report(request: HttpRequest, report_id: str) -> ReportOut | Status[ErrorOut]:
    """Where a report stands."""
    found = Report.objects.filter(public_id=report_id).first()
    if found is None:
        return Status(404, _problem(NOT_FOUND))
    return _report_out(found)


def _report_out(report: Report) -> ReportOut:
    return ReportOut(
        id=report.public_id, state=report.state, created_at=report.created_at, assessed_at=report.assessed_at
    )
