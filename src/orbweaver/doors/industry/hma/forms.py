"""Files and fields out of ``multipart/form-data``, which came whole."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from email.message import EmailMessage
from http import HTTPStatus

from orbweaver.doors.industry.frame.asked import Asked, Refusal
from orbweaver.doors.industry.messages import NOT_A_FORM

FILES = ("photo", "video")
"""Names of fields that hold a file; HMA takes its content type from them."""
MOST_PARTS = 32
_NAME = re.compile(r'[; ]name="((?:[^"\\]|\\.)*)"')


@dataclass(frozen=True, slots=True)
class Form:
    """One file, with the content type that it was sent as, and what stood beside it."""

    content_type: str
    body: bytes
    fields: dict[str, str] = field(default_factory=dict)


def is_form(asked: Asked) -> bool:
    """Whether the body is one."""
    return asked.headers.get("Content-Type", "").lower().startswith("multipart/form-data")


async def form_of(asked: Asked, most: int) -> Form:
    """The form that the body is. Raises Refusal unless it holds one file."""
    head = EmailMessage()
    head["Content-Type"] = asked.headers.get("Content-Type", "")
    boundary = head.get_boundary("")
    body = await asked.read(most)
    parts = (b"\r\n" + body).split(b"\r\n--" + boundary.encode(errors="replace"))[1:-1] if boundary else []
    if not parts or len(parts) > MOST_PARTS:
        raise Refusal(HTTPStatus.BAD_REQUEST, NOT_A_FORM)
    files: list[tuple[str, bytes]] = []
    fields: dict[str, str] = {}
    for part in parts:
        headers, _, content = part.partition(b"\r\n\r\n")
        name = _NAME.search(headers.decode("latin-1"))
        if name is None:
            raise Refusal(HTTPStatus.BAD_REQUEST, NOT_A_FORM)
        if name[1] in FILES:
            files.append((name[1], content))
        else:
            fields[name[1]] = content[:65536].decode(errors="replace")
    if len(files) != 1 or not files[0][1]:
        raise Refusal(HTTPStatus.BAD_REQUEST, NOT_A_FORM)
    return Form(*files[0], fields)
