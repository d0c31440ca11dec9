from __future__ import annotations

import logging

import pytest
from django.conf import settings
from django.test import Client

from orbweaver.doors.web.frame.security import WithoutPath

pytestmark = pytest.mark.django_db


def test_what_is_logged_of_a_request_never_holds_its_path(client: Client) -> None:
    records: list[logging.LogRecord] = []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            records.append(record)

    handler = Keep()
    handler.addFilter(WithoutPath())
    logger = logging.getLogger("django.request")
    logger.addHandler(handler)
    try:
        client.get("/setup/a-secret-token/")
        client.get("/nowhere/a-secret-token/")
    finally:
        logger.removeHandler(handler)
    assert records
    assert not [record for record in records if "secret" in record.getMessage()]


def test_the_handler_of_request_logs_has_the_filter() -> None:
    for name in ("django.request", "django.security"):
        assert settings.LOGGING["loggers"][name] == {"handlers": ["request"], "level": "WARNING", "propagate": False}
    assert settings.LOGGING["handlers"]["request"]["filters"] == ["without_path"]
