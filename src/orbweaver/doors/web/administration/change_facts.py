"""What somebody who agrees to a change has to know: its every detail, and the present value that it replaces.

Names and choices are in the words of the form that asked. What no form knows is shown as it is kept, so nothing that a
change says is hidden. No password is ever among it, not even as it is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from types import SimpleNamespace
from typing import Any, Final, cast

from django import forms
from django.db.models import Model
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from orbweaver.detect.exchanges.models import Exchange, Opinion
from orbweaver.detect.hashlists.models import HashList, HashListEntry, UploadedList
from orbweaver.doors.rule_tables import TABLES, differences_of
from orbweaver.doors.web.administration.exchange_forms import ConcludeForm, ExchangeForm
from orbweaver.doors.web.administration.forms import (
    AgreementForm,
    KeyForm,
    OrganisationForm,
    PeriodsForm,
    PersonForm,
    RoleForm,
    TrainingForm,
)
from orbweaver.doors.web.administration.list_forms import EntryStateForm, TermsForm, UploadForm
from orbweaver.doors.web.administration.rule_table_words import LAID, TITLES
from orbweaver.doors.web.frame.police_forms import ForceForm
from orbweaver.doors.web.frame.survivor_forms import StopForm
from orbweaver.doors.web.frame.translating import in_language
from orbweaver.doors.web.frame.wording import WORDS, in_words
from orbweaver.follow.survivors.models import Stop
from orbweaver.people.accounts.models import ApiKey, Organisation
from orbweaver.people.changes.models import Change
from orbweaver.people.changes.rules import SURVIVOR_STOP
from orbweaver.people.policy.periods import all_kept
from orbweaver.people.rule_tables.models import TableVersion
from orbweaver.platform.rule_tables import TableUnusable

FORMS: Final[Mapping[str, type[forms.Form]]] = {
    "person.added": PersonForm,
    "person.vouched": PersonForm,
    "role.granted": RoleForm,
    "role.taken": RoleForm,
    "training.recorded": TrainingForm,
    "organisation.added": OrganisationForm,
    "agreement.renewed": AgreementForm,
    "list.terms_set": TermsForm,
    "list.imported": UploadForm,
    "entry.state_set": EntryStateForm,
    "opinion.concluded": ConcludeForm,
    "exchange.resumed": ExchangeForm,
    "key.made": KeyForm,
    "key.replaced": KeyForm,
    "force.added": ForceForm,
    "retention.set": PeriodsForm,
    SURVIVOR_STOP: StopForm,
}
"""Kind of change → the form whose labels and choices are shown."""
CHANGED: Final[Mapping[str, type[Model]]] = {
    "list.terms_set": HashList,
    "agreement.renewed": Organisation,
    "entry.state_set": HashListEntry,
}
"""Kind of change → the model whose fields of the same name hold the present values."""
LABELS: Final[Mapping[str, str | Promise]] = {
    "as_of": gettext_lazy("As of"),
    "because": gettext_lazy("Their reason"),
    "cases": gettext_lazy("For these cases alone"),
    "countries": gettext_lazy("For forces of these countries alone"),
    "digest": gettext_lazy("SHA-256 of its text"),
    "disputed_by": gettext_lazy("Disputed by"),
    "document_sha256": gettext_lazy("SHA-256 of the signed document"),
    "entry": gettext_lazy("Entry"),
    "code_says_go_on": WORDS["code_says_go_on"],
    "error": gettext_lazy("What is wrong with it"),
    "laid": gettext_lazy("What it is"),
    "language": gettext_lazy("Language"),
    "lines": gettext_lazy("Lines"),
    "owner": gettext_lazy("Who answers for it"),
    "reason": gettext_lazy("Why it is to hold"),
    "sha256": gettext_lazy("SHA-256 of the file"),
    "source": gettext_lazy("Source"),
    "state": gettext_lazy("State"),
    "table": gettext_lazy("Table"),
    "version": gettext_lazy("Version"),
}
"""What no form asks for in words, as it is worked out or kept with what was asked."""
CALLED: Final[Mapping[str, Mapping[str, str | Promise]]] = {
    "table": TITLES,
    "laid": {each.value: words for each, words in LAID.items()},
}
"""Names of values that no form has."""
NOTHING: Final = "–"
DIFFERENCES_SHOWN: Final = 100
"""Of a table of rules; its own page, to which a link leads, shows all."""


def facts_of(change: Change) -> list[str]:
    """Its subject, then ``name: value`` or ``name: before → after`` for every detail, and for what it lets act."""
    fields = FORMS[change.kind].base_fields if change.kind in FORMS else {}
    present = _present(change)
    facts = [change.subject] if change.subject not in ("", change.title) else []
    for name, value in (_acting(change) | change.details).items():
        field = fields.get(name)
        label = (str(field.label or "") if field is not None else "") or str(LABELS.get(name, name))
        after = _words(value, name, field)
        before = _words(getattr(present, name), name, field) if hasattr(present, name) else after
        said = after if before == after else f"{before} → {after}"
        facts.append(_("%(name)s: %(value)s") % {"name": label, "value": said})
    return facts


def _present(change: Change) -> Model | SimpleNamespace | None:
    if change.kind == "retention.set":
        return SimpleNamespace(**all_kept())
    model = CHANGED.get(change.kind)
    return model._default_manager.filter(public_id=change.subject).first() if model is not None else None


def _acting(change: Change) -> dict[str, Any]:
    """Facts that the change itself does not hold, since they may differ when it takes effect: shown as they are now."""
    shown = ACTING.get(change.kind)
    return shown(change.subject) if shown is not None else {}


def _of_exchange(public_id: str) -> dict[str, Any]:
    found = Exchange.objects.select_related("hash_list").filter(public_id=public_id).first()
    if found is None:
        return {}
    into = found.hash_list
    terms = {"protocol": found.protocol, "address": found.address, "supplier": into.supplier, "list_name": into.name}
    return terms | {"allowed": into.allowed, "every_minutes": found.every_minutes}


def _of_opinion(public_id: str) -> dict[str, Any]:
    found = Opinion.objects.select_related("entry").filter(public_id=public_id).first()
    if found is None:
        return {}
    entry = found.entry
    return {"entry": entry.public_id, "state": in_words(entry.state), "disputed_by": found.who, "because": found.reason}


def _of_upload(public_id: str) -> dict[str, Any]:
    found = UploadedList.objects.filter(public_id=public_id).first()
    return {} if found is None else {"kind": found.kind, "region": found.region, "file": found.file_name}


def _of_key(public_id: str) -> dict[str, Any]:
    found = ApiKey.objects.select_related("organisation").filter(public_id=public_id).first()
    names = ("scopes", "url_hosts", "networks", "scans_per_minute", "scans_per_day", "scans_per_month", "is_test")
    if found is None:
        return {}
    may = {"organisation": found.organisation.public_id} | {name: getattr(found, name) for name in names}
    return may | {"unbound": found.speaks_unbound, "countries": found.countries, "cases": found.cases}


def _of_table(public_id: str) -> dict[str, Any]:
    """Whose it is, and each value that it would change of what is in force now."""
    found = TableVersion.objects.filter(public_id=public_id, table__in=TABLES).first()
    if found is None:
        return {}
    facts: dict[str, Any] = {"version": found.version, "owner": found.owner, "source": found.source}
    if found.as_of is not None:
        days = dict.fromkeys((str(TABLES[found.table].head().as_of), str(found.as_of)))
        facts["as_of"] = " → ".join(days)
    try:
        differences = differences_of(TABLES[found.table], found)
    except TableUnusable as error:
        return facts | {"error": in_language(error.message)}
    for each in differences[:DIFFERENCES_SHOWN]:
        name = f"{each.row}, {each.name}" if each.row else each.name
        facts[name] = f"{_words(each.before, '', None)} → {_words(each.after, '', None)}"
    more = len(differences) - DIFFERENCES_SHOWN
    if more > 0:
        facts["…"] = ngettext("And %(n)s more.", "And %(n)s more.", more) % {"n": more}
    return facts


def _of_request(public_id: str) -> dict[str, Any]:
    """That whoever has the code has said before that it is not to stop, and when: nothing of what anybody wrote."""
    said = Stop.objects.filter(request__public_id=public_id, outcome=Stop.Outcome.GONE_ON)
    days = [f"{at:%Y-%m-%d}" for at in said.order_by("pk").values_list("ended_at", flat=True) if at is not None]
    return {"code_says_go_on": days} if days else {}


ACTING: Final[Mapping[str, Callable[[str], dict[str, Any]]]] = {
    "opinion.concluded": _of_opinion,
    "exchange.resumed": _of_exchange,
    "list.imported": _of_upload,
    "key.replaced": _of_key,
    "rule_table.set": _of_table,
    SURVIVOR_STOP: _of_request,
}


def _words(value: object, name: str, field: forms.Field | None) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(_words(each, name, field) for each in value) or NOTHING
    if value is None or value == "":
        return NOTHING
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if name == "organisation":
        found = Organisation.objects.filter(public_id=value).values_list("name", flat=True).first()
        return f"{found} ({value})" if found is not None else str(value)
    if isinstance(field, forms.ChoiceField) and not isinstance(field, forms.ModelChoiceField):
        known = dict(cast("Iterable[tuple[str, str | Promise]]", field.choices))
        return str(known.get(str(value)) or in_words(str(value)))
    return str(CALLED.get(name, {}).get(str(value), value))
