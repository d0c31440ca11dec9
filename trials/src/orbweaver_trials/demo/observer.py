"""A way into the installation's database from outside, which keeps nothing running: it may be killed at any moment."""

from __future__ import annotations

import datetime as dt
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from orbweaver_trials.demo.people import CLIENT
from orbweaver_trials.demo.plan import DISPUTING, HOSTS
from orbweaver_trials.demo.processes import DemoFailed

if TYPE_CHECKING:
    from orbweaver.account_for.transparency.selectors import Figures


@dataclass(frozen=True)
class Snapshot:
    """How far things have come. ``urls`` maps each notified address to its state."""

    figures: Figures
    pages: int
    items: int
    decided: int
    unconfirmed: int
    """Items whose notice does not wait and whose hash still needs a further answer."""
    own_entries: int
    reports_assessed: int
    urls: dict[str, str]
    suspected_urls: frozenset[str]
    rechecks: int
    push_backs: int
    unsure_notices: int
    unsure_urls: int
    """Notices and addresses of which nobody can say whether the first message left; the desk shows them."""
    doubtful_urls: int
    """These addresses, and those of which a reminder said the same later: they may have gone before it left."""


class Observer:
    """Reads snapshots. Makes no connection that would keep the embedded database from stopping."""

    def __init__(self, data_dir: Path) -> None:
        self.left: frozenset[str] = frozenset()
        """Addresses of what is left to whoever looks around: items there are counted with nothing."""
        self._description = data_dir / "server.json"
        self._ready = False

    @contextmanager
    def session(self) -> Iterator[bool]:
        """Within it, models can be used; gives False while the database is away."""
        try:
            self._connect(json.loads(self._description.read_text(encoding="utf-8"))["url"])
        except (OSError, ValueError, KeyError):
            yield False
            return
        from django.db import connections

        try:
            yield True
        finally:
            connections.close_all()

    def read(self) -> Snapshot | None:
        """The state now; None while the database is away."""
        with self.session() as there:
            if not there:
                return None
            from django.db import DatabaseError

            try:
                return _snapshot(self.left)
            except DatabaseError:
                return None

    def _connect(self, url: str) -> None:
        """Point Django at the server, which may have been started again elsewhere."""
        if not self._ready:
            import django

            os.environ["DJANGO_SETTINGS_MODULE"] = "orbweaver.platform.django_settings"
            os.environ["ORBWEAVER_RESOLVED_DATABASE_URL"] = url
            django.setup()
            self._ready = True
        from django.db import connections
        from psycopg.conninfo import conninfo_to_dict

        address = conninfo_to_dict(url)
        where = {"HOST": str(address["host"]), "PORT": str(address["port"]), "NAME": str(address["dbname"])}
        connections["default"].settings_dict.update(where)


def enter_providers(observer: Observer, now: dt.datetime) -> None:
    """Put the world's providers in the registry, as ``orbweaver providers add`` does, in one process."""
    with observer.session() as there:
        if not there:
            raise DemoFailed("The database of the demo does not answer.")
        from orbweaver.notify.providers.services import add_contact, add_provider

        for host in HOSTS:
            networks = [f"{host.address}/32"]
            provider = add_provider(host.provider, country=host.country, networks=networks, now=now)
            add_contact(provider, host.mailbox, now=now)


def give_client_a_provider(observer: Observer, now: dt.datetime, provider: str = DISPUTING.provider) -> None:
    """Let the people of the client's organisation see and answer the notices to this provider."""
    with observer.session() as there:
        if not there:
            raise DemoFailed("The database of the demo does not answer.")
        from orbweaver.notify.providers.models import Provider
        from orbweaver.notify.providers.services import link_organisation
        from orbweaver.people.accounts.models import Organisation

        known = Provider.objects.get(name=provider)
        link_organisation(known, Organisation.objects.get(name=CLIENT), now=now)


def _snapshot(left: frozenset[str]) -> Snapshot:
    from orbweaver.account_for.transparency.selectors import figures
    from orbweaver.assess.review.models import ReviewItem
    from orbweaver.detect.crawl.selectors import totals
    from orbweaver.detect.hashlists.models import HashList, HashListEntry
    from orbweaver.detect.intake.models import Report
    from orbweaver.detect.matching.models import Sighting
    from orbweaver.follow.recheck.models import Observation
    from orbweaver.notify.notices.models import Notice, NoticeUrl, OutboxMessage, PushBack
    from orbweaver.notify.notices.rules import OutboxState
    from orbweaver.platform.clock import now

    unsure = Notice.objects.filter(
        first_sent_at=None, pk__in=OutboxMessage.objects.filter(state=OutboxState.UNCERTAIN).values("notice")
    )
    doubtful = OutboxMessage.objects.filter(state=OutboxState.UNCERTAIN, number=0).values("notice")
    matched = Sighting.objects.filter(matches__isnull=False)
    items = ReviewItem.objects.exclude(sightings__url__in=left)
    return Snapshot(
        figures=figures(now()),
        pages=totals().pages,
        items=items.count(),
        decided=items.filter(state=ReviewItem.State.DECIDED).count(),
        unconfirmed=ReviewItem.objects.filter(confirmation=ReviewItem.Confirmation.OPEN).count(),
        own_entries=HashListEntry.objects.filter(hash_list__kind=HashList.Kind.OWN).count(),
        reports_assessed=Report.objects.filter(state=Report.State.ASSESSED).count(),
        urls=dict(NoticeUrl.objects.values_list("url", "state")),
        suspected_urls=frozenset(matched.values_list("url", flat=True)),
        rechecks=Observation.objects.count(),
        push_backs=PushBack.objects.count(),
        unsure_notices=unsure.count(),
        unsure_urls=NoticeUrl.objects.filter(notice__in=unsure).count(),
        doubtful_urls=NoticeUrl.objects.filter(notice__in=doubtful).count(),
    )
