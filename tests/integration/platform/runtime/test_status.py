"""Who may read a part's figures, and what a part says of itself when it is well and when it is not."""

from __future__ import annotations

import http.client
import time

import pytest
from django.db import connections
from tests.settings_given import settings_given

from orbweaver.platform.runtime import status
from orbweaver.platform.runtime.installation import free_port

HERE = {"host": "127.0.0.1:8433"}


def test_figures_are_for_this_machine() -> None:
    assert status.may_read("127.0.0.1", HERE)
    assert status.may_read("::1", {"host": "localhost:8433"})
    assert not status.may_read("192.0.2.1", HERE)


@pytest.mark.parametrize(
    "headers",
    [
        {"host": "hotline.example"},
        {},
        HERE | {"x-forwarded-for": "192.0.2.1"},
        HERE | {"forwarded": "for=192.0.2.1"},
        HERE | {"via": "1.1 front"},
    ],
)
def test_a_proxy_on_this_machine_gives_them_to_nobody(headers: dict[str, str]) -> None:
    assert not status.may_read("127.0.0.1", headers)


def test_a_token_opens_them_from_elsewhere_and_no_other_does() -> None:
    with settings_given(metrics_token="sixteen-letters-and-more"):
        assert status.may_read("192.0.2.1", {"authorization": "Bearer sixteen-letters-and-more"})
        for wrong in ("Bearer sixteen-letters-and-mor", "Bearer ", "Bearer é", ""):
            assert not status.may_read("192.0.2.1", {"authorization": wrong})


@pytest.mark.django_db(transaction=True)
def test_a_part_without_pages_says_how_it_is() -> None:
    port = free_port("127.0.0.1", 0)
    with status.status_served(port) as beat:
        beat()
        assert asked(port, "/healthz") == (200, "ok\n")
        assert asked(port, "/readyz") == (200, "ok\n")
        code, text = asked(port, "/metrics")
        assert code == 200
        assert "process_cpu_seconds_total" in text
        assert "orbweaver_build_info" in text
        assert asked(port, "/else")[0] == 404


@pytest.mark.django_db(transaction=True)
def test_a_database_that_does_not_answer_and_a_loop_that_stands_still_are_said(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answer = status.answer("/readyz", "192.0.2.1", {})
    assert answer is not None
    assert answer.status == 200
    connections.close_all()
    monkeypatch.setitem(connections["default"].settings_dict, "PORT", "1")
    monkeypatch.setitem(connections["default"].settings_dict, "HOST", "127.0.0.1")
    answer = status.answer("/readyz", "192.0.2.1", {})
    assert answer is not None
    assert (answer.status, answer.text) == (503, b"the database does not answer\n")
    beats = status.Beats()
    assert beats.is_alive(), "one that has nothing to show yet"
    beats.beat()
    later = time.monotonic() + status.SILENT_S + 1
    monkeypatch.setattr(time, "monotonic", lambda: later)
    assert not beats.is_alive()
    beats.end()
    assert beats.is_alive(), "one that came to its end"


def asked(port: int, path: str) -> tuple[int, str]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        return response.status, response.read().decode()
    finally:
        connection.close()
