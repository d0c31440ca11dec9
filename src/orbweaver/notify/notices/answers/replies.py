"""What providers answer. Nothing here pauses a notice (R58); a push-back goes to a person (``push_backs.py``)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from typing import Any, Final

from django.db import transaction
from django.db.models import Count, Exists, OuterRef, Q

from orbweaver.errors import Conflict, InvalidInput
from orbweaver.notify.notices.errors import BadToken
from orbweaver.notify.notices.handovers import RecheckWanted, recheck_wanted
from orbweaver.notify.notices.letters.tokens import read_token
from orbweaver.notify.notices.messages import ANSWER_MISSING, ANSWERED_TOO_OFTEN, LINK_ENDED, NOTICE_CLOSED, TEST_LINK
from orbweaver.notify.notices.models import Notice, NoticeUrl, OutboxMessage, PushBack, Reply, ToLookUp, Via
from orbweaver.notify.notices.rules import (
    DONE_WITH,
    Action,
    NoticeState,
    PushBackOutcome,
    PushBackReason,
    push_back_reason,
)
from orbweaver.people.accounts.models import User
from orbweaver.people.audit.services import record
from orbweaver.people.objections import answer_by
from orbweaver.platform.clock import now as present

LINK_ENDS_AFTER: Final = dt.timedelta(days=90)
"""How long after a notice was closed its link still shows what was answered."""
ANSWERS_AN_HOUR: Final = 20
"""By the link of one notice: more is no person's, and its words would fill the desk and the disk."""
CHECK_EVERY: Final = dt.timedelta(hours=1)
"""How often the word that something is gone brings the next check forward: a link is no way to make us call a host."""
MOST_BESIDE: Final = 100
"""Notices of other mails that a link answers as well."""
COMMENT_LIMIT = 2_000
"""Characters kept of a provider's own words."""


def read_answer_token(token: str) -> Notice:
    """The notice that a link answers. Raises BadToken, also for the link of a test message."""
    notice = Notice.objects.select_related("provider").filter(public_id=read_token(token)).first()
    if notice is None:
        raise BadToken(TEST_LINK)
    ended = notice.closed_at is not None and present() - notice.closed_at > LINK_ENDS_AFTER
    if ended and not still_open(notice):
        raise BadToken(LINK_ENDED)
    return notice


def told_together(notice: Notice) -> list[Notice]:
    """The notice, and those of its provider not closed that stood in a mail with it: one answer may be for all."""
    return [each for each in of_one_mail(notice) if each.pk == notice.pk or each.state != NoticeState.CLOSED]


def still_open(notice: Notice) -> list[Notice]:
    """Those not closed of the mails that it stood in, itself first: what its link still answers."""
    return [each for each in of_one_mail(notice) if each.state != NoticeState.CLOSED]


def of_one_mail(notice: Notice) -> list[Notice]:
    """The notice, and those of its provider that stood in a mail with it, closed or not."""
    left = notice.messages.filter(push_back=None, left_at__isnull=False)
    mails = {carrier or pk for pk, carrier in left.values_list("pk", "carried_by")}
    rows = OutboxMessage.objects.filter(Q(pk__in=mails) | Q(carried_by__in=mails), push_back=None)
    others = Notice.objects.filter(pk__in=rows.values("notice"), provider=notice.provider_id)
    return [notice, *others.exclude(pk=notice.pk).order_by("pk")]


def told_beside(notice: Notice) -> list[Notice]:
    """Others of its provider, not closed, that left to an address where it left to as well, in other mails: the newest.

    Who has its link may answer these, too, and learns no address in them: a link is passed on with its mail.
    """
    to = notice.messages.filter(push_back=None, left_at__isnull=False).values_list("address", flat=True)
    left = OutboxMessage.objects.filter(
        notice=OuterRef("pk"), push_back=None, left_at__isnull=False, address__in=set(to)
    )
    others = Notice.objects.filter(Exists(left), provider=notice.provider_id).exclude(state=NoticeState.CLOSED)
    together = [each.pk for each in told_together(notice)]
    return list(others.exclude(pk__in=together).order_by("-pk")[:MOST_BESIDE])


@transaction.atomic
def answer(
    token: str,
    action: str,
    reason: str,
    now: dt.datetime,
    comment: str = "",
    notices: Collection[str] = (),
    addresses: Collection[int] = (),
) -> Reply:
    """Keep what a provider answers by the link in its notice: see ``answer_notice``.

    ``notices`` are the references of those that the answer is for, of those told together with it or beside it;
    ``addresses`` are numbers of single addresses in those told together. Without any, it is for all of the notice
    itself, or where that is closed, of the first of its mail that is not. What was closed since the page was opened
    is left out. Returns the reply to the first. Raises BadToken, or InvalidInput, also for what is another's; Conflict
    where all is closed, and beyond what a link may be used.
    """
    notice = read_answer_token(token)
    wanted = _wanted(notice, set(notices), set(addresses))
    if not wanted:
        raise Conflict(NOTICE_CLOSED)
    # of many that come at once each sees those before it
    list(Notice.objects.select_for_update().filter(pk__in=wanted).order_by("pk").values_list("pk"))
    lately = Reply.objects.filter(notice__in=wanted, via=Via.LINK, at__gt=now - dt.timedelta(hours=1))
    if lately.values("notice").annotate(times=Count("pk")).filter(times__gte=ANSWERS_AN_HOUR).exists():
        raise Conflict(ANSWERED_TOO_OFTEN)
    replies = [
        answer_notice(pk, action, reason, now, comment=comment, addresses=chosen) for pk, chosen in wanted.items()
    ]
    return replies[0]


def _wanted(notice: Notice, references: set[str], addresses: set[int]) -> Mapping[int, list[int]]:
    """Number of each notice that is answered → the addresses in it; none for all of it. Nothing: all are closed."""
    mail = of_one_mail(notice)
    together = [each for each in mail if each.state != NoticeState.CLOSED]
    if not references and not addresses:
        return {each.pk: [] for each in together[:1]}
    known = [*together, *(told_beside(notice) if references and together else [])]
    wanted: dict[int, list[int]] = {each.pk: [] for each in known if each.public_id in references}
    rows = NoticeUrl.objects.filter(pk__in=addresses, notice__in=together).order_by("pk").values_list("pk", "notice")
    closed = Notice.objects.filter(provider=notice.provider_id, state=NoticeState.CLOSED)
    since = closed.filter(public_id__in=references).count()
    of_closed = NoticeUrl.objects.filter(pk__in=addresses, notice__in=closed.filter(pk__in=[each.pk for each in mail]))
    if len(wanted) + since < len(references) or len(rows) + of_closed.count() < len(addresses):
        raise InvalidInput(ANSWER_MISSING)
    whole = set(wanted)
    for pk, of in rows:
        if of not in whole:
            wanted.setdefault(of, []).append(pk)
    return wanted


@transaction.atomic
def answer_notice(
    pk: int,
    action: str,
    reason: str,
    now: dt.datetime,
    *,
    comment: str = "",
    via: str = Via.LINK,
    by: User | None = None,
    addresses: Collection[int] = (),
) -> Reply:
    """Keep a provider's answer: ``removed``, ``not_ours`` or ``push_back`` with a reason of R51; for these addresses of
    the notice, or for all of it.

    "Removed" and "already gone" bring the next check forward; a push-back waits on the desk for a person. The same
    answer twice is kept once. Raises InvalidInput for an action or reason that does not exist.
    """
    notice = Notice.objects.select_for_update().get(pk=pk)
    try:
        wanted = Action(action)
        objection = push_back_reason(wanted, reason)
    except ValueError:
        raise InvalidInput(ANSWER_MISSING) from None
    comment = comment.replace("\x00", "").strip()[:COMMENT_LIMIT]
    everything = set(notice.urls.values_list("pk", flat=True))
    about = sorted(addresses) if addresses and set(addresses) < everything else None
    same = notice.replies.filter(
        action=wanted, comment=comment, at__gt=now - dt.timedelta(hours=1), **_about(about)
    ).first()
    if same is not None and (objection is None or notice.push_backs.filter(reason=objection, outcome="open").exists()):
        return same
    if notice.unreached:  # it came back, it seemed: whoever answers has it
        notice.unreached = ""
        notice.save(update_fields=["unreached"])
    checked = _brought_a_check(notice, everything, now)
    reply = Reply.objects.create(notice=notice, action=wanted, comment=comment, at=now, via=via, by=by, addresses=about)
    details = {"action": wanted.value, "reason": objection.value if objection else "", "via": str(via)}
    if about is not None:
        details["addresses"] = str(len(about))
    record("notice.answered", notice.public_id, actor=by, label="provider", details=details, at=now)
    if objection is not None:
        _push_back(notice, objection, comment, about, now)
    wanted_now = (everything if about is None else set(about)) - checked
    if objection in (None, PushBackReason.ALREADY_GONE) and wanted_now:
        urls = list(notice.urls.filter(pk__in=wanted_now).exclude(state__in=DONE_WITH))
        recheck_wanted.announce(RecheckWanted(urls, now))
    return reply


def _about(addresses: list[int] | None) -> dict[str, Any]:
    return {"addresses__isnull": True} if addresses is None else {"addresses": addresses}


def _brought_a_check(notice: Notice, everything: set[int], now: dt.datetime) -> set[int]:
    """The addresses for which the same word brought one within the last hour."""
    lately = now - CHECK_EVERY
    removed = notice.replies.filter(action=Action.REMOVED, at__gt=lately).values_list("addresses", flat=True)
    gone = notice.push_backs.filter(reason=PushBackReason.ALREADY_GONE, made_at__gt=lately)
    said = [*removed, *gone.values_list("addresses", flat=True)]
    return set().union(*(everything if each is None else each for each in said))


def _push_back(
    notice: Notice, reason: PushBackReason, comment: str, addresses: list[int] | None, now: dt.datetime
) -> None:
    row, created = PushBack.objects.get_or_create(
        notice=notice,
        reason=reason,
        outcome=PushBackOutcome.OPEN,
        defaults={"made_at": now, "comment": comment, "addresses": addresses, "answer_by": answer_by(now)},
    )
    if created and reason == PushBackReason.NOT_OURS:
        ToLookUp.objects.create(push_back=row)
    if created:
        return
    if comment and comment not in row.comment:
        row.comment = f"{row.comment}\n\n{comment}".strip()[: 4 * COMMENT_LIMIT]
    both = None if row.addresses is None or addresses is None else sorted({*row.addresses, *addresses})
    if both != row.addresses or comment:
        row.addresses = both
        row.save(update_fields=["comment", "addresses"])
