"""What can come between an analyst and an item."""

from __future__ import annotations

from orbweaver.errors import Conflict, NotAllowed


class LeaseLost(Conflict):
    """The ten minutes are over, or the item is with somebody else."""

    code = "lease_lost"


class ItemChanged(Conflict):
    """The item changed after the form was drawn."""

    code = "item_changed"


class TooLate(Conflict):
    """An answer cannot be taken back any more."""

    code = "too_late"


class OnBreak(NotAllowed):
    """A break is due: the queue is locked for this person until it is over."""

    code = "on_break"


class BudgetSpent(NotAllowed):
    """This person has seen or worked enough today."""

    code = "budget_spent"
