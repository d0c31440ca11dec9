"""Files that a form brings and that may lie in clear nowhere: they stand in memory alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, TypeVar, cast

from django.core.files.uploadhandler import MemoryFileUploadHandler
from django.http import HttpRequest

View = TypeVar("View", bound=Callable[..., Any])


class InMemory(MemoryFileUploadHandler):
    """Keeps a file in memory where the whole form is of ``most`` bytes at most; else it is none."""

    def __init__(self, request: HttpRequest, most: int) -> None:
        super().__init__(request)
        self._most = most

    def handle_raw_input(
        self,
        input_data: Any,
        META: Mapping[str, Any],  # noqa: N803
        content_length: int,
        boundary: Any,
        encoding: str | None = None,
    ) -> None:
        """By its length alone; Django's own limit is for what may lie in a file of its own."""
        self.activated = content_length <= self._most


def in_memory(most: int) -> Callable[[View], View]:
    """A view whose files stand in memory alone: never in a temporary file, which nobody destroys for certain."""

    def made(view: View) -> View:
        @wraps(view)
        def kept(request: HttpRequest, *arguments: Any, **named: Any) -> Any:
            request.upload_handlers = [InMemory(request, most)]
            return view(request, *arguments, **named)

        return cast("View", kept)

    return made
