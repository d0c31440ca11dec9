"""The kinds of what wants a person's attention: who may do something about it, which rows wait, how it is said.

Each is a reading of rows that others keep, so nothing has to be told here and nothing can be forgotten.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import ngettext_lazy

from orbweaver.account_for.transparency.ignored import ignored_notices
from orbweaver.assess.linking.models import UrgentReferral
from orbweaver.assess.review.models import ReviewItem
from orbweaver.detect.crawl.extents import full_ones
from orbweaver.detect.hashlists.models import HashListEntry
from orbweaver.detect.matching import often
from orbweaver.follow.survivors import age_proofs, disagreements, safety
from orbweaver.follow.survivors.models import Request
from orbweaver.follow.survivors.selectors import put_aside
from orbweaver.notify.notices.models import HandoverFailure, Notice, OutboxMessage, PushBack
from orbweaver.notify.notices.rules import NoticeState, OutboxState, PushBackOutcome
from orbweaver.notify.notices.selectors import kept_ends_soon, unread
from orbweaver.notify.police.keeping import keep_requests_end_soon, keep_requests_lost
from orbweaver.notify.police.orders import open_orders
from orbweaver.people.accounts.rules import Permission
from orbweaver.people.changes.rules import SURVIVOR_STOP
from orbweaver.people.changes.selectors import waiting as changes_waiting

DUE_WITHIN: Final = dt.timedelta(days=2)
"""How long before its day a promised answer is asked for once more."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of what waits. ``since`` is the field that says for how long, ``page`` the name of where it is done.

    ``is_urgent``: a child may be in danger, so nobody waits for tomorrow's mail. ``is_slow``: found by reading much, so
    the bar above each page leaves it out, and the page of alerts names it apart: both count the same.
    """

    name: str
    permission: Permission
    rows: Callable[[dt.datetime], QuerySet[Any]]
    since: str
    page: str
    words: str | Promise
    is_urgent: bool = False
    is_slow: bool = False


def _open_requests(**more: Any) -> QuerySet[Request]:
    return Request.objects.filter(done_at=None, withdrawn_at=None, **more)


def _held_requests() -> QuerySet[Request]:
    """One of many from a network, or with a hash that is found everywhere."""
    return _open_requests().filter(Q(waits_for_person=True) | Q(pk__in=put_aside().values("pk")))


PROOFS_PROMISED: Final = Kind(
    "proofs_promised",
    Permission.SURVIVOR_HANDLE,
    lambda _: age_proofs.promised(),
    "made_at",
    "age-proofs",
    ngettext_lazy(
        "%(n)d person does not agree about a proof of age, and was told a day: say first which removal it is about.",
        "%(n)d people do not agree about proofs of age, and were told a day: say first which removals they are about.",
        "n",
    ),
)
"""Said on survivor support's page of requests, too."""
KINDS: Final[tuple[Kind, ...]] = (
    Kind(
        "urgent",
        Permission.URGENT_HANDLE,
        lambda _: UrgentReferral.objects.filter(state=UrgentReferral.State.NEW),
        "made_at",
        "urgent",
        ngettext_lazy(
            "%(n)d urgent referral: nobody has taken it.", "%(n)d urgent referrals: nobody has taken them.", "n"
        ),
        is_urgent=True,
    ),
    Kind(
        "orders",
        Permission.URGENT_HANDLE,
        lambda _: open_orders(),
        "recorded_at",
        "police-orders",
        ngettext_lazy(
            "%(n)d production order waits for an answer.", "%(n)d production orders wait for an answer.", "n"
        ),
    ),
    Kind(
        "kept_ends",
        Permission.URGENT_HANDLE,
        kept_ends_soon,
        "asked_at",
        "police-orders",
        ngettext_lazy(
            "%(n)d request to keep material for authorities ends within two weeks.",
            "%(n)d requests to keep material for authorities end within two weeks.",
            "n",
        ),
    ),
    Kind(
        "letters_to_keep_end",
        Permission.URGENT_HANDLE,
        keep_requests_end_soon,
        "asked_at",
        "police-orders",
        ngettext_lazy(
            "%(n)d letter that asks to keep something ends within two weeks.",
            "%(n)d letters that ask to keep something end within two weeks.",
            "n",
        ),
    ),
    Kind(
        "letters_to_keep_lost",
        Permission.URGENT_HANDLE,
        keep_requests_lost,
        "asked_at",
        "police-orders",
        ngettext_lazy(
            "%(n)d letter that asks to keep something may not have arrived.",
            "%(n)d letters that ask to keep something may not have arrived.",
            "n",
        ),
    ),
    Kind(
        "at_risk",
        Permission.SURVIVOR_HANDLE,
        lambda _: _open_requests(at_risk=True),
        "created_at",
        "survivor-requests",
        ngettext_lazy(
            "%(n)d open request says that a child is in danger.",
            "%(n)d open requests say that a child is in danger.",
            "n",
        ),
        is_urgent=True,
    ),
    Kind(
        "held_requests",
        Permission.SURVIVOR_HANDLE,
        lambda _: _held_requests(),
        "created_at",
        "survivor-requests",
        ngettext_lazy(
            "%(n)d request waits until somebody lets it go on.",
            "%(n)d requests wait until somebody lets them go on.",
            "n",
        ),
    ),
    Kind(
        "words_to_look_at",
        Permission.SURVIVOR_HANDLE,
        safety.to_look_at,
        "last_sent",
        "survivor-requests",
        ngettext_lazy(
            "%(n)d page with texts is to be looked at again: the company was asked a while ago.",
            "%(n)d pages with texts are to be looked at again: the companies were asked a while ago.",
            "n",
        ),
    ),
    Kind(
        "words_answered",
        Permission.SURVIVOR_HANDLE,
        lambda _: safety.unread_answers(),
        "came_at",
        "survivor-requests",
        ngettext_lazy(
            "%(n)d answer of a company about texts or pictures of a survivor waits to be read.",
            "%(n)d answers of companies about texts or pictures of survivors wait to be read.",
            "n",
        ),
    ),
    Kind(
        "disagreements",
        Permission.SURVIVOR_HANDLE,
        lambda _: disagreements.unanswered(),
        "made_at",
        "survivor-requests",
        ngettext_lazy(
            "%(n)d person does not agree with what became of a request, and waits for an answer.",
            "%(n)d people do not agree with what became of their requests, and wait for an answer.",
            "n",
        ),
    ),
    PROOFS_PROMISED,
    Kind(
        "undeliverable",
        Permission.NOTICE_CONTROL,
        lambda _: Notice.objects.filter(state=NoticeState.OPEN, unreached=Notice.Unreached.NOBODY),
        "first_sent_at",
        "notices",
        ngettext_lazy(
            "%(n)d notice was undeliverable to every contact.",
            "%(n)d notices were undeliverable to every contact.",
            "n",
        ),
    ),
    Kind(
        "in_doubt",
        Permission.NOTICE_CONTROL,
        lambda _: OutboxMessage.objects.filter(state=OutboxState.UNCERTAIN),
        "created_at",
        "notices",
        ngettext_lazy(
            "%(n)d message: nobody can say whether it left.", "%(n)d messages: nobody can say whether they left.", "n"
        ),
    ),
    Kind(
        "objections",
        Permission.NOTICE_CONTROL,
        lambda _: PushBack.objects.filter(outcome=PushBackOutcome.OPEN),
        "made_at",
        "notices",
        ngettext_lazy("%(n)d objection waits for an answer.", "%(n)d objections wait for an answer.", "n"),
    ),
    Kind(
        "objections_due",
        Permission.NOTICE_CONTROL,
        lambda now: PushBack.objects.filter(outcome=PushBackOutcome.OPEN, answer_by__lte=now + DUE_WITHIN),
        "made_at",
        "notices",
        ngettext_lazy(
            "%(n)d objection: the answer that was promised is due within two days, or late.",
            "%(n)d objections: the answers that were promised are due within two days, or late.",
            "n",
        ),
    ),
    Kind(
        "answers",
        Permission.NOTICE_CONTROL,
        lambda _: unread(),
        "came_at",
        "incoming-answers",
        ngettext_lazy(
            "%(n)d answer of a provider waits to be read.", "%(n)d answers of providers wait to be read.", "n"
        ),
    ),
    Kind(
        "by_hand",
        Permission.NOTICE_CONTROL,
        lambda _: OutboxMessage.objects.filter(state=OutboxState.BY_HAND),
        "created_at",
        "by-hand",
        ngettext_lazy("%(n)d message waits to be sent by hand.", "%(n)d messages wait to be sent by hand.", "n"),
    ),
    Kind(
        "unwritten",
        Permission.NOTICE_CONTROL,
        lambda _: HandoverFailure.objects.all(),
        "first_at",
        "notices",
        ngettext_lazy(
            "%(n)d verdict: its notice could not be written.",
            "%(n)d verdicts: their notices could not be written.",
            "n",
        ),
    ),
    Kind(
        "ignored",
        Permission.IGNORED_EXPORT,
        ignored_notices,
        "first_sent_at",
        "ignored",
        ngettext_lazy("%(n)d notice is ignored by its provider.", "%(n)d notices are ignored by their providers.", "n"),
        is_slow=True,
    ),
    Kind(
        "disagreed",
        Permission.ITEM_ADJUDICATE,
        lambda _: ReviewItem.objects.filter(state=ReviewItem.State.DISAGREED),
        "created_at",
        "queue",
        ngettext_lazy("%(n)d item: its analysts disagree.", "%(n)d items: their analysts disagree.", "n"),
    ),
    Kind(
        "proofs",
        Permission.AGE_PROOF_DECIDE,
        lambda _: age_proofs.ready(),
        "created_at",
        "age-proofs",
        ngettext_lazy(
            "%(n)d proof of age is ready to be decided.", "%(n)d proofs of age are ready to be decided.", "n"
        ),
    ),
    Kind(
        "proofs_to_prepare",
        Permission.SURVIVOR_HANDLE,
        lambda _: age_proofs.to_prepare().exclude(pk__in=age_proofs.promised().values("proof")),
        "created_at",
        "age-proofs",
        ngettext_lazy("%(n)d proof of age is to be prepared.", "%(n)d proofs of age are to be prepared.", "n"),
    ),
    Kind(
        "quarantined",
        Permission.LIST_EDIT,
        lambda _: HashListEntry.objects.filter(state=HashListEntry.State.QUARANTINED),
        "",
        "list-quarantine",
        ngettext_lazy(
            "%(n)d entry of a list matched too much and is put aside.",
            "%(n)d entries of lists matched too much and are put aside.",
            "n",
        ),
    ),
    Kind(
        "often_found",
        Permission.LIST_EDIT,
        lambda _: often.waiting(),
        "noticed_at",
        "list-quarantine",
        ngettext_lazy(
            "%(n)d entry of a list is found very often by few organisations.",
            "%(n)d entries of lists are found very often by few organisations.",
            "n",
        ),
    ),
    Kind(
        "followed_no_further",
        Permission.LEAD_EDIT,
        lambda _: full_ones(),
        "full_at",
        "sites",
        ngettext_lazy(
            "%(n)d lead, host or domain brought in so much that it is followed no further.",
            "%(n)d leads, hosts or domains brought in so much that they are followed no further.",
            "n",
        ),
    ),
    Kind(
        "survivor_stops",
        Permission.SURVIVOR_HANDLE,
        lambda _: changes_waiting().filter(kind=SURVIVOR_STOP),
        "asked_at",
        "survivor-requests",
        ngettext_lazy(
            "%(n)d survivor's request is to be stopped: a second person of survivor support looks at it.",
            "%(n)d survivors' requests are to be stopped: a second person of survivor support looks at them.",
            "n",
        ),
    ),
    Kind(
        "changes",
        Permission.CHANGE_AGREE,
        lambda _: changes_waiting(),
        "asked_at",
        "changes",
        ngettext_lazy(
            "%(n)d change waits for a second person's agreement.",
            "%(n)d changes wait for a second person's agreement.",
            "n",
        ),
    ),
)
