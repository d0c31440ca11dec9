"""Second notices about the same places: to a provider after a referral, to an upstream after a provider."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from orbweaver.notify.notices.models import Notice, NoticeUrl
from orbweaver.notify.notices.routing.drafting import Draft, follower_of
from orbweaver.notify.notices.routing.holding import is_told
from orbweaver.notify.notices.routing.issuing import write_notice
from orbweaver.notify.notices.routing.router import Route, Router
from orbweaver.notify.notices.rules import DONE_WITH, NoticeState, UrlState
from orbweaver.notify.notices.url_states import ask_again, reopen
from orbweaver.notify.providers.models import Provider
from orbweaver.notify.providers.selectors import contact_for
from orbweaver.people.audit.services import record


def live_rows(notice: Notice) -> list[NoticeUrl]:
    """The URLs of a notice that are not gone, with all that a letter needs."""
    rows = notice.urls.exclude(state__in=DONE_WITH).select_related("verdict", "media", "follows")
    return list(rows.order_by("pk"))


def open_step(
    parent: Notice, route: Notice.Route, provider: Provider, urls: Sequence[NoticeUrl], now: dt.datetime
) -> Notice | None:
    """A notice of its own to somebody who can act where another did not, about these URLs of ``parent``.

    In the caller's transaction, with the parent locked. Never twice: None when the addressee has an open notice about
    all of it already; one that was closed is opened again when the material is back. Held where there is no contact, or
    a policy says so.
    """
    earlier = parent.steps.filter(route=route, provider=provider).order_by("pk").first()
    if earlier is not None:
        return _open_again(earlier, urls, now)
    contact = contact_for(provider)
    reason = "" if contact else Notice.HeldReason.NO_CONTACT.value
    concerned = [each for each in (parent.provider, provider) if each is not None]
    if Router().holds(parent.notice_type, parent.sub_type, parent.country, concerned):
        reason = Notice.HeldReason.POLICY.value
    where = Route(route.value, provider, contact, reason, "", parent.country)
    draft = step_draft(parent, where, urls, now)
    return write_notice(draft, now) if draft.urls else None


def step_draft(parent: Notice, route: Route, urls: Sequence[NoticeUrl], now: dt.datetime) -> Draft:
    """A draft of a step, about those URLs of which its addressee has not been told."""
    notice = Notice(
        route=route.kind,
        parent=parent,
        country=route.country,
        provider=route.provider,
        contact=route.contact,
        host=route.host,
        notice_type=parent.notice_type,
        sub_type=parent.sub_type,
        identified=parent.identified,
        state=NoticeState.HELD.value if route.held_reason else NoticeState.OPEN.value,
        held_reason=route.held_reason,
        created_at=now,
    )
    rows = [follower_of(url) for url in urls]
    return Draft(notice, [row for row in rows if not is_told(row, notice)])


def _open_again(step: Notice, urls: Sequence[NoticeUrl], now: dt.datetime) -> Notice | None:
    """A closed step whose places are back."""
    if step.state != NoticeState.CLOSED:
        return None
    leading = [url.follows_id or url.pk for url in urls]
    back = list(step.urls.filter(follows__in=leading, state__in=(UrlState.REMOVED, UrlState.OFFLINE)))
    for row in back:
        again = reopen if row.state == UrlState.REMOVED else ask_again
        again(row, now)
    if back:
        record("notice.opened_again", step.public_id, details={"urls": len(back)}, at=now)
    return step if back else None
