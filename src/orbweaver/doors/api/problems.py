"""Errors of ``/api/v1/`` as problems of RFC 9457 with a stable ``code``, in English; and the description of them."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from django.db import DataError
from django.http import HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError

from orbweaver.doors.api.messages import DOES_NOT_FIT, KEY_NEEDED, NOT_KEPT
from orbweaver.errors import VERBATIM, Message, OrbweaverError

PROBLEM = "application/problem+json"
SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["type", "title", "status", "detail", "code"],
    "properties": {name: {"type": "string"} for name in ("type", "title", "detail", "code")}
    | {"status": {"type": "integer"}},
}
WHY = {
    400: "Something of the request is wrong; `detail` says what.",
    401: "The key is missing, unknown, revoked or expired, or lacks the scope.",
    404: "There is no such thing.",
    408: "The body came too slowly.",
    413: "The body is too large.",
    415: "The body is packed.",
    422: "The body or a parameter has not the form that this call takes.",
    429: "The key has used what it may; `Retry-After` says for how long.",
    503: "Too much is being asked at once; `Retry-After` says for how long.",
}


class Refused(Exception):
    """A request that is not done, and why."""

    def __init__(
        self,
        status: HTTPStatus,
        message: Message,
        *,
        retry_after: int | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message.code)
        self.status, self.message = status, message
        self.headers = dict(headers or {}) | ({} if retry_after is None else {"Retry-After": str(retry_after)})


def refusals(*statuses: int) -> dict[str, Any]:
    """The responses of a call that are problems, for its description."""
    content = {PROBLEM: {"schema": SCHEMA}}
    return {str(status): {"description": WHY[status], "content": content} for status in statuses}


def leading(status: HTTPStatus, schema: dict[str, Any], to: str, parameters: dict[str, str]) -> dict[Any, Any]:
    """The answer of a call that says what another one takes (by its ``operation_id``), for its description.

    By a number, as ninja has its own, in whose place it comes: a text would be there beside it.
    """
    content = {"application/json": {"schema": schema}}
    links = {to: {"operationId": to, "parameters": parameters}}
    return {int(status): {"description": status.phrase, "content": content, "links": links}}


def answer_in_problems(api: NinjaAPI) -> None:
    """Have whatever goes wrong in the calls of this API answered as a problem."""

    @api.exception_handler(Refused)
    def _refused(request: HttpRequest, error: Refused) -> HttpResponse:
        answer = _problem(api, request, error.status, error.message)
        for name, value in error.headers.items():
            answer.headers[name] = value
        return answer

    @api.exception_handler(OrbweaverError)
    def _known(request: HttpRequest, error: OrbweaverError) -> HttpResponse:
        return _problem(api, request, HTTPStatus.BAD_REQUEST, error.message, error.code)

    @api.exception_handler(AuthenticationError)
    def _denied(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
        answer = _problem(api, request, HTTPStatus.UNAUTHORIZED, KEY_NEEDED)
        answer.headers["WWW-Authenticate"] = 'Bearer realm="Orbweaver"'
        return answer

    @api.exception_handler(ValidationError)
    def _invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
        fields = ", ".join(dict.fromkeys(".".join(map(str, each["loc"])) for each in error.errors)) or "body"
        return _problem(api, request, HTTPStatus.UNPROCESSABLE_ENTITY, DOES_NOT_FIT.of(fields=fields[:200]))

    @api.exception_handler(DataError)
    def _not_kept(request: HttpRequest, error: DataError) -> HttpResponse:
        return _problem(api, request, HTTPStatus.BAD_REQUEST, NOT_KEPT)

    @api.exception_handler(HttpError)
    def _http(request: HttpRequest, error: HttpError) -> HttpResponse:
        return _problem(api, request, HTTPStatus(error.status_code), VERBATIM.of(text=str(error)))


def _problem(
    api: NinjaAPI, request: HttpRequest, status: HTTPStatus, message: Message, code: str | None = None
) -> HttpResponse:
    problem = {
        "type": "about:blank",
        "title": status.phrase,
        "status": int(status),
        "detail": str(message),
        "code": code or message.code.removeprefix("api."),
    }
    answer = api.create_response(request, problem, status=status)
    answer.headers["Content-Type"] = PROBLEM
    return answer
