"""How this part is, for machines (``platform.runtime.status``): a door for each of its paths."""

from __future__ import annotations

import asyncio
from http import HTTPStatus

from prometheus_client import Counter

from orbweaver.doors.industry.frame.asked import Answer, Asked, Refusal
from orbweaver.doors.industry.frame.service import Service
from orbweaver.doors.industry.messages import NO_SUCH_CALL
from orbweaver.platform.runtime.status import REGISTRY, answer

CALLS = Counter(
    "orbweaver_api_calls", "Calls by door and by the kind of their status.", ["door", "status"], registry=REGISTRY
)


class Status:
    """One of the paths."""

    name = "status"

    def __init__(self, service: Service, path: str) -> None:
        self._service, self._path = service, path
        self.below = (path.strip("/"),)

    async def answer(self, asked: Asked) -> Answer:
        """As ``platform.runtime.status`` says."""
        asked.only("GET", "HEAD")
        headers = {name.lower(): value for name, value in asked.headers.items()}
        answered = None if asked.parts else await asyncio.to_thread(self._answer_to, asked.remote, headers)
        return answered or self.refuse(Refusal(HTTPStatus.NOT_FOUND, NO_SUCH_CALL))

    def _answer_to(self, remote: str, headers: dict[str, str]) -> Answer | None:
        from django.db import connection

        try:
            answered = answer(self._path, remote, headers)
        finally:
            connection.close()
        return Answer(answered.status, answered.text, answered.content_type) if answered is not None else None

    def refuse(self, refusal: Refusal) -> Answer:
        """In one line."""
        return Answer(refusal.status, f"{refusal.message}\n".encode(), "text/plain; charset=utf-8")
