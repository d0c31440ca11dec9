"""Each step as a span: to a collector that reads OTLP, on the other side of a real socket."""

from __future__ import annotations

import datetime as dt
import gzip
import io
import logging
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from tests.settings_given import settings_given

from orbweaver.detect.crawl.models import Lead
from orbweaver.detect.crawl.services import add_lead
from orbweaver.errors import ConfigurationError
from orbweaver.notify.notices.models import Notice
from orbweaver.people.audit.services import record
from orbweaver.platform.runtime.checks import Level
from orbweaver.platform.runtime.messages import TRACES_NEED_EXTRA
from orbweaver.platform.runtime.settings import LogSettings
from orbweaver.platform.runtime.traces import Spans, trace_id_of, traces_checks
from orbweaver.platform.steps import About

pytestmark = pytest.mark.django_db(transaction=True)
SOON_S = 15.0


class Collector:
    """Takes spans as a collector does; ``status``, ``headers`` and a body of ``megabytes`` are what it answers, of
    which ``sent`` were taken; with ``hangs`` nothing."""

    def __init__(self) -> None:
        self.requests: list[ExportTraceServiceRequest] = []
        self.raw: list[bytes] = []
        self.status = 200
        self.headers: dict[str, str] = {}
        self.megabytes = self.sent = 0
        self.hangs, self.released = False, Event()
        collector = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                plain = gzip.decompress(body) if self.headers.get("Content-Encoding") == "gzip" else body
                assert self.path == "/v1/traces"
                collector.raw.append(plain)
                collector.requests.append(ExportTraceServiceRequest.FromString(plain))
                if collector.hangs:
                    collector.released.wait(SOON_S)
                self.send_response(collector.status)
                for name, value in collector.headers.items():
                    self.send_header(name, value)
                self.end_headers()
                for _ in range(collector.megabytes):
                    try:
                        self.wfile.write(bytes(2**20))
                    except OSError:
                        return
                    collector.sent += 1

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"

    def spans(self) -> list[Any]:
        scopes = [scope for each in self.requests for of in each.resource_spans for scope in of.scope_spans]
        return [span for scope in scopes for span in scope.spans]


@pytest.fixture
def collector() -> Iterator[Collector]:
    found = Collector()
    yield found
    found.released.set()
    found.server.shutdown()
    found.server.server_close()


@pytest.fixture
def traced(collector: Collector, set_config: Any) -> Iterator[Spans]:
    set_config(traces_url=collector.url)
    handler, steps = Spans(), logging.getLogger("orbweaver.platform.steps")
    level = steps.level
    steps.addHandler(handler)
    steps.setLevel(logging.INFO)
    yield handler
    steps.removeHandler(handler)
    steps.setLevel(level)
    handler.close()


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """What the root logger hears; pytest's own handlers hear loggers that tell it nothing, too.

    Others that write to a stream are away meanwhile: theirs may have ended with the test that made them.
    """
    out, root = io.StringIO(), logging.getLogger()
    others = [each for each in root.handlers if type(each) is logging.StreamHandler]
    for each in others:
        root.removeHandler(each)
    handler = logging.StreamHandler(out)
    root.addHandler(handler)
    yield out
    root.removeHandler(handler)
    for each in others:
        root.addHandler(each)


def wait_for(collector: Collector, count: int) -> list[Any]:
    deadline = time.monotonic() + SOON_S
    while len(collector.spans()) < count and time.monotonic() < deadline:
        time.sleep(0.05)
    return collector.spans()


def test_the_steps_of_a_lead_are_one_trace_and_hold_nothing_secret(
    world: Any, hotline: None, collector: Collector, traced: Spans, now: dt.datetime
) -> None:
    from orbweaver.notify.notices.services import issue_notices

    lead = add_lead("https://forum.example/hidden-thread/", source=Lead.Source.OPERATOR, now=now)
    other = add_lead("https://elsewhere.example/", source=Lead.Source.OPERATOR, now=now)
    verdict = world.verdict("https://images.example/1.png", page="https://forum.example/hidden-thread/")
    issue_notices(now)
    record("item.opened", verdict.item.public_id, at=now)
    record("lead.stopped", other.public_id, at=now)
    found = wait_for(collector, 3)
    of_lead = [each for each in found if int.from_bytes(each.trace_id) == trace_id_of(lead.public_id)]
    names = {each.name for each in of_lead}
    assert {"notice.issued", "item.opened"} <= names
    assert len({each.parent_span_id for each in of_lead}) == 1
    about = {each.name: {a.key: a.value.string_value for a in each.attributes} for each in of_lead}
    assert about["notice.issued"]["orbweaver.about"] == Notice.objects.get().public_id
    assert about["notice.issued"]["orbweaver.lead"] == lead.public_id
    assert all(abs(each.start_time_unix_nano / 1e9 - time.time()) < 60 for each in of_lead)
    of_other = [each for each in found if int.from_bytes(each.trace_id) == trace_id_of(other.public_id)]
    assert {each.name for each in of_other} == {"lead.stopped"}
    secrets = (b"forum.example", b"images.example", b"hidden", b"usr_")
    assert [secret for secret in secrets if any(secret in raw for raw in collector.raw)] == []


def test_a_collector_that_is_away_holds_nobody_up_and_its_address_is_in_no_log(
    world: Any, collector: Collector, traced: Spans, now: dt.datetime, log: io.StringIO
) -> None:
    lead = add_lead("https://forum.example/", source=Lead.Source.OPERATOR, now=now)
    record("lead.stopped", lead.public_id, at=now)
    wait_for(collector, 1)
    collector.server.shutdown()
    collector.server.server_close()
    began = time.monotonic()
    for _ in range(200):
        record("lead.stopped", lead.public_id, at=now)
    assert time.monotonic() - began < SOON_S
    time.sleep(3)
    assert "127.0.0.1" not in log.getvalue()
    [check] = traces_checks()
    assert check.level == Level.WARN


def test_doctor_says_whether_the_collector_takes_traces(collector: Collector, set_config: Any) -> None:
    assert list(traces_checks()) == []
    set_config(traces_url=collector.url)
    [check] = traces_checks()
    assert check.level == Level.OK


def test_without_a_collector_the_library_is_not_loaded_and_with_one_steps_go_to_it(collector: Collector) -> None:
    code = (
        "import logging, sys, django; django.setup(); "
        "print('opentelemetry.sdk' in sys.modules, [type(h).__name__ for h in "
        "logging.getLogger('orbweaver.platform.steps').handlers])"
    )
    for url, said in (("", "False []"), (collector.url, "False ['Spans']")):
        env = os.environ | {"DJANGO_SETTINGS_MODULE": "orbweaver.platform.django_settings", "ORBWEAVER_TRACES_URL": url}
        run = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True)
        assert run.stdout.strip() == said


def test_of_a_collectors_answer_nothing_is_read_but_its_status(collector: Collector, set_config: Any) -> None:
    set_config(traces_url=collector.url)
    collector.megabytes = 64
    assert [check.level for check in traces_checks()] == [Level.OK]
    assert collector.sent < 32  # what lies in the buffers between us


def test_a_collector_that_sends_on_elsewhere_takes_nothing_and_nothing_is_sent_there(
    collector: Collector, set_config: Any
) -> None:
    other = Collector()
    try:
        set_config(traces_url=collector.url)
        for status in (302, 307, 308):
            collector.status, collector.headers = status, {"Location": f"{other.url}/v1/traces"}
            assert [check.level for check in traces_checks()] == [Level.WARN]
        assert other.requests == []
    finally:
        other.server.shutdown()
        other.server.server_close()


def test_a_process_that_ends_does_not_wait_for_a_collector_that_hangs(collector: Collector) -> None:
    collector.hangs = True
    code = (
        "import logging, time, django; django.setup(); from orbweaver.platform.steps import About; "
        "logging.getLogger('orbweaver.platform.steps').info('%s', 'lead.stopped', "
        "extra={'code': 'lead.stopped', 'about': About('led_2222222222', ('led_2222222222',)), 'counts': {}}); "
        "print(time.time())"
    )
    env = os.environ | {
        "DJANGO_SETTINGS_MODULE": "orbweaver.platform.django_settings",
        "ORBWEAVER_TRACES_URL": collector.url,
    }
    run = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True)
    assert time.time() - float(run.stdout) < 4.5  # an answer may take 5 seconds, and there are several


@pytest.mark.parametrize(
    "url", ["http://:secret@127.0.0.1:4318", "http://127.0.0.1:4318/?token=secret", "http://127.0.0.1:4318/#secret"]
)
def test_an_address_of_a_collector_holds_no_secret(url: str) -> None:
    with settings_given(traces_url=url), pytest.raises(ConfigurationError, match="without a password"):
        LogSettings.current()


def test_spans_that_cannot_be_made_are_said_once_and_hold_nobody_up(
    traced: Spans, log: io.StringIO, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def lacks_extra(url: str) -> Any:
        raise ConfigurationError(TRACES_NEED_EXTRA)

    monkeypatch.setattr("orbweaver.platform.runtime.traces._provider_of", lacks_extra)
    for _ in range(3):
        extra = {"code": "lead.stopped", "about": About("led_2222222222", ("led_2222222222",)), "counts": {}}
        logging.getLogger("orbweaver.platform.steps").info("%s", "lead.stopped", extra=extra)
    assert log.getvalue().count("could not be sent") == 1
    assert capsys.readouterr().err == ""
