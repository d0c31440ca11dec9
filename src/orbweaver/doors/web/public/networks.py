"""Wrong passwords from one network, whichever accounts they are tried at.

The limit of each account (``front``) leaves room to try a few common passwords at every account. So tries are counted
for networks as well, in the audit log, hence over all processes and machines: under a keyed digest, another each day.
Who comes from the machine itself is never held up by it, nor is a browser that is known to its account.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import ipaddress
from typing import Final

from django.conf import settings
from django.db import connection, transaction

from orbweaver.detect.intake.rules import network_of
from orbweaver.people.audit.selectors import count_all_since, count_since
from orbweaver.people.audit.services import record
from orbweaver.platform.clock import now

FAILED: Final = "network.sign_in_failed"
FAILURES_ALLOWED: Final = 30
FAILURES_COUNT_FOR: Final = dt.timedelta(minutes=15)
"""An office of many who mistype stays below it, most of all as their browsers are known; of accounts with common
passwords hardly one is found at three thousand tries a day."""
MOST_COUNTED: Final = 1_000
"""Of all networks together in that time: the audit log, of which nothing is removed, does not grow as fast as somebody
with thousands of networks (a provider's of IPv6, say) can try. Beyond it the limit of each account holds alone."""
_LOCK: Final = 0x6F72_6E77
"""First half of the advisory locks of networks ("ornw")."""


def from_network(address: str, *, failed: bool) -> bool:
    """Whether a try from this address counts at all; one that ``failed`` is counted."""
    if _is_this_machine(address):
        return True
    moment = now()
    subject = _stands_for(network_of(address), moment)
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s, hashtext(%s))", [_LOCK, subject])
        if count_since(FAILED, subject, moment - FAILURES_COUNT_FOR, moment) >= FAILURES_ALLOWED:
            return False
        if failed and count_all_since(FAILED, moment - FAILURES_COUNT_FOR, moment, most=MOST_COUNTED) < MOST_COUNTED:
            record(FAILED, subject, at=moment)
    return True


def _is_this_machine(address: str) -> bool:
    try:
        parsed = ipaddress.ip_address(address.strip())
    except ValueError:
        return False
    mapped = parsed.ipv4_mapped if isinstance(parsed, ipaddress.IPv6Address) else None
    return (mapped or parsed).is_loopback


def _stands_for(network: str, moment: dt.datetime) -> str:
    """A name for a network that tells nothing without the installation's secret, and is another one tomorrow."""
    words = f"orbweaver.sign-in {network} {moment.date().isoformat()}".encode()
    return "net_" + hmac.new(settings.SECRET_KEY.encode(), words, hashlib.sha256).hexdigest()[:16]
