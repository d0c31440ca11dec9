"""How often is asked whether anything was committed."""

from __future__ import annotations

import pytest

from orbweaver.platform import pulse


def test_the_longer_nothing_changes_the_more_seldom_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1000.0]
    monkeypatch.setattr(pulse, "monotonic", lambda: now[0])
    asked = pulse.Pulse()
    assert asked.pause_s == pulse.PULSE_S
    now[0] += pulse.QUIET_AFTER_S
    assert asked.pause_s == pulse.QUIET_PULSE_S
    asked._note(changed=False)
    assert asked.pause_s == pulse.QUIET_PULSE_S
    now[0] += pulse.NIGHT_AFTER_S
    assert asked.pause_s == pulse.NIGHT_PULSE_S
    asked._note(changed=True)
    assert asked.pause_s == pulse.PULSE_S
