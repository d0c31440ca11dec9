"""What a person may find by words: each kind with the permission that its own page needs, exact hits first."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import Q
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from orbweaver.assess.review.appeals import without_appeals_closed_to
from orbweaver.assess.review.models import ReviewItem
from orbweaver.assess.series.models import VictimSeries
from orbweaver.assess.series.selectors import listed
from orbweaver.detect.crawl import away
from orbweaver.detect.crawl.models import FrontierUrl, Lead
from orbweaver.detect.hashlists.models import EntryHash, HashList, HashListEntry
from orbweaver.detect.matching.models import Sighting
from orbweaver.doors.web.frame.titles import notice_title, title_of
from orbweaver.errors import OrbweaverError
from orbweaver.notify.notices.answers.inbox import notices_of
from orbweaver.notify.notices.models import Notice, NoticeUrl
from orbweaver.notify.police import within
from orbweaver.notify.providers.models import HostLookup, Provider
from orbweaver.notify.providers.rules import alias_key
from orbweaver.notify.providers.selectors import provider_for
from orbweaver.people.accounts.models import Organisation, User
from orbweaver.people.accounts.rules import Permission
from orbweaver.people.accounts.selectors import may_now
from orbweaver.platform.clock import now
from orbweaver.platform.network.domains import for_people, url_for_people
from orbweaver.platform.network.signed import file_key
from orbweaver.platform.network.urls import parse

SHOWN: Final = 10
"""Hits of each kind; whoever wants more narrows the words, or filters the kind's own list."""
LOOKED_AT: Final = 200
"""Newest sightings or addresses of a host that are looked at for hits."""
LONGEST: Final = 2_000
IDENTIFIER: Final = re.compile(r"[a-z]{3}_[0-9a-z]{16}")
HOST: Final = re.compile(r"(?=.*[.。．｡])(?:[\w.\-\[\]:]|[^\x00-\x7f\s])+")
"""Names of all scripts, with the marks and joiners that belong to their letters, and the full stops that stand for a
dot there."""
HASHES: Final = {32: ("md5",), 40: ("sha1",), 64: ("sha256", "pdq")}
"""Hexadecimal digits → what they may be."""


@dataclass(frozen=True)
class Asked:
    """What the words may be; what they cannot be is empty."""

    words: str
    identifier: str = ""
    url_key: bytes = b""
    file_key: bytes = b""
    """The same under each signature of the address."""
    host: str = ""
    digest: bytes = b""

    @property
    def kind(self) -> str:
        """What was asked by, for the audit log, which must not hold the words themselves."""
        by = {"identifier": self.identifier, "hash": self.digest, "address": self.url_key, "host": self.host}
        return next((name for name, value in by.items() if value), "words")

    @property
    def digest_kinds(self) -> tuple[str, ...]:
        """Kinds of hash that a digest of this length may be."""
        return HASHES.get(2 * len(self.digest), ())


@dataclass(frozen=True)
class Hit:
    """One thing found: how a person says it, its identifier or address in small, and its page."""

    title: str
    small: str
    url: str
    exact: bool


@dataclass(frozen=True)
class Found:
    """What was found of one kind; ``more`` where that may not be all."""

    kind: str | Promise
    hits: list[Hit]

    @property
    def exact(self) -> bool:
        """Whether one of them is what was asked for to the letter."""
        return any(each.exact for each in self.hits)

    @property
    def more(self) -> bool:
        """Whether as many are shown as ever are."""
        return len(self.hits) >= SHOWN


def understood(words: str) -> Asked:
    """Words as somebody pastes them: an identifier, a hash, a URL or a host (defanged too), or a name."""
    words = " ".join(words[:LONGEST].split())
    plain = re.sub(r"^hxxp", "http", words.replace("[.]", "."), flags=re.IGNORECASE)
    if IDENTIFIER.fullmatch(words.lower()):
        return Asked(words, identifier=words.lower())
    if len(words) in HASHES and re.fullmatch(r"[0-9a-fA-F]+", words):
        return Asked(words, digest=bytes.fromhex(words))
    try:
        if "://" in plain:
            url = parse(plain)
            return Asked(words, url_key=url.key, file_key=file_key(url), host="" if url.path.strip("/") else url.host)
        if "/" in plain and HOST.fullmatch(plain.partition("/")[0]):
            url = parse(f"https://{plain}")
            return Asked(words, url_key=url.key, file_key=file_key(url))
        if HOST.fullmatch(plain):
            return Asked(words, host=parse(f"https://{plain}").host)
    except OrbweaverError:
        pass  # then it is words
    return Asked(words)


def find(words: str, user: User) -> list[Found]:
    """What this person may see of what the words name, kinds with exact hits first."""
    asked = understood(words)
    if not asked.words:
        return []
    found = []
    for kind, permission, finder in _OF_BOUND if user.bounds else _KINDS:
        if not may_now(user, permission, now()):
            continue
        hits = sorted(_once(finder(asked, user)), key=lambda hit: not hit.exact)
        if hits:
            found.append(Found(kind, hits))
    return sorted(found, key=lambda each: not each.exact)


def _once(hits: Iterator[Hit]) -> list[Hit]:
    by_url: dict[str, Hit] = {}
    for hit in hits:
        by_url.setdefault(hit.url, hit)
        if len(by_url) >= SHOWN:
            break
    return list(by_url.values())


def _items(asked: Asked, user: User) -> Iterator[Hit]:
    """Items by their identifier or the picture's, its hashes, and where it was seen: never by what was decided."""
    # neither what is given to others, nor whose copy is given to this person as an item with a known answer
    shown = ReviewItem.objects.filter(Q(given_to=None) | Q(given_to=user))
    rows = without_appeals_closed_to(user, shown.exclude(known_answer_of__given__given_to=user))
    if asked.identifier:
        rows = rows.filter(Q(public_id=asked.identifier) | Q(media__public_id=asked.identifier))
    elif asked.digest:
        same = [Q(**{f"media__{kind}": asked.digest}) for kind in asked.digest_kinds]
        rows = rows.filter(_any(same))
    elif asked.url_key or asked.host:
        rows = rows.filter(sightings__in=list(_seen(asked)))
    else:
        return
    for item in rows.select_related("media").prefetch_related("sightings").distinct().order_by("-pk")[:SHOWN]:
        title = title_of(item.media.mime, [for_people(each.host) for each in item.sightings.all()], item.created_at)
        yield Hit(title, item.public_id, reverse("item", args=[item.public_id]), exact=not asked.host)


def _seen(asked: Asked) -> Iterator[int]:
    if asked.url_key:
        at = Q(url_key=asked.file_key) | Q(page_url_key=asked.url_key)
        yield from Sighting.objects.filter(at).order_by("-pk").values_list("pk", flat=True)[:LOOKED_AT]
    if asked.host:
        at = Q(host=asked.host)
        yield from Sighting.objects.filter(at).order_by("-pk").values_list("pk", flat=True)[:LOOKED_AT]


def _notices(asked: Asked, _user: User) -> Iterator[Hit]:
    yield from _of_notices(Notice.objects.order_by("-pk"), asked, "notice")


def _inbox(asked: Asked, user: User) -> Iterator[Hit]:
    yield from _of_notices(notices_of(user.organisation), asked, "inbox-notice")


def _of_notices(rows: Any, asked: Asked, page: str) -> Iterator[Hit]:
    if asked.identifier:
        rows = rows.filter(public_id=asked.identifier)
    elif asked.url_key or asked.host:
        at = Q(url_key__in=(asked.url_key, asked.file_key)) if asked.url_key else Q(host=asked.host)
        there = NoticeUrl.objects.filter(at).order_by("-pk").values_list("notice", flat=True)
        rows = rows.filter(pk__in=list(there[:LOOKED_AT]))
    else:
        return
    for notice in rows.select_related("provider")[:SHOWN]:
        whom = notice.provider.name if notice.provider else for_people(notice.host)
        title = notice_title(whom, notice.first_sent_at or notice.created_at)
        yield Hit(title, notice.public_id, reverse(page, args=[notice.public_id]), exact=not asked.host)


def _series(asked: Asked, _user: User) -> Iterator[Hit]:
    if asked.url_key or asked.digest:
        return
    by_name = VictimSeries.objects.filter(merged_into=None, names__name__iexact=asked.words)
    for row in (*by_name[:SHOWN], *listed(words=asked.identifier or asked.words)[:SHOWN]):
        exact = asked.words.casefold() in (row.title.casefold(), row.police_reference.casefold(), row.public_id)
        yield Hit(row.title, row.public_id, reverse("series", args=[row.public_id]), exact)


def _own_series(asked: Asked, user: User) -> Iterator[Hit]:
    """Series of whoever's role is bound, by their numbers: their titles may be other forces' words."""
    for row in within.series(user).filter(public_id=asked.identifier)[:SHOWN]:
        yield Hit(row.public_id, row.public_id, reverse("police-series", args=[row.public_id]), exact=True)


def _providers(asked: Asked, _user: User) -> Iterator[Hit]:
    if (asked.url_key and not asked.host) or asked.digest:
        return
    key = alias_key(asked.words)
    by_name = Q(name__icontains=asked.words) | Q(aliases__key__contains=key) if key else Q(pk=None)
    rows = Provider.objects.filter(by_name | Q(public_id=asked.identifier)).distinct().order_by("name")
    host = provider_for(asked.host, None) if asked.host else None
    for row in (*([host] if host else []), *rows[:SHOWN]):
        exact = row == host or asked.words.casefold() == row.name.casefold() or row.public_id == asked.identifier
        yield Hit(row.name, row.public_id, reverse("provider", args=[row.public_id]), exact)


def _hosts(asked: Asked, _user: User) -> Iterator[Hit]:
    if not asked.host:
        return
    looked_up = HostLookup.objects.filter(host__startswith=asked.host).order_by("host")
    for host in looked_up.values_list("host", flat=True).distinct()[:SHOWN]:
        yield Hit(for_people(host), "", f"{reverse('hosts')}?host={host}", host == asked.host)


def _leads(asked: Asked, _user: User) -> Iterator[Hit]:
    if asked.identifier:
        rows = Lead.objects.filter(public_id=asked.identifier)
    elif asked.url_key:
        left = [each.lead_id for each in away.find([asked.url_key])]
        of_url = Q(pk__in=FrontierUrl.objects.filter(url_key=asked.url_key).values("lead")) | Q(pk__in=left)
        rows = Lead.objects.filter(of_url)
    elif asked.host:
        rows = Lead.objects.filter(site__host=asked.host)
    else:
        return
    for row in rows.order_by("-pk")[:SHOWN]:
        yield Hit(url_for_people(row.url), row.public_id, reverse("lead", args=[row.public_id]), not asked.host)


def _lists(asked: Asked, _user: User) -> Iterator[Hit]:
    if asked.digest:
        same = Q(entries__hashes__kind__in=asked.digest_kinds, entries__hashes__value=asked.digest)
        rows = HashList.objects.filter(same, entries__hashes__withdrawn=False).distinct()
    elif asked.identifier:
        rows = HashList.objects.filter(Q(public_id=asked.identifier) | Q(entries__public_id=asked.identifier))
    elif asked.url_key or asked.host:
        return
    else:
        rows = HashList.objects.filter(name__icontains=asked.words)
    for row in rows.order_by("name")[:SHOWN]:
        exact = bool(asked.digest or asked.identifier) or row.name.casefold() == asked.words.casefold()
        yield Hit(row.name, row.public_id, reverse("list", args=[row.public_id]), exact)


def _entries(asked: Asked, _user: User) -> Iterator[Hit]:
    if asked.digest:
        same = EntryHash.objects.filter(kind__in=asked.digest_kinds, value=asked.digest, withdrawn=False)
        rows = HashListEntry.objects.filter(pk__in=list(same.order_by("pk").values_list("entry", flat=True)[:SHOWN]))
    elif asked.identifier:
        rows = HashListEntry.objects.filter(public_id=asked.identifier)
    else:
        return
    for row in rows.select_related("hash_list").order_by("hash_list__name", "pk"):
        page = reverse("list-entry", args=[row.hash_list.public_id, row.public_id])
        yield Hit(row.hash_list.name, row.public_id, page, exact=True)


def _people(asked: Asked, _user: User) -> Iterator[Hit]:
    if asked.url_key or asked.digest:
        return
    named = Q(display_name__icontains=asked.words) | Q(email__icontains=asked.words) | Q(public_id=asked.identifier)
    for person in User.objects.filter(named).order_by("display_name")[:SHOWN]:
        exact = asked.words.casefold() in (person.display_name.casefold(), person.email, person.public_id)
        yield Hit(person.display_name, person.email, reverse("person", args=[person.public_id]), exact)
    for home in Organisation.objects.filter(name__icontains=asked.words).order_by("name")[:SHOWN]:
        exact = asked.words.casefold() == home.name.casefold()
        yield Hit(home.name, home.public_id, reverse("organisation", args=[home.public_id]), exact)


def _any(each: Iterable[Q]) -> Q:
    found = Q(pk__in=[])
    for one in each:
        found |= one
    return found


_Finder = Callable[[Asked, User], Iterator[Hit]]
_KINDS: tuple[tuple[str | Promise, Permission, _Finder], ...] = (
    (_("Items"), Permission.ITEM_READ, _items),
    (_("Notices"), Permission.NOTICE_READ, _notices),
    (_("Notices to you"), Permission.NOTICE_ANSWER, _inbox),
    (_("Series"), Permission.SERIES_READ, _series),
    (_("Providers"), Permission.PROVIDER_READ, _providers),
    (_("Hosts"), Permission.NOTICE_READ, _hosts),
    (_("Leads"), Permission.LEAD_READ, _leads),
    (_("Lists"), Permission.LIST_READ, _lists),
    (_("Entries of lists"), Permission.LIST_EDIT, _entries),
    (_("People"), Permission.PEOPLE_EDIT, _people),
)
"""Each kind with what its own page needs, in the order of the work."""
_OF_BOUND: tuple[tuple[str | Promise, Permission, _Finder], ...] = (
    (_("Series"), Permission.URGENT_HANDLE, _own_series),
)
"""What whoever's role is bound finds."""
