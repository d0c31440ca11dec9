"""Seeing what a visitor sees: the address as a browser asks for it, and the pages where the medium was found.

Only what is not seen under our own name is looked at like this, so what is still there costs one request as ever. What
is gone costs three more as a rule: the address as a picture, its page, and the address opened by itself. Before each is
the pause that politeness asks for.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace

from orbweaver.detect.crawl.settings import CrawlSettings
from orbweaver.detect.extraction.page import MAX_HTML
from orbweaver.detect.extraction.page_reader import PageReader
from orbweaver.detect.fetching.errors import FetchFailed
from orbweaver.detect.fetching.fetch import Fetcher, FetchResult
from orbweaver.follow.recheck.browser_headers import BrowserHeaders, front, known_pages
from orbweaver.follow.recheck.concluding import ENDED, Facts, PageSays, looks_gone, may_show_when_opened
from orbweaver.follow.recheck.in_place import NotAllCompared, PageInPlace, name_of
from orbweaver.follow.recheck.leading import named_in_scripts
from orbweaver.follow.recheck.page_now import PageNow, others, page_says, text_of
from orbweaver.follow.recheck.pages import GONE_STATUSES, missing_sibling
from orbweaver.follow.recheck.readers import NOTHING_MORE, headers_of_reader, readers_of
from orbweaver.follow.recheck.rules import (
    OFFLINE,
    OWN_WORDS,
    STANDS_INSTEAD,
    THERE,
    CheckOutcome,
    Judgement,
    combine,
    leaves_open,
    same_picture,
)
from orbweaver.follow.recheck.seeing import JudgedFetch, VantagePoint, Wanted
from orbweaver.follow.recheck.settings import RecheckSettings
from orbweaver.platform.network.signed import expires_at, is_same_file, is_signed
from orbweaver.platform.network.urls import ParsedUrl, parse

PAGES_LOOKED_AT = 3
"""Pages where the medium was found that are looked at, those of the same host first."""
LINKS_TRIED = 3
"""Other addresses of the same file that are tried on a page."""
SCRIPTS_NAME = 200
"""Files named by a page's scripts of which the medium's own name is looked for."""
CONTROLS_TRIED = 3
"""Other pictures of the host that are tried, to see whether any is shown at all; as many of other folders."""
MOVED_TRIED = 6
"""Pictures of its pages that are compared with what is gone from its own address, those of its name first."""


@dataclass(frozen=True)
class Visit:
    """What a visitor sees of one address: the fetches themselves, and all that is known beside them."""

    fetches: tuple[JudgedFetch, ...]
    facts: Facts

    @property
    def not_before(self) -> dt.datetime | None:
        """When the host wants to be asked again: what it said last."""
        return self.fetches[-1].not_before


class Visitor:
    """Looks as a visitor, for one batch of checks: pages are read once for all pictures of theirs in it."""

    def __init__(
        self, fetcher: Fetcher, reader: PageReader, vantage: VantagePoint, read_clock: Callable[[], dt.datetime]
    ) -> None:
        self._fetcher = fetcher
        self._reader = reader
        self._vantage = vantage
        self._headers = BrowserHeaders(RecheckSettings.current().recheck_browser)
        self._delay_s = CrawlSettings.current().crawl_host_delay_s
        self._read_clock = read_clock
        self._token = secrets.token_hex(10)
        self._pages: dict[str, PageNow] = {}
        self._in_place = PageInPlace(
            fetcher, reader, vantage, self._headers, self._delay_s, read_clock, self._shown_for_missing
        )

    async def visit(self, wanted: Wanted, pages: Sequence[str], beside: Sequence[str] = ()) -> Visit:
        """Look at the address as a browser would, then, if it is not there, at the pages where it was found.
        ``beside``: what these once showed beside it."""
        url = parse(wanted.url)
        known = known_pages(url, pages)
        judged = await self._fetch_as_visitor(wanted, url, known)
        facts = Facts(judged.judgement, signed=is_signed(url), by_country=judged.by_country, unread=_is_unread(judged))
        if judged.not_before is not None or not _wants_pages(judged.judgement, facts):
            return Visit((judged,), facts)
        read = [await self._page(page) for page in known[:PAGES_LOOKED_AT]]
        says, distance = await self._say(wanted, url, read)
        facts = replace(
            facts,
            looked_at_pages=bool(read),
            page=says,
            page_distance=distance,
            page_by_country=any(page.by_country and page.url.site == url.site for page in read),
            control=judged.judgement.by_likeness
            and await self._sees_another(url, judged, read, self.headers_for(wanted.url, pages)),
            expired=expires_at(url) is not None and not self._is_in_time(url),
            in_time=self._is_in_time(url),
        )
        facts = await self._with_accounts(url, judged, read, facts)
        if looks_gone(facts):
            facts = await self._look_for_moved(wanted, url, facts, read)
        known_to = [(page.url, page.readers) for page in read]
        if judged.page is not None:  # a page that loads itself anew has its own cookies the second time
            known_to.append((judged.page.target or url, readers_of(judged.page)))
        as_reader = headers_of_reader(url, known_to)
        if looks_gone(facts) and as_reader:
            judged = await self._fetch_from((known or [front(url)])[0], wanted, url, as_reader, judged)
            facts = replace(facts, visitor=judged.judgement)
        if looks_gone(facts) and not (facts.control or wanted.is_removed):
            facts = replace(facts, host_shows=await self._shows_anything(url, judged, read, beside))
        if may_show_when_opened(facts):
            return await self._open(wanted, judged, facts, read, as_reader)
        return Visit((judged,), facts)

    def headers_for(self, address: str, pages: Sequence[str]) -> dict[str, str]:
        """What a browser sends for the picture at this address, on the first of these pages or on its host's own."""
        url = parse(address)
        known = known_pages(url, pages)
        return self._headers.picture(url, known[0] if known else front(url))

    def document_headers(self) -> dict[str, str]:
        """What a browser sends where somebody opens an address itself."""
        return self._headers.document()

    def _is_in_time(self, url: ParsedUrl) -> bool:
        """Whether an address names an end that is not yet come."""
        ends = expires_at(url)
        return ends is not None and ends >= self._read_clock()

    async def _look_for_moved(self, wanted: Wanted, url: ParsedUrl, facts: Facts, pages: Sequence[PageNow]) -> Facts:
        """The facts with whether a page shows at another address what is gone from its own. Not asked of what was
        removed before: where that comes back is found as anything else is."""
        if wanted.is_removed:
            return facts
        shown = [(each, page) for page in pages for each in page.media if not is_same_file(each, url)]
        shown.sort(key=lambda each: name_of(each[0]) != name_of(url))
        for other, page in list(dict.fromkeys(shown))[:MOVED_TRIED]:
            found = await self._judge_other(wanted, other, self._headers.picture(other, page.url))
            if found.outcome in THERE:
                return replace(facts, page=PageSays.SHOWS_ELSEWHERE, page_distance=found.distance)
        return facts

    async def _open(
        self,
        wanted: Wanted,
        judged: JudgedFetch,
        facts: Facts,
        read: Sequence[PageNow],
        as_reader: Mapping[str, str],
    ) -> Visit:
        """The address as whoever opens it sees it, not as a part of a page: hosts tell the two apart. What seems gone
        is so only if it is gone here too; a page that comes, with an error or not, may show the picture."""
        await asyncio.sleep(self._delay_s)
        opened = await self._vantage.fetch_and_compare(
            self._fetcher, wanted, self._read_clock(), self.document_headers() | dict(as_reader)
        )
        facts = replace(
            facts,
            opened=opened.judgement,
            by_country=facts.by_country or opened.by_country,
            unread=facts.unread or _is_unread(opened),
        )
        facts = await self._with_accounts(parse(wanted.url), opened, read, facts)
        if opened.judgement.by_likeness and not facts.control:
            control = await self._sees_another(parse(wanted.url), opened, read, self.document_headers())
            facts = replace(facts, control=control)
        if opened.page is not None:
            facts = await self._seen_in_place(wanted, opened.page, facts)
        return Visit((judged, opened), facts)

    async def _fetch_as_visitor(self, wanted: Wanted, url: ParsedUrl, pages: Sequence[ParsedUrl]) -> JudgedFetch:
        """As from the page; where that is another host's, from the host's own front page too, as walls go by it."""
        first = await self._fetch_from(pages[0] if pages else front(url), wanted, url)
        asks_patience = first.not_before is not None
        if asks_patience or first.judgement.outcome in THERE or not pages or pages[0].site == url.site:
            return first
        return await self._fetch_from(front(url), wanted, url, before=first)

    async def _fetch_from(
        self,
        page: ParsedUrl,
        wanted: Wanted,
        url: ParsedUrl,
        as_reader: Mapping[str, str] = NOTHING_MORE,
        before: JudgedFetch | None = None,
    ) -> JudgedFetch:
        await asyncio.sleep(self._delay_s)
        headers = self._headers.picture(url, page) | dict(as_reader)
        judged = await self._vantage.fetch_and_compare(self._fetcher, wanted, self._read_clock(), headers)
        return judged if before is None else replace(judged, judgement=combine(judged.judgement, before.judgement))

    async def _page(self, url: ParsedUrl) -> PageNow:
        if url.normal not in self._pages:
            await asyncio.sleep(self._delay_s)
            headers = self.document_headers()
            with ExitStack() as hold:
                result = await self._fetcher.fetch(url, headers=headers, max_bytes=MAX_HTML, cut=True, hold=hold)
                self._pages[url.normal] = await self._read(result, url)
        return self._pages[url.normal]

    async def _read(self, result: FetchResult, url: ParsedUrl) -> PageNow:
        page = text_of(result)
        says, by_country = page_says(result, page, url)
        readers, is_there = readers_of(result), result.ok
        bare = PageNow(
            url,
            says,
            by_country=by_country,
            readers=readers,
            is_there=is_there,
            ways_in=page.shape.ways_in if page is not None else 0,
            accounts=page is not None and page.shape.accounts,
        )
        if page is None or not (result.ok or result.status in GONE_STATUSES):
            return bare
        try:
            held = await self._reader.read(result.body, result.target or url, result.headers.get("Content-Type", ""))
        except FetchFailed:
            return replace(bare, says=PageSays.UNSEEN)
        media = tuple(each.url for each in held.media)
        if says is PageSays.WITHOUT and not media:
            says = PageSays.EMPTY
        elif says is PageSays.GONE and media and result.ok:  # words alone: they may be about a comment
            says = PageSays.WITHOUT
        named = tuple(named_in_scripts(result.body, result.target or url, SCRIPTS_NAME))
        return replace(bare, says=says, media=media, shown=media + held.links + named)

    async def _say(self, wanted: Wanted, url: ParsedUrl, pages: Iterable[PageNow]) -> tuple[PageSays, int | None]:
        """What the pages say together of the medium, and the distance if one shows it."""
        judged = [await self._say_one(wanted, url, page) for page in pages]
        return min(judged, key=lambda each: each[0]) if judged else (PageSays.UNSEEN, None)

    async def _say_one(self, wanted: Wanted, url: ParsedUrl, page: PageNow) -> tuple[PageSays, int | None]:
        leading = [each for each in page.shown if is_same_file(each, url)]
        says = PageSays.LINKS if leading else page.says
        for fresh in [each for each in leading if each.normal != url.normal][:LINKS_TRIED]:
            found = await self._judge_other(wanted, fresh, self._headers.picture(fresh, page.url))
            if found.outcome in OFFLINE:
                found = combine(found, await self._judge_other(wanted, fresh, self.document_headers()))
            if found.outcome in THERE:
                return PageSays.SHOWS, found.distance
            if found.outcome not in OFFLINE:
                says = PageSays.LINKS_UNTOLD
            elif says is PageSays.LINKS and self._is_in_time(fresh):
                says = PageSays.LINKS_GONE
        return says, None

    async def _judge_other(self, wanted: Wanted, other: ParsedUrl, headers: dict[str, str]) -> Judgement:
        """What another address says of the same medium."""
        await asyncio.sleep(self._delay_s)
        there = replace(wanted, url=other.normal)
        return (await self._vantage.fetch_once(self._fetcher, there, self._read_clock(), headers)).judgement

    async def _seen_in_place(self, wanted: Wanted, answer: FetchResult, facts: Facts) -> Facts:
        """The facts with what a page in the medium's place shows, whatever its status and its words say."""
        try:
            distance = await self._in_place.distance(wanted, answer)
        except (FetchFailed, NotAllCompared):
            return replace(
                facts, opened=Judgement(CheckOutcome.UNCLEAR, reason="page", evidence="a page that is not read")
            )
        if distance is None:
            return facts
        return replace(facts, looked_at_pages=True, page=PageSays.SHOWS, page_distance=distance)

    async def _shown_for_missing(self, wanted: Wanted) -> frozenset[str]:
        """The pictures that the host's page for a path that cannot exist shows, too: its own, which tell nothing."""
        page = await self._page(parse(missing_sibling(wanted.url, self._token)))
        return frozenset(each.normal for each in page.media)

    async def _sees_another(
        self, url: ParsedUrl, judged: JudgedFetch, pages: Sequence[PageNow], asked_with: dict[str, str]
    ) -> bool:
        """Whether another picture of the host is shown as itself: then no wall stands before all of them.

        One of the same folder tells by itself. One of another folder does where a path that cannot exist beside it,
        ``asked_with`` the same headers, gives the very answer that we got: no wall stands there, so it is the host's
        answer for what it does not have.
        """
        shown = [page for page in pages if page.media and page.says is not PageSays.GONE]
        sources = shown or [await self._page(front(url))]
        if await self._any_is_shown(others(url, sources, same_folder=True), judged) is not None:
            return True
        elsewhere = others(url, sources, same_folder=False)
        if shown and not elsewhere:
            elsewhere = others(url, [await self._page(front(url))], same_folder=False)
        other = await self._any_is_shown(elsewhere, judged)
        return other is not None and await self._vantage.is_as_missing_beside(
            self._fetcher, other.normal, judged, self._read_clock(), asked_with
        )

    async def _with_accounts(
        self, url: ParsedUrl, judged: JudgedFetch, pages: Sequence[PageNow], facts: Facts
    ) -> Facts:
        """The facts with whether an answer has more ways to sign in than each page of the host that can be seen: then
        it is about this address; where all have as many, it is how the host makes its pages. And whether it is in
        words that no rule knows, on a host where one can sign in: they may ask for that."""
        shape = judged.shape
        if shape is None or judged.judgement.outcome not in OFFLINE or not (shape.ways_in or leaves_open(shape)):
            return facts
        seen = [page for page in pages if page.is_there and page.url.site == url.site] or [await self._page(front(url))]
        signs_in = shape.accounts or any(page.accounts for page in seen)
        return replace(
            facts,
            asks_to_sign_in=facts.asks_to_sign_in or shape.ways_in > max(page.ways_in for page in seen),
            may_ask=facts.may_ask or (signs_in and leaves_open(shape)),
        )

    async def _shows_anything(
        self, url: ParsedUrl, judged: JudgedFetch, pages: Sequence[PageNow], beside: Sequence[str]
    ) -> bool:
        """Whether a visitor sees anything of the host at all. One that answers 404 to everything may say so to our
        network alone."""
        if judged.page is not None and judged.page.ok:
            return True
        if any(page.is_there and page.url.site == url.site for page in pages):
            return True
        if (await self._page(front(url))).is_there:
            return True
        once = [PageNow(front(url), PageSays.UNSEEN, tuple(map(parse, beside)))]
        shown = others(url, [*pages, *once], same_folder=True) + others(url, pages, same_folder=False)
        return await self._any_is_shown(shown, judged) is not None

    async def _any_is_shown(self, others: Sequence[tuple[ParsedUrl, PageNow]], judged: JudgedFetch) -> ParsedUrl | None:
        """The first of these pictures that is shown as itself, if any is."""
        for other, page in others[:CONTROLS_TRIED]:
            await asyncio.sleep(self._delay_s)
            headers = self._headers.picture(other, page.url)
            another = Wanted(other.normal, b"", None, lambda _: 0)
            found = await self._vantage.fetch_once(self._fetcher, another, self._read_clock(), headers)
            is_another = found.instead is not None and not _same_instead(found, judged)
            if is_another and found.judgement.reason == "other_picture":
                return other
        return None


def _is_unread(judged: JudgedFetch) -> bool:
    return judged.shape is not None and judged.shape.unread


def _same_instead(found: JudgedFetch, judged: JudgedFetch) -> bool:
    """Whether two answers are one picture in the place of others, by its bytes or, where it is drawn anew each time, by
    its fingerprint."""
    if found.shape is None or judged.shape is None:
        return found.instead == judged.instead
    return same_picture(found.shape, judged.shape.sha256, judged.shape.pdqs)


def _wants_pages(view: Judgement, facts: Facts) -> bool:
    """Whether the pages where it was found could change what is concluded."""
    if view.outcome in THERE:
        return False
    return view.outcome in OFFLINE or facts.signed or view.reason in {*STANDS_INSTEAD, ENDED, OWN_WORDS}
