"""Version 1 of the API. A version is kept for a year after its successor."""

from __future__ import annotations

from http import HTTPStatus

from django.http import HttpRequest, HttpResponse
from ninja import NinjaAPI, Status

from orbweaver.detect.fetching.settings import FetchingSettings
from orbweaver.detect.intake.models import Report
from orbweaver.detect.intake.selectors import reports_of
from orbweaver.detect.intake.services import submit_report
from orbweaver.detect.matching.filtering import what_to_tell
from orbweaver.detect.matching.selectors import marks_of
from orbweaver.doors.api.access import KeyWith, key_of, take_report
from orbweaver.doors.api.messages import EMPTY, INCOMPLETE, NOT_FOUND, PACKED, TOO_LARGE, TOO_MANY_REPORTS
from orbweaver.doors.api.problems import Refused, answer_in_problems, leading, refusals
from orbweaver.doors.api.scanning import require_quota, scan
from orbweaver.doors.api.schemas import (
    MatchOut,
    PoliceWordsIn,
    PoliceWordsOut,
    ProblemOut,
    ReportIn,
    ReportOut,
    ScanOut,
)
from orbweaver.follow.survivors.selectors import report_told
from orbweaver.notify.police import within
from orbweaver.notify.police.messages import NOT_POLICE
from orbweaver.notify.police.services import may_be_told
from orbweaver.notify.police.words import take
from orbweaver.people.accounts.rules import Permission
from orbweaver.platform.clock import now

api = NinjaAPI(title="Orbweaver", version="1", urls_namespace="api-v1", docs_url=None)
answer_in_problems(api)
_FILE = {
    "required": True,
    "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary", "minLength": 1}}},
}
_REPORT_MADE = leading(
    HTTPStatus.CREATED,
    {"$ref": "#/components/schemas/ReportOut"},
    "read_report",
    {"report_id": "$response.body#/id"},
)


@api.post(
    "/scan",
    auth=KeyWith(Permission.SCAN_USE),
    response=ScanOut,
    openapi_extra={"requestBody": _FILE, "responses": refusals(400, 401, 408, 413, 415, 429, 503)},
)
def scan_upload(request: HttpRequest) -> ScanOut:
    """Check the raw bytes of the body against the lists. Nothing of it is kept; only a whole body gets a verdict.

    ``no-known-match`` with the match type ``near`` is a possible match, for a person: single frames of films, or pieces
    of a picture.
    """
    key = key_of(request)
    require_quota(key)
    prints, matches = scan(key, _whole_body(request))
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


def _whole_body(request: HttpRequest) -> bytes:
    """The bytes as they are, all of them. Raises Refused."""
    limit = FetchingSettings.current().crawl_max_bytes
    if request.headers.get("Content-Encoding", "identity").strip().lower() not in ("", "identity"):
        # The digest of packed bytes is that of something else, too.
        raise Refused(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, PACKED)
    body = request.read(limit + 1)
    if len(body) > limit:
        raise Refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, TOO_LARGE.of(most=limit))
    if not body or len(body) != int(request.headers.get("Content-Length") or 0):
        # Nothing is said of bytes that did not come: their digest would be that of something else.
        raise Refused(HTTPStatus.BAD_REQUEST, INCOMPLETE if body else EMPTY)
    return body


@api.post(
    "/reports",
    auth=KeyWith(Permission.REPORT_SUBMIT),
    response={201: ReportOut},
    openapi_extra={"responses": refusals(400, 401, 408, 413, 422, 429, 503) | _REPORT_MADE},
)
def create_report(request: HttpRequest, response: HttpResponse, report: ReportIn) -> Status[ReportOut]:
    """Report a URL. It is assessed whether it matches a list or not. The same URL within a day is the same report, of
    one organisation.

    A key makes a hundred in ten seconds, or as many as it may scan files, where that is fewer; the header `RateLimit`
    says what is left.
    """
    rate = take_report(key_of(request))
    if not rate.granted:
        message = TOO_MANY_REPORTS.of(seconds=rate.seconds)
        raise Refused(HTTPStatus.TOO_MANY_REQUESTS, message, retry_after=rate.seconds, headers=rate.headers)
    for name, value in rate.headers.items():
        response.headers[name] = value
    organisation = key_of(request).organisation
    made = submit_report(
        report.url, source=Report.Source.PARTNER, comment=report.comment, organisation=organisation, now=now()
    )
    return Status(201, _report_out(made))


@api.get(
    "/reports/{report_id}",
    operation_id="read_report",
    auth=KeyWith(Permission.REPORT_SUBMIT),
    response=ReportOut,
    openapi_extra={"responses": refusals(401, 404)},
)
def read_report(request: HttpRequest, report_id: str) -> ReportOut:
    """Where a report of your own organisation stands. That it is assessed is told once a day, a day later at the
    earliest."""
    own = reports_of(key_of(request).organisation)
    found = own.filter(public_id=report_id).first() if "\x00" not in report_id else None
    if found is None:
        raise Refused(HTTPStatus.NOT_FOUND, NOT_FOUND)
    return _report_out(found)


@api.post(
    "/police/words",
    auth=KeyWith(Permission.SERIES_IDENTIFY),
    response=PoliceWordsOut,
    openapi_extra={"responses": refusals(400, 401, 408, 413, 422)},
)
def police_words(request: HttpRequest, given: PoliceWordsIn) -> PoliceWordsOut:
    """Say what your force knows of pictures: items, notices and figures follow at once. Saying it again does no harm.

    The key is one of the organisation under whose agreement the force is told. Unless it was made unbound it speaks of
    what that force was told or said before; all else is answered as what was never seen here.
    """
    key = key_of(request)
    force = within.forces(key).filter(may_be_told(now()), organisation=key.organisation).order_by("pk").first()
    if force is None:
        raise Refused(HTTPStatus.BAD_REQUEST, NOT_POLICE)
    rows = [{name: text.replace("\x00", "").strip() for name, text in each.dict().items()} for each in given.words]
    taken = take(rows, force, by=None, key=key, label=f"key {key.public_id}", now=now())
    problems = [ProblemOut(number=number, code=why.code, detail=str(why)) for number, why in taken.problems]
    return PoliceWordsOut(new=taken.new, before=taken.before, problems=problems)


def _report_out(report: Report) -> ReportOut:
    told = report_told(report, now())
    return ReportOut(id=report.public_id, state=told.state, created_at=report.created_at, assessed_at=told.assessed_at)
