"""The team, for managers: agreement, waiting times, coverage, items with known answers."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from orbweaver.assess.linking.urgent_figures import urgent_rows
from orbweaver.assess.review import known_answers
from orbweaver.assess.review.agreement import RELIABLE, TENTATIVE
from orbweaver.assess.review.models import KnownAnswer
from orbweaver.assess.review.settings import ReviewSettings
from orbweaver.assess.review.team import ENOUGH_ITEMS, ENOUGH_OF_VALUE, AgreementRow
from orbweaver.assess.review.team import team as read_team
from orbweaver.doors.web.frame.access import SignedInRequest, needs
from orbweaver.doors.web.frame.translating import in_language
from orbweaver.doors.web.workplace.forms import KnownAnswerForm
from orbweaver.errors import OrbweaverError
from orbweaver.notify.notices.sending.timing import median_verdict_to_notice_s
from orbweaver.people.accounts.rules import Permission
from orbweaver.platform.clock import now

LEFT, RIGHT = 220, 620
"""Of the scale from 0 to 1, in units of the drawing."""

ROW = 36
TOP = 28


@dataclass(frozen=True)
class Mark:
    """One row of the drawing: alpha as a dot, its interval as a bar; ``dot`` is None while there are too few."""

    row: AgreementRow
    y: int
    dot: float | None
    low: float
    high: float


@require_GET
@needs(Permission.TEAM_READ)
def team(request: SignedInRequest) -> HttpResponseBase:
    """How the team stands today."""
    return _page(request, KnownAnswerForm())


def _page(request: SignedInRequest, form: KnownAnswerForm) -> HttpResponse:
    found = read_team(now())
    rows = [found.overall, *found.by_category]
    context = {
        "team": found,
        "marks": [_mark(row, number) for number, row in enumerate(rows)],
        "height": TOP + ROW * len(rows) + 8,
        "axis": [(_x(value), value) for value in (0.0, 0.5, 1.0)],
        "guides": [(_x(value), value) for value in (TENTATIVE, RELIABLE)],
        "bottom": TOP + ROW * len(rows),
        "enough_items": ENOUGH_ITEMS,
        "enough_of_value": ENOUGH_OF_VALUE,
        "to_notice_s": median_verdict_to_notice_s(now()),
        "urgent": urgent_rows(now()),
        "rate": ReviewSettings.current().review_known_answer_rate,
        "known": KnownAnswer.objects.filter(retired_at=None).select_related("item__verdict").order_by("-pk"),
        "may_choose": request.user.may(Permission.KNOWN_ANSWER_EDIT),
        "form": form,
    }
    return render(request, "web/workplace/team.html", context, status=400 if form.errors else 200)


def _x(value: float) -> float:
    return round(LEFT + (RIGHT - LEFT) * min(1.0, max(0.0, value)), 1)


def _mark(row: AgreementRow, number: int) -> Mark:
    alpha, spread = row.alpha, row.interval
    y = TOP + ROW * number + ROW // 2
    if alpha is None:
        return Mark(row, y, None, 0, 0)
    return Mark(row, y, _x(alpha), _x(spread.low if spread else alpha), _x(spread.high if spread else alpha))


@require_POST
@needs(Permission.KNOWN_ANSWER_EDIT)
def add_known_answer(request: SignedInRequest) -> HttpResponseBase:
    """Choose a decided item whose answer others' answers are compared with."""
    form = KnownAnswerForm(request.POST)
    if form.is_valid():
        try:
            known_answers.designate(form.cleaned_data["item"], by=request.user, now=now())
        except OrbweaverError as error:
            form.add_error("item", in_language(error.message))
        else:
            messages.success(request, _("The item is among those with a known answer."))
            return redirect("team")
    return _page(request, form)


@require_POST
@needs(Permission.KNOWN_ANSWER_EDIT)
def retire_known_answer(request: SignedInRequest, public_id: str) -> HttpResponseBase:
    """Give it to nobody from now on."""
    known_answers.retire(public_id, by=request.user, now=now())
    messages.success(request, _("It is no longer given to anybody."))
    return redirect("team")
