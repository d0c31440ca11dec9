"""How a person says which item, notice, lead or other thing is meant; its identifier stands beside it in small."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from django.utils.translation import gettext as _

from orbweaver.platform.days import day_in_words


def title_of(mime: str, hosts: Iterable[str], since: dt.datetime) -> str:
    """Such as “Picture at images[.]example, 24 Nov”: what, where it was seen (defanged), since when it is here."""
    seen = sorted(set(hosts))
    return title_at(mime, seen[0] if seen else "", len(seen), since)


def title_at(mime: str, host: str, hosts: int, since: dt.datetime) -> str:
    """The same, where the first of so many hosts is known."""
    what = {"image": _("Picture"), "video": _("Video")}.get(mime.partition("/")[0], _("File"))
    day = day_in_words(since, _("j M"))
    if not hosts:
        return _("%(what)s, %(day)s") % {"what": what, "day": day}
    if hosts == 1:
        return _("%(what)s at %(host)s, %(day)s") % {"what": what, "host": host, "day": day}
    named = {"what": what, "host": host, "n": hosts - 1, "day": day}
    return _("%(what)s at %(host)s and %(n)d more, %(day)s") % named


def notice_title(whom: str, since: dt.datetime) -> str:
    """Such as “Notice to Harbour Cloud, 24 Nov 2026”: to whom (a host defanged, where nobody is known), since when."""
    return _("Notice to %(whom)s, %(day)s") % {"whom": whom, "day": day_in_words(since, _("j M Y"))}


def dated(what: str, since: dt.datetime) -> str:
    """Such as “Request, 24 Nov 2026”, where there is nothing by which a person would rather say which one is meant."""
    return _("%(what)s, %(day)s") % {"what": what, "day": day_in_words(since, _("j M Y"))}


def lead_title(host: str, since: dt.datetime) -> str:
    """Such as “Lead at forum[.]example, 24 Nov 2026”: where the crawl begins (defanged), since when."""
    return _("Lead at %(host)s, %(day)s") % {"host": host, "day": day_in_words(since, _("j M Y"))}
