"""What exchanges hand over to the folders above them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from orbweaver.detect.exchanges.models import Exchange
from orbweaver.detect.exchanges.protocols.protocol import Reported
from orbweaver.platform.handover import HandOver


@dataclass(frozen=True, slots=True)
class AddressesReported:
    """Addresses that an exchange hands to this hotline; some may have come before."""

    exchange: Exchange
    reported: Sequence[Reported]
    now: dt.datetime


addresses_reported = HandOver(
    "addresses reported", "An exchange hands addresses to this hotline, to be assessed (R69).", AddressesReported
)
