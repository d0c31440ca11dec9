"""The liaison is told by real mail, once, and again when the server comes back."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from orbweaver.detect.matching.models import Sighting
    from orbweaver.people.accounts.models import User

    from ..conftest import Mailbox

NOW = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)


def test_an_urgent_referral_is_mailed_once_and_says_nothing_of_the_case(
    mail: Mailbox,
    set_config: Callable[..., None],
    make_sighting: Callable[..., Sighting],
    make_person: Callable[..., User],
) -> None:
    from orbweaver.assess.linking.marking import set_marker
    from orbweaver.assess.linking.models import Marker, UrgentReferral
    from orbweaver.doors.workers.urgent import tell_liaison

    set_config(liaison_address="liaison@police.example")
    sighting = make_sighting(b"one")
    marker = Marker.Kind.ACCESS_TO_CHILD
    set_marker(sighting.media, marker, "writes of a niece", by=make_person("Ann"), now=NOW)
    mail.answers["data"] = ["451 later"]
    assert tell_liaison(NOW) == 0
    assert tell_liaison(NOW) == 1
    assert tell_liaison(NOW) == 0
    [(address, raw)] = mail.received
    assert address == "liaison@police.example"
    assert UrgentReferral.objects.get().mailed_at == NOW
    for secret in (b"niece", b"images.example", sighting.url.encode()):
        assert secret not in raw


def test_without_an_address_nothing_is_mailed(mail: Mailbox) -> None:
    from orbweaver.doors.workers.urgent import tell_liaison

    assert tell_liaison(NOW) == 0
