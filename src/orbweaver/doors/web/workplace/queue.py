"""The queue: what waits, why, and the next item; and taking an answer back."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlencode

from django.contrib import messages
from django.http import JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from orbweaver.assess.linking.narrowing import Marks, Narrowing, marks_of
from orbweaver.assess.review import services
from orbweaver.assess.review.queue import QueueFilter, QueueRow, queue_for, waiting_for
from orbweaver.assess.review.undo import last_answer, take_back
from orbweaver.doors.web.frame.access import SignedInRequest, needs
from orbweaver.doors.web.frame.translating import in_language
from orbweaver.doors.web.workplace.forms import QueueForm
from orbweaver.errors import Conflict
from orbweaver.people.accounts.one_person import others_counted_with
from orbweaver.people.accounts.rules import Permission
from orbweaver.platform.clock import now


@require_GET
@needs(Permission.ITEM_READ, when_bound=True)
def queue(request: SignedInRequest) -> HttpResponseBase:
    """What waits for this person, soonest first, narrowed as asked."""
    form = QueueForm(request.GET)
    wanted = QueueFilter(**form.wanted()) if form.is_valid() else QueueFilter()
    narrowing = form.narrowing() if form.is_valid() else Narrowing()
    view = queue_for(request.user, now(), wanted, narrowing)
    form.offer_lists(view.lists)
    context = {
        "queue": view,
        "form": form,
        "filtered": wanted != QueueFilter(page=wanted.page) or narrowing != Narrowing(),
        "rows": [(row, None) for row in view.rows] if request.user.bounds else with_marks(view.rows),
        "query": urlencode({name: value for name, value in request.GET.items() if name != "page" and value}),
        "last_answer": last_answer(request.user, now()),
        "counted_with": [] if view.waiting_for_me.n else others_counted_with(request.user),
    }
    return render(request, "web/workplace/queue.html", context)


def with_marks(rows: Sequence[QueueRow]) -> list[tuple[QueueRow, Marks | None]]:
    """Each row with what is said of its item."""
    marks = marks_of(row.public_id for row in rows)
    return [(row, marks.get(row.public_id)) for row in rows]


@require_GET
@needs(Permission.ITEM_READ, when_bound=True)
def waiting(request: SignedInRequest) -> HttpResponseBase:
    """How many items wait for this person, so that an open page can say that more came."""
    return JsonResponse({"waiting": waiting_for(request.user).n})


@require_POST
@needs(Permission.ITEM_ASSESS, when_bound=True)
def take_next(request: SignedInRequest) -> HttpResponseBase:
    """Lease the item that comes first and open it."""
    item = services.take_next(request.user, now())
    if item is None:
        messages.info(request, _("No item waits for you now."))
        return redirect("queue")
    return redirect("item", item.public_id)


@require_POST
@needs(Permission.ITEM_ASSESS, when_bound=True)
def undo(request: SignedInRequest, public_id: str) -> HttpResponseBase:
    """Take one's answer back: the item opens again, as it was before."""
    try:
        item = take_back(public_id, request.user, now())
    except Conflict as error:
        messages.warning(request, in_language(error.message))
        return redirect("queue")
    messages.success(request, _("Your answer is taken back, and that is recorded. The item is yours again."))
    return redirect("item", item.public_id)
