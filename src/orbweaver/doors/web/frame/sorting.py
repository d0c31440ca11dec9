"""The order of a table, kept in the address: ``sort=provider``, or ``sort=-provider`` the other way round."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.http import HttpRequest

SORT: Final = "sort"


@dataclass(frozen=True)
class Column:
    """What rows are ordered by; ``falls``: the newest or most come first when it is first asked for."""

    fields: tuple[str, ...]
    falls: bool = False


@dataclass(frozen=True)
class Heading:
    """Where the heading of a column leads, and how the table stands by it now: ``ascending``, ``descending`` or ""."""

    address: str
    sorted: str


@dataclass(frozen=True)
class Sorting:
    """What was asked for, if it is a column of the table; the filters beside it stay as they are."""

    columns: Mapping[str, Column]
    asked: str
    filters: Mapping[str, str]

    @classmethod
    def of(cls, request: HttpRequest, columns: Mapping[str, Column], filters: Mapping[str, str]) -> Sorting:
        """As the address says; a column that the table does not have is not asked for."""
        asked = request.GET.get(SORT, "")
        known = asked.removeprefix("-") in columns
        return cls(columns, asked if known else "", {name: value for name, value in filters.items() if value})

    @property
    def kept(self) -> str:
        """Filters and order, for the links to other pages of the table."""
        return urlencode({**self.filters, SORT: self.asked} if self.asked else self.filters)

    @property
    def beside(self) -> str:
        """The order alone, to stand behind a filter of another link; "" where none is asked for."""
        return f"&{urlencode({SORT: self.asked})}" if self.asked else ""

    def ordered(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """The rows in that order, the newest first among equals; as they were where none is asked for."""
        if not self.asked:
            return rows
        down = "-" if self.asked.startswith("-") else ""
        fields = self.columns[self.asked.removeprefix("-")].fields
        return rows.order_by(*(f"{down}{field}" for field in fields), "-pk")

    def heading(self, name: str) -> Heading:
        """The heading of a column: pressed again, it turns the order round."""
        up, down = name, f"-{name}"
        now = {up: "ascending", down: "descending"}.get(self.asked, "")
        falls = now == "ascending" if now else self.columns[name].falls
        return Heading(f"?{urlencode({**self.filters, SORT: down if falls else up})}", now)
