"""The inbox for industry as calls: ``/abuse-signal/``, in the shapes of the AWS Abuse Signal API (its botocore model).

``CreateAbuseReport`` reports material to this hotline, in XARF. ``GetAbuseReportStatus`` and
``ListAbuseReportStatuses`` tell a provider where each address of its own notices stands (and where a report that it
made stands). The model has no call to read a notice or to answer one, so ``v1/notices`` is ours.
"""

from __future__ import annotations

import datetime as dt
from http import HTTPStatus
from typing import Any

from django.db import DataError
from django.http import HttpRequest, HttpResponse
from ninja import NinjaAPI, Schema, Status
from ninja.errors import AuthenticationError, HttpError, ValidationError

from orbweaver.detect.intake.models import Report
from orbweaver.detect.intake.selectors import reports_of
from orbweaver.detect.intake.services import submit_report
from orbweaver.doors.api.access import take_report
from orbweaver.doors.api.messages import NOT_FOUND, NOT_KEPT
from orbweaver.doors.api.problems import leading
from orbweaver.doors.api.signing import SignedKeyWith
from orbweaver.errors import OrbweaverError
from orbweaver.follow.survivors.selectors import report_told
from orbweaver.notify.notices.answers import inbox
from orbweaver.people.accounts.models import ApiKey, Organisation
from orbweaver.people.accounts.rules import Permission
from orbweaver.platform.clock import now

api = NinjaAPI(
    title="Orbweaver inbox for industry", version="1-abuse-signal", urls_namespace="abuse-signal", docs_url=None
)
_auth = SignedKeyWith(Permission.NOTICE_ANSWER)
_reporting = SignedKeyWith(Permission.REPORT_SUBMIT)

REPORT_PREFIX = "report"
"""Of the numbers of reports made here; the model wants letters and digits alone."""
PAGE = 50
_STATES = {
    Report.State.RECEIVED: "QUEUED",
    Report.State.ASSESSED: "COMPLETED",
}


_WHY = {
    400: "ValidationException: something of the request is wrong.",
    403: "AccessDeniedException: the key is not known, or may not do this.",
    404: "ResourceNotFoundException: there is no such report.",
    408: "The body came too slowly.",
    413: "The body is too large.",
    429: "ThrottlingException: the key makes too many reports; `Retry-After` says for how long.",
    422: "SubmissionRequirementException: this is no report in XARF, or has no address.",
    503: "Too much is being asked at once; `Retry-After` says for how long.",
}


class AbuseReport(Schema):
    """The union of the model: one member, a report in XARF."""

    xarf: dict[str, Any]


class CreateIn(Schema):
    """Input of CreateAbuseReport."""

    report: AbuseReport
    correlationId: str = ""  # noqa: N815 - the model's name
    clientToken: str = ""  # noqa: N815 - the model's name


class AnswerIn(Schema):
    """What a provider answers: ``removed``, ``not_ours``, or ``push_back`` with a reason of R51."""

    action: str
    reason: str = ""
    comment: str = ""


_OBJECT: dict[str, Any] = {"type": "object"}


def _errors(*statuses: int, done: dict[str, Any] | None = None) -> dict[str, Any]:
    """The answers of a call that are errors, for its description; and the one that leads to another call, ``done``."""
    schema = {"type": "object", "required": ["message"], "properties": {"message": {"type": "string"}}}
    content = {"application/json": {"schema": schema}}
    errors = {str(each): {"description": _WHY[each], "content": content} for each in statuses}
    return {"responses": errors | (done or {})}


def _organisation(request: HttpRequest) -> Organisation:
    key = request.auth  # type: ignore[attr-defined]  # ninja puts there what authenticate returned
    if not isinstance(key, ApiKey):
        raise TypeError("this call needs a key")
    return key.organisation


def _error(request: HttpRequest, kind: str, status: int, **details: Any) -> HttpResponse:
    """An error as clients of the model read it."""
    response = api.create_response(request, details, status=status)
    response.headers["x-amzn-errortype"] = kind
    response.headers["Cache-Control"] = "no-store"
    return response


@api.exception_handler(AuthenticationError)
def _denied(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
    return _error(request, "AccessDeniedException", 403, message="The key is not known, or may not do this.")


@api.exception_handler(OrbweaverError)
def _known_error(request: HttpRequest, error: OrbweaverError) -> HttpResponse:
    return _error(request, "ValidationException", 400, message=str(error), code=error.code)


@api.exception_handler(ValidationError)
def _invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
    fields = [{"path": ".".join(map(str, each["loc"])), "message": each["msg"]} for each in error.errors]
    return _error(request, "ValidationException", 400, message="The request does not fit.", fieldList=fields)


@api.exception_handler(DataError)
def _not_kept(request: HttpRequest, error: DataError) -> HttpResponse:
    return _error(request, "ValidationException", 400, message=str(NOT_KEPT), code=NOT_KEPT.code)


@api.exception_handler(HttpError)
def _unreadable(request: HttpRequest, error: HttpError) -> HttpResponse:
    return _error(request, "ValidationException", error.status_code, message=str(error))


@api.post(
    "/v1/abuse",
    auth=_reporting,
    response={202: dict[str, Any]},
    openapi_extra=_errors(
        *(400, 403, 408, 413, 422, 429, 503),
        done=leading(HTTPStatus.ACCEPTED, _OBJECT, "report_status", {"report_id": "$response.body#/reportId"}),
    ),
)
def create_abuse_report(request: HttpRequest, said: CreateIn) -> Status[dict[str, Any]] | HttpResponse:
    """Report material, one address in XARF. The same address within a day is the same report."""
    import xarf  # takes a tenth of a second to load, at every start of the pages

    refused = _too_fast(request)
    if refused is not None:
        return refused
    result = xarf.parse(said.report.xarf)
    if result.errors or result.report is None:
        unmet = [{"path": each.field or "report", "message": "does not fit XARF"} for each in result.errors][:50]
        return _unmet(request, "This is no report in XARF.", unmet)
    url = said.report.xarf.get("url")
    if not isinstance(url, str) or not url:
        return _unmet(request, "An address is needed.", [{"path": "url", "message": "is needed"}])
    comment = str(said.report.xarf.get("description", ""))[:2_000]
    organisation = _organisation(request)
    made = submit_report(url, source=Report.Source.PARTNER, comment=comment, organisation=organisation, now=now())
    answer = {"reportId": REPORT_PREFIX + made.public_id.partition("_")[2]}
    return Status(202, answer | ({"correlationId": said.correlationId} if said.correlationId else {}))


def _too_fast(request: HttpRequest) -> HttpResponse | None:
    """A refusal if the key makes too many reports, counted over all processes; else None."""
    rate = take_report(request.auth)  # type: ignore[attr-defined]
    if rate.granted:
        return None
    response = _error(request, "ThrottlingException", 429, message="This key makes too many reports.")
    response.headers["Retry-After"] = str(rate.seconds)
    return response


def _unmet(request: HttpRequest, message: str, unmet: list[dict[str, str]]) -> HttpResponse:
    return _error(request, "SubmissionRequirementException", 422, message=message, unmetRequirements=unmet)


@api.get(
    "/v1/abuse/{report_id}",
    operation_id="report_status",
    auth=_auth,
    response=dict[str, Any],
    openapi_extra=_errors(400, 403, 404),
)
def get_abuse_report_status(request: HttpRequest, report_id: str) -> dict[str, Any] | HttpResponse:
    """Where an address of one's own notices stands, or a report that was made here."""
    url = inbox.status_by_id(_organisation(request), report_id)
    if url is not None:
        return _status(inbox.status_of(url), with_times=True)
    made = reports_of(_organisation(request)).filter(public_id=f"rep_{report_id.removeprefix(REPORT_PREFIX)}").first()
    if made is None or not report_id.startswith(REPORT_PREFIX):
        return _error(request, "ResourceNotFoundException", 404, message=str(NOT_FOUND), resourceId=report_id[:64])
    told = report_told(made, now())
    return {
        "reportId": report_id,
        "status": _STATES.get(told.state, "PROCESSING"),
        "description": f"The report is {told.state}.",
        "submittedAt": _seconds(made.created_at),
        "lastUpdatedAt": _seconds(told.assessed_at or made.created_at),
    }


@api.get("/v1/abusestatuses", auth=_auth, response=dict[str, Any], openapi_extra=_errors(400, 403))
def list_abuse_report_statuses(
    request: HttpRequest,
    correlationId: str = "",  # noqa: N803 - the model's name
    nextToken: str = "0",  # noqa: N803 - the model's name
    maxResults: int = PAGE,  # noqa: N803 - the model's name
) -> dict[str, Any] | HttpResponse:
    """Where each address of one's own notices stands; ``correlationId`` is the reference of a notice."""
    if not nextToken.isdecimal() or len(nextToken) > 18 or not 1 <= maxResults <= PAGE:
        return _error(request, "ValidationException", 400, message="nextToken or maxResults does not fit.")
    rows = list(inbox.statuses(_organisation(request), correlationId).filter(pk__gt=int(nextToken))[: maxResults + 1])
    page = rows[:maxResults]
    answer: dict[str, Any] = {"reports": [_status(inbox.status_of(url), with_times=False) for url in page]}
    return answer | ({"nextToken": str(page[-1].pk)} if len(rows) > maxResults else {})


@api.get(
    "/v1/notices",
    auth=_auth,
    response=dict[str, Any],
    openapi_extra=_errors(
        400, 403, done=leading(HTTPStatus.OK, _OBJECT, "read_notice", {"notice_id": "$response.body#/notices/0/id"})
    ),
)
def list_notices(request: HttpRequest, state: str = "open", after: str = "") -> dict[str, Any]:
    """One's own notices of a state, newest first, twenty at a time; ``next`` goes into ``after``."""
    rows = inbox.inbox_of(_organisation(request)).filter(state=state).order_by("-pk")
    if after.isdecimal() and len(after) <= 18:
        rows = rows.filter(pk__lt=int(after))
    found = list(rows[:21])
    page = found[:20]
    return {
        "notices": [inbox.notice_as_json(each) for each in page],
        "next": str(page[-1].pk) if len(found) > 20 else None,
    }


@api.get(
    "/v1/notices/{notice_id}",
    operation_id="read_notice",
    auth=_auth,
    response=dict[str, Any],
    openapi_extra=_errors(400, 403),
)
def read_notice(request: HttpRequest, notice_id: str) -> dict[str, Any]:
    """One notice, noted as read."""
    return inbox.notice_as_json(inbox.open_in_inbox(_organisation(request), notice_id, now()))


@api.post(
    "/v1/notices/{notice_id}/answers",
    auth=_auth,
    response={201: dict[str, Any]},
    openapi_extra=_errors(400, 403, 408, 413, 503),
)
def answer_notice(request: HttpRequest, notice_id: str, said: AnswerIn) -> Status[dict[str, Any]]:
    """Answer a notice. An objection is read by a person and suspends nothing."""
    reply = inbox.answer_in_inbox(
        _organisation(request), notice_id, said.action, said.reason, now(), comment=said.comment
    )
    return Status(201, {"id": reply.public_id, "action": reply.action, "at": reply.at})


def _status(found: inbox.ReportStatus, *, with_times: bool) -> dict[str, Any]:
    status: dict[str, Any] = {
        "reportId": found.report_id,
        "correlationId": found.correlation_id,
        "status": found.status,
        "description": str(found.description),
    }
    if found.reason:
        status["reasonCode"] = found.reason
    if with_times:
        status |= {"submittedAt": _seconds(found.submitted_at), "lastUpdatedAt": _seconds(found.updated_at)}
    return status


def _seconds(at: dt.datetime) -> float:
    return round(at.timestamp(), 3)
