"""Series: the list, one series with its history, and what people do to it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.forms import Form
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from orbweaver.assess.linking.selectors import strip_of, suggested_for
from orbweaver.assess.linking.suggesting import close_moot
from orbweaver.assess.review.services import require_right
from orbweaver.assess.series import changes, selectors, services
from orbweaver.assess.series.messages import TITLE_MISSING
from orbweaver.assess.series.models import SeriesItem, Victim, VictimSeries
from orbweaver.assess.series.rules import Position
from orbweaver.doors.web.frame.access import SignedInRequest, needs
from orbweaver.doors.web.frame.messages import SOURCE_OR_DAY_MISSING, STAGE_MISSING
from orbweaver.doors.web.frame.pages import BarePaginator
from orbweaver.doors.web.frame.sorting import Column, Sorting
from orbweaver.doors.web.frame.translating import in_language
from orbweaver.doors.web.workplace import series_looks
from orbweaver.doors.web.workplace.series_forms import (
    IdentifiedForm,
    KnownForm,
    MergeForm,
    OpenSeriesForm,
    SplitForm,
    VictimForm,
)
from orbweaver.doors.web.workplace.series_looks import series_or_404
from orbweaver.errors import Conflict, InvalidInput, OrbweaverError
from orbweaver.people.accounts.rules import Permission
from orbweaver.platform.clock import now

ROWS = 50
TILES = 200
COLUMNS = {"series": Column(("title",)), "state": Column(("status",)), "opened": Column(("pk",), falls=True)}
"""By what the table of series can be ordered."""


@require_GET
@needs(Permission.SERIES_READ)
def series_list(request: SignedInRequest) -> HttpResponseBase:
    """Every series that stands for itself, filtered by who knows it and by words of its title."""
    status, words = request.GET.get("status", ""), request.GET.get("words", "").strip()[:200]
    sorting = Sorting.of(request, COLUMNS, {"status": status, "words": words})
    found = sorting.ordered(selectors.listed(status, words))
    page = BarePaginator(found, selectors.with_counts(found), ROWS).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "counts": selectors.counts(now()),
        "status": status,
        "words": words,
        "sorting": sorting,
        "kept": sorting.kept,
        "form": OpenSeriesForm(),
        "may_edit": request.user.may(Permission.SERIES_EDIT),
    }
    return render(request, "web/workplace/series/list.html", context)


@require_POST
@needs(Permission.SERIES_EDIT)
def open_series(request: SignedInRequest) -> HttpResponseBase:
    """A new, proposed series."""
    form = OpenSeriesForm(request.POST)
    if not form.is_valid():
        raise InvalidInput(TITLE_MISSING)
    series = services.open_series(form.cleaned_data["title"], by=request.user, now=now())
    messages.success(request, _("The series is open. Link items to it from their own pages."))
    return redirect("series", series.public_id)


@require_GET
@needs(Permission.SERIES_READ)
def series(request: SignedInRequest, public_id: str) -> HttpResponseBase:
    """One series: victims, items along the continuum, reasons, history, and forms to change it."""
    return _page(request, series_or_404(public_id))


def _page(request: SignedInRequest, found: VictimSeries, *, wrong: dict[str, Form] | None = None) -> HttpResponse:
    """The page; ``wrong`` holds forms with what is wrong in them."""
    strip = strip_of(found, request.user, limit=TILES)
    start = {"version": found.version}
    context: dict[str, Any] = {
        "series": found,
        "strip": strip,
        "gaps": selectors.gaps_of(found),
        "may_look": request.user.may(Permission.ITEM_ASSESS),
        "victims": selectors.victims_of(found),
        "numbers": selectors.numbers_of(found),
        "ended": selectors.ended_links(found)[:ROWS],
        "history": [(each, changes.can_undo(each)) for each in selectors.history(found)[:ROWS]],
        "suggestions": suggested_for(found),
        "positions": list(Position),
        "may_edit": request.user.may(Permission.SERIES_EDIT) and found.merged_into_id is None,
        "may_undo": request.user.may(Permission.SERIES_EDIT),
        "is_liaison": request.user.may(Permission.URGENT_HANDLE),
        "may_identify": request.user.may(Permission.SERIES_IDENTIFY) and found.merged_into_id is None,
        "merge_form": MergeForm(initial=start),
        "split_form": SplitForm(initial=start, items=[], victims=[]),
        "victim_form": VictimForm(),
        "known_form": KnownForm(),
        "identified_form": IdentifiedForm(auto_id=False),
        **(wrong or {}),
    }
    return render(request, "web/workplace/series/series.html", context, status=400 if wrong else 200)


def _with_error(form: Form, error: OrbweaverError) -> Form:
    form.add_error(None, in_language(error.message))
    return form


@require_POST
@needs(Permission.SERIES_EDIT)
def merge(request: SignedInRequest, public_id: str) -> HttpResponseBase:
    """All of this series goes into another one."""
    found, form = series_or_404(public_id), MergeForm(request.POST)
    if not form.is_valid():
        return _page(request, found, wrong={"merge_form": form})
    into = form.cleaned_data["into"].strip()
    try:
        services.require_version(found, form.cleaned_data["version"])
        change = changes.merge(found.public_id, into, form.cleaned_data["why"], by=request.user, now=now())
    except (InvalidInput, Conflict) as error:
        return _page(request, found, wrong={"merge_form": _with_error(form, error)})
    close_moot(change.target, now())
    messages.success(request, _("The series is merged. Its history, below, can undo this."))
    return redirect("series", change.target.public_id)


@require_POST
@needs(Permission.SERIES_EDIT)
def split(request: SignedInRequest, public_id: str) -> HttpResponseBase:
    """Chosen items and victims go to a new series."""
    found = series_or_404(public_id)
    form = SplitForm(
        request.POST,
        items=list(found.items.filter(ended_at=None).values_list("pk", flat=True)),
        victims=list(found.victims.values_list("pk", flat=True)),
    )
    if not form.is_valid():
        return _page(request, found, wrong={"split_form": form})
    given = form.cleaned_data
    try:
        services.require_version(found, given["version"])
        change = changes.split(
            found.public_id, given["items"], given["victims"], given["title"], given["why"], by=request.user, now=now()
        )
    except (InvalidInput, Conflict) as error:
        return _page(request, found, wrong={"split_form": _with_error(form, error)})
    messages.success(request, _("The chosen items are in a series of their own. Its history, below, can undo this."))
    return redirect("series", change.target.public_id)


@require_POST
@needs(Permission.SERIES_EDIT)
def undo(request: SignedInRequest, public_id: str, change_id: str) -> HttpResponseBase:
    """Undo a merge or a split."""
    change = changes.undo(change_id, by=request.user, now=now())
    messages.success(request, _("Undone: what was moved is back where it was."))
    return redirect("series", change.source.public_id)


@require_POST
@needs(Permission.SERIES_EDIT)
def change_item(request: SignedInRequest, public_id: str, number: int) -> HttpResponseBase:
    """Place an item in the incident, or end its link with a reason."""
    item = get_object_or_404(
        SeriesItem.objects.select_related("series", "media"), pk=number, series=series_or_404(public_id)
    )
    if "end" in request.POST:
        services.end_link(item, request.POST.get("why", ""), by=request.user, now=now())
        messages.success(request, _("The link is ended. It is kept below with your reason."))
    else:
        position = request.POST.get("position", "")
        if position not in list(Position):
            raise InvalidInput(STAGE_MISSING)
        services.set_position(item, Position(position), by=request.user, now=now())
    return redirect("series", public_id)


@require_POST
@needs(Permission.SERIES_EDIT)
def add_victim(request: SignedInRequest, public_id: str) -> HttpResponseBase:
    """One more victim."""
    found, form = series_or_404(public_id), VictimForm(request.POST)
    if not form.is_valid():
        return _page(request, found, wrong={"victim_form": form})
    try:
        services.add_victim(found, **form.cleaned_data, by=request.user, now=now())
    except InvalidInput as error:
        return _page(request, found, wrong={"victim_form": _with_error(form, error)})
    return redirect("series", public_id)


@require_POST
@needs(Permission.SERIES_IDENTIFY)
def become_known(request: SignedInRequest, public_id: str) -> HttpResponseBase:
    """Police know the series, says the liaison."""
    found, form = series_or_404(public_id), KnownForm(request.POST)
    if not form.is_valid():
        return _page(request, found, wrong={"known_form": form})
    services.become_known(public_id, form.cleaned_data["reference"], by=request.user, now=now())
    messages.success(request, _("The series counts as known to police from now on."))
    return redirect("series", public_id)


@require_POST
@needs(Permission.SERIES_IDENTIFY)
def identify(request: SignedInRequest, public_id: str, victim_id: str) -> HttpResponseBase:
    """What law enforcement says of a victim, says the liaison."""
    victim = get_object_or_404(
        Victim.objects.select_related("series"), public_id=victim_id, series=series_or_404(public_id)
    )
    form = IdentifiedForm(request.POST)
    if not form.is_valid():
        raise InvalidInput(SOURCE_OR_DAY_MISSING)
    given = form.cleaned_data
    identified = given["identified"] == "identified"
    services.set_identified(
        victim, identified=identified, source=given["source"], on=given["on"], by=request.user, now=now()
    )
    messages.success(request, _("Recorded, with source and day."))
    return redirect("series", public_id)


@require_POST
@needs(Permission.ITEM_ASSESS)
def look(request: SignedInRequest, public_id: str, media_id: str) -> HttpResponseBase:
    """Ask for a picture of the series: a page of its own that shows it once."""
    return series_looks.ask(request, public_id, media_id, "series", require_right)


@require_GET
@needs(Permission.ITEM_ASSESS)
def picture(request: SignedInRequest, public_id: str, media_id: str, token: str) -> HttpResponseBase:
    """The picture, once for each time the person asked; counted and audited before it is shown."""
    return series_looks.show(request, public_id, media_id, token, "series", require_right)
