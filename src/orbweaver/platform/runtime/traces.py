"""Each step of the work (``platform.steps``) as a span of OpenTelemetry, for whoever has a collector of traces.

A lead is a trace, whichever part and machine a step happens in: its number is made of the lead's public identifier, so
nothing is carried along for it. A step is an instant; how long the work lay in between is what a trace shows. A span
holds what the log's line holds: kind, public identifier and counts, never a URL, a hash or a name.

Needs the extra ``traces``. A collector that is away, hangs or lies holds nobody up: spans are sent by a thread of their
own, a bounded number waits, and what is too many is dropped; of its answer only the status is read, and a process that
ends waits for it two seconds and no more.
"""

from __future__ import annotations

import atexit
import hashlib
import logging
import os
import threading
import time
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from orbweaver.errors import ConfigurationError
from orbweaver.platform.runtime.checks import Check, Level
from orbweaver.platform.runtime.jsonlogs import machine, part
from orbweaver.platform.runtime.messages import TRACES_NEED_EXTRA
from orbweaver.platform.runtime.settings import LogSettings
from orbweaver.platform.steps import About

if TYPE_CHECKING:
    import requests
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.trace import TracerProvider

logger = logging.getLogger(__name__)

PATH: Final = "/v1/traces"
"""Of the collector, by OTLP over HTTP (https://opentelemetry.io/docs/specs/otlp/#otlphttp-request)."""
ANSWER_WITHIN_S: Final = 5.0
AT_END_S: Final = 2.0
"""How long a process that ends waits for its last spans to be taken. Longer, and what started it would kill it."""
EVERY_MS: Final = 2_000
MOST_WAITING: Final = 2_048
SAID_AGAIN_S: Final = 3_600.0
OWN_LOGGER: Final = "opentelemetry"


def trace_id_of(lead: str) -> int:
    """The number of a lead's trace, 128 bits, never 0."""
    return int.from_bytes(hashlib.sha256(lead.encode()).digest()[:16]) or 1


def traces_checks() -> Iterator[Check]:
    """For ``orbweaver doctor``, where a collector is named: whether it takes traces."""
    url = LogSettings.current().traces_url
    if not url:
        return
    try:
        sending = _sending_to(url)
    except ConfigurationError as error:
        yield Check("traces", Level.FAIL, "cannot be sent", str(error))
        return
    result = sending.export([])
    sending.shutdown()  # type: ignore[no-untyped-call]
    if result.name == "SUCCESS":
        yield Check("traces", Level.OK, "the collector takes them")
        return
    advice = "Look at ORBWEAVER_TRACES_URL. Nothing waits for it: steps are not traced meanwhile."
    yield Check("traces", Level.WARN, "the collector does not take them", advice)


class Spans(logging.Handler):
    """Sends each step as a span of the traces of its leads. Starts with the first one, in the process that takes it."""

    def __init__(self) -> None:
        super().__init__()
        self._provider: TracerProvider | None = None
        self._by = 0
        self._lost = _InOurWords()
        library = logging.getLogger(OWN_LOGGER)
        library.propagate = False
        library.handlers[:] = [self._lost]

    def emit(self, record: logging.LogRecord) -> None:
        """Queue the spans. Raises nothing: traces never hold the work up, and a step says nothing of them each time."""
        try:
            self._queue(record)
        except Exception:
            self._lost.emit(record)

    def _queue(self, record: logging.LogRecord) -> None:
        from opentelemetry import trace

        about: About | None = getattr(record, "about", None)
        if about is None:
            return
        counts: Mapping[str, int] = getattr(record, "counts", {})
        given = {"orbweaver.about": about.subject} | {f"orbweaver.{name}": n for name, n in counts.items()}
        at = int(record.created * 1e9)
        tracer = self._started().get_tracer("orbweaver")
        for lead in about.leads:
            number = trace_id_of(lead)
            root = trace.SpanContext(
                number, number & 0xFFFF_FFFF_FFFF_FFFF or 1, is_remote=True, trace_flags=trace.TraceFlags(1)
            )
            context = trace.set_span_in_context(trace.NonRecordingSpan(root))
            attributes = given | {"orbweaver.lead": lead}
            tracer.start_span(record.getMessage(), context, attributes=attributes, start_time=at).end(at)

    def _started(self) -> TracerProvider:
        if self._provider is None or self._by != os.getpid():  # a fork has no thread that sends
            self._provider, self._by = _provider_of(LogSettings.current().traces_url), os.getpid()
        return self._provider


def _provider_of(url: str) -> TracerProvider:
    sending = _sending_to(url)
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor
    from opentelemetry.sdk.trace.sampling import ALWAYS_ON

    named = {"service.name": "orbweaver", "service.instance.id": machine(), "orbweaver.part": part()}
    provider = TracerProvider(ALWAYS_ON, Resource(named), shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(sending, MOST_WAITING, EVERY_MS))
    _end_with_process(provider)
    return provider


def _end_with_process(provider: TracerProvider) -> None:
    """Have the last spans sent when this process ends, if the collector takes them soon: the library waits half a
    minute for one that hangs. Its thread is there from the beginning, as none may be started at the end."""
    ending, ended = threading.Event(), threading.Event()

    def end() -> None:
        ending.wait()
        provider.shutdown()
        ended.set()

    threading.Thread(target=end, name="traces-end", daemon=True).start()
    by = os.getpid()

    def give_time() -> None:
        if os.getpid() == by:  # a fork has none of the threads
            ending.set()
            ended.wait(AT_END_S)

    atexit.register(give_time)


def _sending_to(url: str) -> OTLPSpanExporter:
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    except ImportError:
        raise ConfigurationError(TRACES_NEED_EXTRA) from None
    return OTLPSpanExporter(url.rstrip("/") + PATH, timeout=ANSWER_WITHIN_S, session=_session())


def _session() -> requests.Session:
    """Connections to the collector. Nothing of the body of an answer is read, which might have no end or unfold without
    one; and what sends on elsewhere has taken nothing, which the library takes for a success."""
    import requests

    class OfStatus(requests.Session):
        def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:
            answer = super().send(request, **(kwargs | {"stream": True, "allow_redirects": False}))
            answer.close()
            if 300 <= answer.status_code < 400:
                raise requests.TooManyRedirects(f"status {answer.status_code}")
            return answer

    return OfStatus()


class _InOurWords(logging.Handler):
    """Says that spans were lost, once an hour. The library's own words hold the collector's address."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self._said_at = -SAID_AGAIN_S

    def emit(self, record: logging.LogRecord) -> None:
        """Say it."""
        if time.monotonic() - self._said_at >= SAID_AGAIN_S:
            self._said_at = time.monotonic()
            logger.warning("Spans could not be sent to the collector of traces.")
