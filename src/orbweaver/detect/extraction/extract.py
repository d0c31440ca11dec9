"""Links and media in real HTML, with the context each medium stands in (R18). Pure.

One pass over the document in its order. What a page shows lazily (``data-src``), in other sizes (``srcset``), as its
preview (``og:image``) or behind a thumbnail (a link to a picture) counts as a medium of it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import islice
from typing import Final

from selectolax.lexbor import LexborHTMLParser, LexborNode
from w3lib.encoding import html_to_unicode

from orbweaver.detect.extraction.attributes import (
    BACKGROUNDS,
    LAZY,
    LAZY_FRAMES,
    LAZY_SETS,
    META_MEDIA,
    SWITCHES,
    largest,
)
from orbweaver.detect.extraction.extractors.json_ld import JsonLd
from orbweaver.detect.extraction.extractors.protocol import MAX_REFERENCES, Reference
from orbweaver.detect.extraction.extractors.stylesheet import Stylesheet
from orbweaver.detect.extraction.links import is_worth_fetching, looks_like_media
from orbweaver.detect.extraction.page import (
    MAX_HEADINGS,
    MAX_HTML,
    MAX_LINKS,
    MAX_MEDIA,
    MAX_NEAR,
    MAX_TEXT,
    MAX_TITLE,
    FoundMedia,
    Page,
)
from orbweaver.detect.extraction.texts import clean, last
from orbweaver.platform.network.urls import InvalidUrl, ParsedUrl, parse

MAX_STYLE_URLS: Final = 200
"""Addresses of one style element or attribute."""
_HEADINGS: Final = frozenset(("h1", "h2", "h3", "h4", "h5", "h6"))
_SILENT: Final = frozenset(("script", "style", "x-template", "title", "noscript", "textarea", "select"))
_STYLES: Final = Stylesheet()
_JSON_LD: Final = JsonLd()
_STYLED: Final = ("url(", "URL(", "image-set(", "background=", "BACKGROUND=")
_LAZY: Final = re.compile("data-(?:" + "|".join(sorted({name[5:9] for name in LAZY})) + ")")
"""What a page with pictures in attributes of any element holds somewhere; one pattern is quicker than many searches."""
_REFRESH: Final = re.compile(r"^\s*+[\d.]*+\s*+[;,]?\s*+url\s*+=\s*+[\"']?([^\"'>]+)", re.IGNORECASE)
"""Possessive, as three runs of blanks beside one another take time in the cube of their length otherwise."""
_TEMPLATE: Final = re.compile(r"<(/?)template(?=[\s/>])", re.IGNORECASE)
"""Parsers put what stands in a template aside; shadow trees and lists that a script fills show it all the same."""
_TO_FILL: Final = re.compile(r"\{\{|\$\{|\[\[|<%|\{%")
"""What a script puts an address in the place of: in a template it is none itself."""
_NEVER: Final = re.compile(r"\s*(?:data:|javascript:|mailto:|tel:|about:|blob:|#)", re.IGNORECASE)


def extract(body: bytes, url: ParsedUrl, content_type: str = "") -> Page:
    """Read a page. ``url`` is where it was found, after redirects. Never raises for what the page holds."""
    text = _decode(body[:MAX_HTML], content_type)
    if not text.strip():
        return Page()
    has_templates = "<template" in text or "<TEMPLATE" in text
    reading = _Reading(url, _has_styles(text), has_templates)
    if has_templates:
        text = _TEMPLATE.sub(r"<\1x-template", text)
    root = LexborHTMLParser(text).root
    if root is not None:
        reading.read(root)
    return reading.page()


def _decode(body: bytes, content_type: str) -> str:
    """The text, in the charset that the header or the page names; what cannot be read becomes U+FFFD."""
    try:
        text = html_to_unicode(content_type, body, default_encoding="utf-8")[1]
    except (LookupError, ValueError):
        text = body.decode("utf-8", "replace")
    return text.replace("\x00", "")


@dataclass(slots=True)
class _Spot:
    """A medium on the way: where in the running text it stands."""

    url: ParsedUrl
    at: int
    alt: str
    link_text: str


def _has_styles(text: str) -> bool:
    return any(each in text for each in _STYLED) or _LAZY.search(text) is not None


@dataclass(slots=True)
class _Reading:
    """The state of one pass."""

    base: ParsedUrl
    has_styles: bool = False
    """Whether any style of the page may name a picture, so that all attributes are looked at."""
    has_templates: bool = False
    title: str = ""
    headings: list[str] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    spots: dict[str, _Spot] = field(default_factory=dict)
    links: dict[str, ParsedUrl] = field(default_factory=dict)
    _within_templates: set[int] = field(default_factory=set)
    """Elements that stand in templates."""
    _in_template: bool = False
    _has_base: bool = False
    _in_frame: bool = False

    def read(self, root: LexborNode) -> None:
        """Go through the document."""
        for node in root.traverse(include_text=True):
            tag = node.tag
            if self.has_templates and not self._in_frame:
                self._note_template(node)
            if tag == "-text":
                self._text(node)
            elif tag in _HEADINGS:
                if len(self.headings) < MAX_HEADINGS:
                    self.headings.append(clean(node.text(), MAX_TEXT))
            else:
                handler = _HANDLERS.get(tag or "")
                if handler is not None:
                    handler(self, node)
                elif self.has_styles:
                    self._style(node)

    def _note_template(self, node: LexborNode) -> None:
        """Whether this node stands in a template; those around it were seen before."""
        parent = node.parent
        self._in_template = parent is not None and (
            parent.tag == "x-template" or parent.mem_id in self._within_templates
        )
        if self._in_template:
            self._within_templates.add(node.mem_id)

    def page(self) -> Page:
        """What was read."""
        media = tuple(
            FoundMedia(spot.url, position, spot.alt, spot.link_text, self._before(spot.at), self._after(spot.at))
            for position, spot in enumerate(self.spots.values())
        )
        return Page(self.title, tuple(filter(None, self.headings)), media, tuple(self.links.values()), self._near())

    def _near(self) -> str:
        """The texts up to 40 pieces before and after each medium."""
        kept: list[str] = []
        end = 0
        for spot in self.spots.values():
            kept += self.texts[max(end, spot.at - 40) : spot.at + 40]
            end = max(end, spot.at + 40)
        return " ".join(kept)[:MAX_NEAR]

    def _text(self, node: LexborNode) -> None:
        parent = node.parent
        if parent is not None and parent.tag in _SILENT:
            return
        text = node.text_content
        if text and (cleaned := clean(text, MAX_TEXT * 4)):
            self.texts.append(cleaned)

    def _before(self, at: int) -> str:
        return last(reversed(self.texts[max(0, at - 40) : at]))

    def _after(self, at: int) -> str:
        return " ".join(self.texts[at : at + 40])[:MAX_TEXT]

    def resolve(self, href: str | None) -> ParsedUrl | None:
        """The address of a reference, or None when it leads nowhere on the web."""
        if not href or _NEVER.match(href) or (self._in_template and _TO_FILL.search(href)):
            return None
        try:
            return parse(href, base=self.base)
        except InvalidUrl:
            return None

    def add_media(self, href: str | None, node: LexborNode, alt: str = "", link_text: str = "") -> None:
        """Note a medium, once; the first place it stands at counts."""
        url = self.resolve(href)
        if url is not None:
            self.note_media(url, node, alt, link_text)

    def note_media(self, url: ParsedUrl, node: LexborNode, alt: str = "", link_text: str = "") -> None:
        """The same for an address that is resolved."""
        if url.normal in self.spots or len(self.spots) >= MAX_MEDIA:
            return
        text = link_text or _link_text(node)
        self.spots[url.normal] = _Spot(url, len(self.texts), clean(alt, MAX_TEXT), text)

    def add_link(self, href: str | None) -> None:
        """Note a page to follow, once."""
        url = self.resolve(href)
        if url is not None and len(self.links) < MAX_LINKS and is_worth_fetching(url):
            self.links.setdefault(url.normal, url)

    def _style(self, node: LexborNode) -> None:
        """Pictures behind an element: in its style, or where a script takes them from."""
        if not self.has_styles:
            return
        attributes = node.attributes
        style = attributes.get("style")
        if style and ("url(" in style.lower() or "image-set(" in style):
            self._add_all(islice(_STYLES.references(style), MAX_STYLE_URLS), node)
        self.add_media(attributes.get("background"), node)
        if _HANDLERS.get(node.tag or "") is not _Reading.image:
            self._lazy_elsewhere(attributes, node)

    def _add_all(self, references: Iterable[Reference], node: LexborNode) -> None:
        """What another source found in this place."""
        for each in references:
            if each.is_media:
                self.add_media(each.href, node, each.alt)
            else:
                self.add_link(each.href)

    def image(self, node: LexborNode) -> None:
        """img, source, input, video and their like: every address of the medium."""
        attributes = node.attributes
        alt = attributes.get("alt") or attributes.get("title") or attributes.get("aria-label") or ""
        self.add_media(attributes.get("src"), node, alt)
        self.add_media(largest(attributes.get("srcset")), node, alt)
        self.add_media(attributes.get("poster"), node, alt)
        self._lazy(attributes, node, alt)
        self._style(node)

    def _lazy(self, attributes: dict[str, str | None], node: LexborNode, alt: str) -> None:
        """Addresses that a script moves to where they are shown."""
        for name, value in attributes.items():
            if value and name in LAZY:
                if value.lstrip()[:1] not in ("{", "[", "<") and value.strip().lower() not in SWITCHES:
                    self.add_media(_within_url(value), node, alt)
            elif value and name in LAZY_SETS:
                self.add_media(largest(value), node, alt)

    def _lazy_elsewhere(self, attributes: dict[str, str | None], node: LexborNode) -> None:
        """The same on elements that are no media: a gallery's link to the full picture, a tile with a background."""
        for name, value in attributes.items():
            if value and name in LAZY and value.lstrip()[:1] not in ("{", "[", "<"):
                url = self.resolve(_within_url(value))
                if url is not None and (looks_like_media(url) or name in BACKGROUNDS):
                    self.note_media(url, node)

    def source(self, node: LexborNode) -> None:
        """A source of a picture or video; that of an audio element is none."""
        if node.parent is not None and node.parent.tag != "audio":
            self.image(node)

    def anchor(self, node: LexborNode) -> None:
        """A link, which is a medium when its address looks like one (a thumbnail leads to the full picture)."""
        attributes = node.attributes
        url = self.resolve(attributes.get("href"))
        if url is None:
            self._style(node)
            return
        if looks_like_media(url):
            text = clean(node.text() or attributes.get("title") or "", MAX_TEXT)
            self.note_media(url, node, "", text)
        elif len(self.links) < MAX_LINKS and is_worth_fetching(url):
            self.links.setdefault(url.normal, url)
        self._style(node)

    def frame(self, node: LexborNode) -> None:
        """A frame is followed like a link, also one that is loaded later; one that is written in place is read."""
        attributes = node.attributes
        for name in ("src", *LAZY_FRAMES):
            self.add_link(attributes.get(name))
        inner = attributes.get("srcdoc")
        if inner and not self._in_frame:
            root = LexborHTMLParser(inner).root
            if root is not None:
                self._in_frame = True
                self.read(root)
                self._in_frame = False

    def object(self, node: LexborNode) -> None:
        """object, embed: whatever they hold."""
        href = node.attributes.get("data") or node.attributes.get("src")
        kind = (node.attributes.get("type") or "").lower()
        url = self.resolve(href)
        if url is not None and (kind.startswith(("image/", "video/")) or looks_like_media(url)):
            self.note_media(url, node)
        else:
            self.add_link(href)

    def svg_image(self, node: LexborNode) -> None:
        """A raster inside SVG."""
        self.add_media(node.attributes.get("href") or node.attributes.get("xlink:href"), node)

    def meta(self, node: LexborNode) -> None:
        """Previews and refreshes."""
        attributes = node.attributes
        name = (attributes.get("property") or attributes.get("name") or attributes.get("itemprop") or "").lower()
        content = attributes.get("content") or ""
        if name in META_MEDIA:
            self.add_media(content, node)
        elif (attributes.get("http-equiv") or "").lower() == "refresh" and (found := _REFRESH.match(content)):
            self.add_link(found[1])

    def link(self, node: LexborNode) -> None:
        """link elements: a preview, a picture to load early, the next page."""
        attributes = node.attributes
        rel = set((attributes.get("rel") or "").lower().split())
        previewed = (attributes.get("itemprop") or "").lower() in META_MEDIA
        if previewed or "image_src" in rel or ("preload" in rel and attributes.get("as") in ("image", "video")):
            self.add_media(attributes.get("href"), node)
            self.add_media(largest(attributes.get("imagesrcset")), node)
        elif "stylesheet" in rel:
            self._sheet(attributes.get("href"))
        elif rel & {"next", "prev", "alternate", "canonical", "amphtml"}:
            self.add_link(attributes.get("href"))

    def _sheet(self, href: str | None) -> None:
        """A sheet of the same host may name pictures; those of other hosts are fonts and frameworks."""
        url = self.resolve(href)
        if url is not None and url.host == self.base.host and len(self.links) < MAX_LINKS:
            self.links.setdefault(url.normal, url)

    def set_base(self, node: LexborNode) -> None:
        """The first base element counts."""
        url = None if self._has_base else self.resolve(node.attributes.get("href"))
        if url is not None:
            self.base, self._has_base = url, True

    def set_title(self, node: LexborNode) -> None:
        """The first title of the document (an SVG may hold more)."""
        self.title = self.title or clean(node.text(), MAX_TITLE)

    def stylesheet(self, node: LexborNode) -> None:
        """Pictures that a style element names."""
        self._add_all(islice(_STYLES.references(node.text() or ""), MAX_STYLE_URLS), node)

    def script(self, node: LexborNode) -> None:
        """What a page says of itself for machines; programs are not read."""
        if "ld+json" in (node.attributes.get("type") or "").lower():
            self._add_all(islice(_JSON_LD.references(node.text() or ""), MAX_REFERENCES), node)


_HANDLERS: Final[dict[str, Callable[[_Reading, LexborNode], None]]] = {
    "a": _Reading.anchor,
    "amp-anim": _Reading.image,
    "amp-iframe": _Reading.frame,
    "amp-img": _Reading.image,
    "amp-video": _Reading.image,
    "area": _Reading.anchor,
    "base": _Reading.set_base,
    "embed": _Reading.object,
    "frame": _Reading.frame,
    "iframe": _Reading.frame,
    "image": _Reading.svg_image,
    "img": _Reading.image,
    "input": _Reading.image,
    "link": _Reading.link,
    "meta": _Reading.meta,
    "object": _Reading.object,
    "script": _Reading.script,
    "source": _Reading.source,
    "style": _Reading.stylesheet,
    "title": _Reading.set_title,
    "video": _Reading.image,
}


def _within_url(value: str) -> str:
    """The address in a ``url(...)``, or the value as it is."""
    first = next(_STYLES.references(value), None) if "url(" in value.lower() else None
    return first.href if first else value


def _link_text(node: LexborNode) -> str:
    """The text of the link around a medium, up to four elements up."""
    above = node.parent
    for _ in range(4):
        if above is None:
            return ""
        if above.tag == "a":
            return clean(above.text() or above.attributes.get("title") or "", MAX_TEXT)
        above = above.parent
    return ""
