"""Pages of long lists."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet


class BarePaginator(Paginator):  # type: ignore[type-arg]  # generic for the type checker alone
    """Counts and cuts ``bare`` rows, in their order; what is worked out for each (``full``) only for those shown.

    A count of rows with sums beside them reads all that is summed.
    """

    def __init__(self, bare: QuerySet[Any], full: QuerySet[Any], per_page: int) -> None:
        super().__init__(bare, per_page)
        self._full = full

    def page(self, number: int | str) -> Page[Any]:
        """One page, its rows in full. Raises as Django's own."""
        found = super().page(number)
        numbers = [row.pk for row in found.object_list]
        full = self._full.in_bulk(numbers)
        found.object_list = [full[number] for number in numbers if number in full]
        return found
