"""Fields that several folders share."""

from __future__ import annotations

import json
from typing import Any

import pytest

from orbweaver.detect.crawl.messages import REPORT_ASKS
from orbweaver.platform.fields import MessageField


def test_a_message_is_read_as_it_was_kept() -> None:
    kept = json.dumps(REPORT_ASKS.as_json())
    assert MessageField().from_db_value(kept, None, None) == REPORT_ASKS


@pytest.mark.parametrize(
    "kept", [{}, {"alt": 5}, {"code": []}, {"code": REPORT_ASKS.code, "parameters": 7}, {"code": {}, "parameters": {}}]
)
def test_what_is_no_message_is_none_and_breaks_no_page(kept: dict[str, Any]) -> None:
    assert MessageField().from_db_value(json.dumps(kept), None, None) is None
