"""What a CDN answered to the question for the origin: noted by a person, kept as a hop, and the origin is told."""

from __future__ import annotations

import datetime as dt
import ipaddress

from django.db import transaction

from orbweaver.errors import InvalidInput, NotAllowed
from orbweaver.notify.notices.messages import MAY_NOT_DECIDE, NO_ORIGIN, NO_SUCH_NOTICE
from orbweaver.notify.notices.models import Notice
from orbweaver.notify.notices.routing.steps import live_rows, open_step
from orbweaver.notify.providers.models import HostOrigin, Provider
from orbweaver.notify.providers.selectors import get_provider
from orbweaver.people.accounts.models import User
from orbweaver.people.accounts.rules import Permission
from orbweaver.people.audit.services import record


def note_origin(
    number: str, by: User, now: dt.datetime, *, host: str, name: str = "", address: str = ""
) -> Notice | None:
    """The CDN of this notice says that a provider hosts ``host``, by name in the registry or by address.

    Returns the notice to the origin; None when it has one already or nothing of the host is left to remove. May ask
    RDAP, so it must run outside any transaction. Raises NotAllowed, or InvalidInput where the notice is none to a CDN,
    the host is none of its, or nobody is known by that name or address.
    """
    from orbweaver.notify.notices.routing.lookup import holder_of  # loads HTTP clients, which few who import this need

    if not by.may(Permission.NOTICE_CONTROL):
        raise NotAllowed(MAY_NOT_DECIDE)
    notice = Notice.objects.filter(public_id=number, route=Notice.Route.CDN).first()
    if notice is None or not notice.urls.filter(host=host).exists():
        raise InvalidInput(NO_SUCH_NOTICE.of(number=number[:40]))
    ip = _address(address)
    provider = get_provider(name.strip()) if name.strip() else holder_of(ip, now) if ip else None
    if provider is None or provider.kind == Provider.Kind.CDN:
        raise InvalidInput(NO_ORIGIN)
    return _tell(notice.pk, provider, host, ip, by, now)


def _address(text: str) -> str:
    try:
        return str(ipaddress.ip_address(text.strip())) if text.strip() else ""
    except ValueError:
        raise InvalidInput(NO_ORIGIN) from None


@transaction.atomic
def _tell(pk: int, provider: Provider, host: str, ip: str, by: User, now: dt.datetime) -> Notice | None:
    notice = Notice.objects.select_for_update(of=("self",)).select_related("provider").get(pk=pk)
    HostOrigin.objects.get_or_create(
        host=host.lower(),
        provider=provider,
        address=ip or None,
        defaults={"told_by": notice.provider, "noted_by": by, "noted_at": now},
    )
    record("notice.origin_noted", notice.public_id, actor=by, details={"provider": provider.public_id}, at=now)
    urls = [url for url in live_rows(notice) if url.host == host]
    return open_step(notice, Notice.Route.PROVIDER, provider, urls, now) if urls else None
