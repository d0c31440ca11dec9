"""Answers as an assessment keeps them, for ever: read by whatever version comes later, and by any that came before.

::

    {"is_child": true, ..., "physical_abuse": false, "others": [0, 0, 0], "self_generated": false,
     "a later marker": true}

Each of today's fields has its key, and so has each marker that is fixed, ticked or not. A marker that a version added
is a key beside them where it was ticked. Whoever reads an answer takes every other key for a marker.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from orbweaver.assess.criteria.fixed import FIXED
from orbweaver.assess.criteria.model import Category
from orbweaver.assess.criteria.rules import Answers


def kept(answers: Answers) -> dict[str, Any]:
    """Answers as JSON can hold them."""
    fields = asdict(answers)
    markers = fields.pop("markers")
    fixed = {name: name in markers for name in FIXED["markers"].names}
    fields["others"] = list(answers.others)
    return {**fields, **fixed, **dict.fromkeys(sorted(markers - fixed.keys()), True)}


def read_answers(stored: Mapping[str, Any]) -> Answers:
    """Answers as an assessment keeps them."""
    names = Answers.__dataclass_fields__.keys() - {"markers", "category", "others"}
    fields = {name: value for name, value in stored.items() if name in names}
    markers = frozenset(name for name, value in stored.items() if value is True and name not in {*names, "category"})
    category = stored["category"]
    first, second, third = stored.get("others", (0, 0, 0))
    return Answers(
        category=Category(category) if category else None,
        markers=markers,
        others=(first, second, third),
        **fields,
    )
