"""Tables of rules: what holds, who answers for it, what a hotline's own versions change, and asking for one."""

from __future__ import annotations

from typing import Any, Final

from django import forms
from django.http import Http404
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from orbweaver.doors.changing import ask_for_table
from orbweaver.doors.rule_tables import TABLES, differences_of, open_proposals
from orbweaver.doors.web.administration.changes import say_done_or_waiting
from orbweaver.doors.web.administration.rule_table_words import LAID, TITLES
from orbweaver.doors.web.frame.access import SignedInRequest, needs
from orbweaver.doors.web.frame.translating import in_language
from orbweaver.errors import InvalidInput
from orbweaver.people.accounts.rules import Permission
from orbweaver.people.changes.selectors import waiting
from orbweaver.people.rule_tables.models import TableVersion
from orbweaver.people.rule_tables.selectors import history
from orbweaver.people.rule_tables.services import keep, keep_packaged
from orbweaver.platform.clock import now
from orbweaver.platform.rule_tables import MOST_BYTES, Laid, RuleTable, TableUnusable

MOST_SHOWN: Final = 200
"""Differences of a proposal that the page shows at once; a link leads to the next ones."""
PAST: Final = "past"
"""How many differences of each proposal were shown before."""
MOST_DIGITS: Final = 6


class TableForm(forms.Form):
    """A version of one's own."""

    laid = forms.ChoiceField(
        label=gettext_lazy("What it is"), choices=[(each.value, words) for each, words in LAID.items()]
    )
    text = forms.CharField(
        label=gettext_lazy("The table as TOML"),
        required=False,
        strip=False,
        max_length=MOST_BYTES,
        help_text=gettext_lazy(
            "It begins with version, as_of, source and owner. Give it a version that no other text of this table had: "
            "decisions name it. What is not known stays “unknown”."
        ),
        widget=forms.Textarea(attrs={"rows": 16, "spellcheck": "false", "class": "code"}),
    )
    reason = forms.CharField(
        label=gettext_lazy("Why it is to hold"), max_length=500, help_text=gettext_lazy("Whoever agrees reads it.")
    )

    def clean_text(self) -> str:
        """Line ends as they are in a file, for the digest is about them."""
        return str(self.cleaned_data["text"]).replace("\r\n", "\n")


@require_GET
@needs(Permission.AUDIT_READ)
def rule_tables(request: SignedInRequest) -> HttpResponseBase:
    """Every table of rules with the version in force, its day, source and owner."""
    waiting_of = [each.table for each in open_proposals()]
    rows = [_facts(table) | {"proposals": waiting_of.count(table.name)} for table in TABLES.values()]
    return render(request, "web/administration/rule_tables.html", {"rows": rows})


@require_GET
@needs(Permission.AUDIT_READ)
def rule_table(request: SignedInRequest, name: str) -> HttpResponseBase:
    """One table of rules: what holds, what was in force before, what is proposed and what that would change."""
    return _page(request, _found(name), TableForm(initial={"laid": Laid.OVER.value}))


@require_POST
@needs(Permission.PEOPLE_EDIT)
def bring_table(request: SignedInRequest, name: str) -> HttpResponseBase:
    """Import a version of one's own and ask for it. It holds with a second person's word."""
    table, form = _found(name), TableForm(request.POST)
    if not form.is_valid():
        return _page(request, table, form, status=400)
    given, at = form.cleaned_data, now()
    try:
        if given["laid"] == Laid.PACKAGED:
            version = keep_packaged(table, given["reason"], by=request.user, now=at)
        else:
            version = keep(table, given["text"], Laid(given["laid"]), given["reason"], by=request.user, now=at)
    except InvalidInput as error:
        form.add_error("text", in_language(error.message))
        return _page(request, table, form, status=400)
    return _ask(request, version)


@require_POST
@needs(Permission.PEOPLE_EDIT)
def ask_for_kept(request: SignedInRequest, name: str, public_id: str) -> HttpResponseBase:
    """Ask for a version that was imported on the command line. It holds with a second person's word."""
    version = TableVersion.objects.filter(table=_found(name).name, public_id=public_id, in_force_at=None).first()
    if version is None:
        raise Http404
    return _ask(request, version)


def _ask(request: SignedInRequest, version: TableVersion) -> HttpResponseBase:
    change = ask_for_table(version, by=request.user, now=now())
    say_done_or_waiting(request, change, _("It is in force from now on. What was decided before keeps its version."))
    return redirect("rule-table", version.table)


def _found(name: str) -> RuleTable[Any]:
    if name not in TABLES:
        raise Http404
    return TABLES[name]


def _page(request: SignedInRequest, table: RuleTable[Any], form: TableForm, status: int = 200) -> HttpResponseBase:
    given = request.GET.get(PAST, "")
    past = int(given) if given.isdecimal() and len(given) <= MOST_DIGITS else 0
    asked = {change.subject for change in waiting() if change.kind == "rule_table.set"}
    context = {
        **_facts(table),
        "history": [(each, LAID[Laid(each.laid)]) for each in history(table.name)],
        "proposals": [_proposal(table, each, each.public_id in asked, past) for each in open_proposals(table.name)],
        "texts": [text for text in (table.own.text if table.own else "", _packaged_text(table)) if text],
        "form": form if request.user.may(Permission.PEOPLE_EDIT) else None,
    }
    return render(request, "web/administration/rule_table.html", context, status=status)


def _packaged_text(table: RuleTable[Any]) -> str:
    return "" if table.own is not None and table.own.laid is Laid.WHOLE else table.packaged_text


def _facts(table: RuleTable[Any]) -> dict[str, Any]:
    return {
        "name": table.name,
        "title": TITLES[table.name],
        "version": table.version(),
        "head": table.head(),
        "is_own": table.own is not None,
        "packaged_version": table.packaged[0].version,
    }


def _proposal(table: RuleTable[Any], version: TableVersion, is_asked: bool, past: int) -> dict[str, Any]:
    try:
        differences, wrong = differences_of(table, version), None
    except TableUnusable as error:
        differences, wrong = [], error.message
    first = past if past < len(differences) else 0
    return {
        "version": version,
        "laid": LAID[Laid(version.laid)],
        "is_asked": is_asked,
        "differences": differences[first : first + MOST_SHOWN],
        "shown": first + MOST_SHOWN,
        "more": max(0, len(differences) - first - MOST_SHOWN),
        "wrong": wrong,
    }
