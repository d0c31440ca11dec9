"""Records of what companies were told about a series, for civil claims: written by one person, released by another."""

from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from orbweaver.doors.web.frame.access import SignedInRequest, needs
from orbweaver.doors.web.frame.translating import in_language
from orbweaver.doors.web.workplace.request_forms import RecordForm
from orbweaver.errors import InvalidInput
from orbweaver.follow.survivors import companies
from orbweaver.follow.survivors.models import CompanyRecord
from orbweaver.people.accounts.rules import Permission
from orbweaver.platform.clock import now

ROWS = 50


@require_http_methods(["GET", "POST"])
@needs(Permission.SURVIVOR_HANDLE)
def company_records(request: SignedInRequest) -> HttpResponseBase:
    """All records, newest first, and the form to write one."""
    form = RecordForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            companies.write_record(
                form.cleaned_data["series"], form.cleaned_data["for_whom"], by=request.user, now=now()
            )
        except InvalidInput as error:
            form.add_error("series", in_language(error.message))
        else:
            messages.success(request, _("Written. Another person has to release it."))
            return redirect("company-records")
    found = CompanyRecord.objects.select_related("series", "written_by", "released_by").order_by("-pk")
    page = Paginator(found, ROWS).get_page(request.GET.get("page"))
    context = {"page": page, "form": form, "me": request.user, "public_key": companies.public_key()}
    return render(request, "web/workplace/company_records.html", context, status=400 if form.errors else 200)


@require_POST
@needs(Permission.SURVIVOR_HANDLE)
def release(request: SignedInRequest, public_id: str) -> HttpResponseBase:
    """A second person agrees that it is given out."""
    get_object_or_404(CompanyRecord, public_id=public_id)
    companies.release_record(public_id, by=request.user, now=now())
    messages.success(request, _("Released. It can be given out now."))
    return redirect("company-records")


@require_POST
@needs(Permission.SURVIVOR_HANDLE)
def give_out(request: SignedInRequest, public_id: str) -> HttpResponseBase:
    """The signed record as a file; written to the audit log."""
    found = get_object_or_404(CompanyRecord, public_id=public_id)
    body = companies.signed_file(found, by=request.user, now=now())
    name = f"attachment; filename={found.public_id}.json"
    return HttpResponse(body, content_type="application/json", headers={"Content-Disposition": name})
