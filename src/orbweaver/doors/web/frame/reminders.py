"""What the form reminds of at each step, as the readable criteria show it."""

from __future__ import annotations

from django.utils.translation import gettext as _

from orbweaver.assess.criteria import Criteria


def steps_of(criteria: Criteria) -> list[tuple[str, tuple[str, ...]]]:
    """What the form reminds of beside each step, for the readable page."""
    names = {
        "is_child": _("First question"),
        "is_harmed": _("Second question"),
        "age": _("Age"),
        "category": _("Category"),
        "sub_type": _("Sub-type"),
    }
    return [(label, criteria.reminders_about(step)) for step, label in names.items()]
