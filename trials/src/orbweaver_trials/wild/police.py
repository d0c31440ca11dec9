"""Police say that a child is identified: an analyst describes the child of the series, the liaison records the word."""

from __future__ import annotations

import datetime as dt
from urllib.parse import urljoin

from orbweaver.platform.clock import now
from orbweaver_trials.demo.browser import Browser, Page, PageProblem
from orbweaver_trials.demo.people import sign_in
from orbweaver_trials.wild.staff import address_of


def identify(base: str, title: str) -> dt.datetime:
    """Record it for the series of this title; returns when it was said. Raises PageProblem."""
    analyst, liaison = sign_in(base, address_of("ada")), sign_in(base, address_of("leo"))
    url = _series(analyst, base, title)
    if url is None:
        raise PageProblem(f"The series {title} is not there.")
    analyst.submit(analyst.get(url), 'form[action$="/victims/"]', {"label": "the younger child"})
    page = liaison.get(url)
    liaison.submit(page, 'form[action*="/victims/vic_"]', _word(page))
    return now()


def _series(browser: Browser, base: str, title: str) -> str | None:
    page = browser.get(f"{base}/series/")
    for node in page.tree.css('a[href*="/series/ser_"]'):
        if title in node.text():
            return urljoin(page.url, node.attributes.get("href") or "")
    return None


def _word(page: Page) -> dict[str, str | bool]:
    """Everything that the form asks for: identified, according to whom, since when."""
    form = page.form('form[action*="/victims/vic_"]')
    values: dict[str, str | bool] = {}
    today = now().date().isoformat()
    for name, held in form.fields.items():
        offered = form.offered.get(name)
        node = page.tree.css_first(f'form[action*="/victims/vic_"] [name="{name}"]')
        kind = (node.attributes.get("type") or "") if node else ""
        if kind == "hidden" or (held and held[0] and offered is None and kind != "date"):
            continue
        if offered is None:
            values[name] = today if kind == "date" else "RCMP"
        elif kind == "checkbox":
            values[name] = True
        else:
            values[name] = next((each for each in sorted(offered) if each in _IDENTIFIED), max(offered))
    return values


_IDENTIFIED = frozenset({"yes", "identified", "True", "true"})
