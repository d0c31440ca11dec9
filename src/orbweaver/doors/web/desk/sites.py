"""Sites that the crawler knows: how they are asked, and the off switches."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count, OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from orbweaver.detect.crawl.errors import BadSiteSettings
from orbweaver.detect.crawl.extents import LEAD, full_ones
from orbweaver.detect.crawl.models import Extent, FrontierUrl, Lead, Site
from orbweaver.detect.crawl.selectors import is_crawling_off, known_sites
from orbweaver.detect.crawl.settings import CrawlSettings
from orbweaver.detect.crawl.site_settings import (
    AUTHORITY_MAX,
    CONCURRENCY_MAX,
    DELAY_MAX_S,
    By,
    SiteSettings,
    change_site,
    follow_further,
    set_kind,
    switch_crawling,
    switch_site,
)
from orbweaver.doors.web.frame.access import SignedInRequest, needs
from orbweaver.doors.web.frame.translating import in_language
from orbweaver.doors.web.frame.wording import in_words
from orbweaver.people.accounts.rules import Permission
from orbweaver.platform.clock import now

PAGE = 30


class SiteForm(forms.Form):
    """How a site is asked. Empty fields leave it to the settings of the installation."""

    delay_s = forms.FloatField(
        label=gettext_lazy("Seconds between two requests"), min_value=0, max_value=DELAY_MAX_S, required=False
    )
    concurrency = forms.IntegerField(
        label=gettext_lazy("Requests at once"), min_value=1, max_value=CONCURRENCY_MAX, required=False
    )
    robots_authority = forms.CharField(
        label=gettext_lazy("Authority for not following robots.txt here"),
        help_text=gettext_lazy(
            "Leave it empty to follow robots.txt. It is kept and shown to all who may see this page."
        ),
        max_length=AUTHORITY_MAX,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def settings(self) -> SiteSettings:
        """The valid form as settings."""
        return SiteSettings(**self.cleaned_data)


class KindForm(forms.Form):
    """What kind of site it is (R2)."""

    kind = forms.ChoiceField(
        label=gettext_lazy("Kind of site"),
        help_text=gettext_lazy("The crawler guesses it from what the pages say. What you choose stays."),
        choices=lambda: [
            (each.value, gettext_lazy("Not known") if each == Site.Kind.UNKNOWN else in_words(each.value))
            for each in Site.Kind
        ],
    )


@require_GET
@needs(Permission.LEAD_READ)
def sites(request: SignedInRequest) -> HttpResponseBase:
    """Sites by name with how much waits there and whether they are switched off."""
    waiting = FrontierUrl.objects.filter(site=OuterRef("pk"), state=FrontierUrl.State.WAITING).order_by()
    counts = waiting.values("site").annotate(count=Count("pk")).values("count")
    name = request.GET.get("name", "")[:260]
    rows = known_sites(name).annotate(left=Coalesce(Subquery(counts), 0))
    context = {
        "page": Paginator(rows, PAGE).get_page(request.GET.get("page")),
        "name": name,
        "kept": urlencode({"name": name}) if name else "",
        "crawling_is_off": is_crawling_off(),
        "full": [_shown(each) for each in full_ones()[:PAGE]],
        "may_edit": request.user.may(Permission.LEAD_EDIT),
    }
    return render(request, "web/desk/sites.html", context)


@require_http_methods(["GET", "POST"])
@needs(Permission.LEAD_EDIT)
def site(request: SignedInRequest, number: int) -> HttpResponseBase:
    """One site: what its answers taught, and the settings of its own."""
    found = get_object_or_404(Site, pk=number)
    form = SiteForm(request.POST or None, initial=_initial(found))
    if request.method == "POST" and form.is_valid():
        try:
            change_site(found, form.settings(), by=By(request.user), now=now())
        except BadSiteSettings as error:
            form.add_error("robots_authority", in_language(error.message))
        else:
            messages.success(request, _("Saved. It applies from the crawler’s next request."))
            return redirect("site", number=found.pk)
    settings = CrawlSettings.current()
    context = {
        "site": found,
        "form": form,
        "kind_form": KindForm(initial={"kind": found.kind}, auto_id="kind_%s"),
        "delay_s": settings.crawl_host_delay_s,
        "concurrency": settings.crawl_host_concurrency,
    }
    return render(request, "web/desk/site.html", context, status=400 if form.errors else 200)


@require_POST
@needs(Permission.LEAD_EDIT)
def site_kind(request: SignedInRequest, number: int) -> HttpResponseBase:
    """A person says what kind of site it is."""
    found, form = get_object_or_404(Site, pk=number), KindForm(request.POST)
    if form.is_valid():
        set_kind(found, Site.Kind(form.cleaned_data["kind"]), by=By(request.user), now=now())
        messages.success(request, _("Saved. The figures by kind of site follow."))
    return redirect("site", number=found.pk)


def _shown(extent: Extent) -> dict[str, Any]:
    """What brought in enough, as the page names it: a lead by its identifier, a host or a domain by its name."""
    kind, _, name = extent.name.partition(":")
    lead = Lead.objects.filter(pk=int(name[:18])).first() if kind == LEAD and name.isdecimal() else None
    return {"pk": extent.pk, "addresses": extent.addresses, "host": name, "lead": lead}


def _initial(found: Site) -> dict[str, Any]:
    return {name: getattr(found, name) for name in ("delay_s", "concurrency", "robots_authority")}


@require_POST
@needs(Permission.LEAD_EDIT)
def switch(request: SignedInRequest, number: int) -> HttpResponseBase:
    """The off switch of a site: nothing more is fetched there until it is switched on again."""
    found = get_object_or_404(Site, pk=number)
    off = request.POST.get("off") == "yes"
    switch_site(found, off=off, by=By(request.user), now=now())
    messages.info(request, _("The site is off: no request starts there.") if off else _("The site is on again."))
    return redirect("sites")


@require_POST
@needs(Permission.LEAD_EDIT)
def follow_site_further(request: SignedInRequest, number: int) -> HttpResponseBase:
    """What brought in as much as the settings allow is followed further all the same."""
    follow_further(get_object_or_404(Extent, pk=number), by=By(request.user), now=now())
    messages.success(request, _("It is followed further, for as many addresses again."))
    return redirect("sites")


@require_POST
@needs(Permission.LEAD_EDIT)
def switch_everything(request: SignedInRequest) -> HttpResponseBase:
    """The off switch of the whole crawl, of every process on every machine."""
    off = request.POST.get("off") == "yes"
    switch_crawling(off=off, by=By(request.user), now=now())
    messages.info(request, _("Crawling is off: no request starts.") if off else _("Crawling is on again."))
    return redirect("sites")
