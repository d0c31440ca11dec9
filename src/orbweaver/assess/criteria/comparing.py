"""What would change if a drafted version of the criteria took the place of another. Pure; nothing is decided anew."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from orbweaver.assess.criteria.model import Criteria
from orbweaver.assess.criteria.rules import Answers, Decision, decide
from orbweaver.errors import InvalidInput

COMPARED = ("outcome", "category", "notice_type", "sub_type", "age_class", "straddles", "reasons")
"""What of a decision can change. ``reasons`` counts on its own only: it changes along with the others."""

UNDECIDABLE = "undecidable"
"""Named as changed when one version cannot decide on these answers and asks for more."""


@dataclass(frozen=True)
class Change:
    """One past answer that would lead elsewhere. ``before`` or ``after`` is None where that version asks for more."""

    reference: str
    before: Decision | None
    after: Decision | None
    what: tuple[str, ...]
    asks: str = ""


@dataclass(frozen=True)
class RuleChange:
    """A place in the file whose value differs; None where one of the versions has nothing there."""

    place: str
    before: str | None
    after: str | None


@dataclass(frozen=True)
class Comparison:
    """What would change. ``answers`` is how many past answers were looked at."""

    old_version: str
    new_version: str
    answers: int
    changes: tuple[Change, ...]
    rules: tuple[RuleChange, ...]

    @property
    def counts(self) -> dict[str, int]:
        """How many past answers change in what, most frequent first."""
        return dict(Counter(name for change in self.changes for name in change.what).most_common())


def compare(old: Criteria, new: Criteria, past_answers: Iterable[tuple[str, Answers]]) -> Comparison:
    """What would change from ``old`` to ``new``. ``past_answers``: each with a reference, such as its public id."""
    seen = 0
    changes = []
    known: dict[Answers, Change | None] = {}  # past answers repeat one another: each kind is decided once
    for reference, answers in past_answers:
        seen += 1
        if answers not in known:
            known[answers] = _change(reference, answers, old, new)
        change = known[answers]
        if change is not None:
            changes.append(replace(change, reference=reference))
    return Comparison(old.version, new.version, seen, tuple(changes), tuple(_rule_changes(old, new)))


def _decided(answers: Answers, criteria: Criteria) -> tuple[Decision | None, str]:
    try:
        return decide(answers, criteria), ""
    except InvalidInput as refusal:
        return None, str(refusal)


def _change(reference: str, answers: Answers, old: Criteria, new: Criteria) -> Change | None:
    before, asked_before = _decided(answers, old)
    after, asks = _decided(answers, new)
    if before is None or after is None:
        return None if before is after else Change(reference, before, after, (UNDECIDABLE,), asks or asked_before)
    differing = [name for name in COMPARED if getattr(before, name) != getattr(after, name)]
    what = tuple(name for name in differing if name != "reasons") or tuple(differing)
    return Change(reference, before, after, what) if what else None


def _rule_changes(old: Criteria, new: Criteria) -> Iterator[RuleChange]:
    before, after = (dict(_flat(each.model_dump(mode="python"), "")) for each in (old, new))
    for place in sorted(before.keys() | after.keys()):
        if before.get(place) != after.get(place):
            yield RuleChange(place, before.get(place), after.get(place))


def _flat(value: Any, place: str) -> Iterator[tuple[str, str]]:
    """Each leaf with its place. Rows are named by what names them in the file, so that moved ones still pair up."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _flat(inner, f"{place}.{key}" if place else key)
    elif isinstance(value, tuple) and value and isinstance(value[0], dict):
        yield f"{place} (order)", ", ".join(_name(row) for row in value)
        counts: Counter[str] = Counter()
        for row in value:
            name = _name(row)
            counts[name] += 1
            suffix = f" #{counts[name]}" if counts[name] > 1 else ""
            yield from _flat(row, f"{place}[{name}{suffix}]")
    else:
        yield place, _leaf(value)


def _name(row: dict[str, Any]) -> str:
    return str(row.get("name", row.get("number", row.get("about"))))


def _leaf(value: Any) -> str:
    """A value in words; the alternatives of a need are sorted, since their order means nothing."""
    if isinstance(value, frozenset):
        return " and ".join(sorted(value)) or "nothing more"
    if isinstance(value, tuple):
        words = [_leaf(each) for each in value]
        return " or ".join(sorted(words)) if value and isinstance(value[0], frozenset) else ", ".join(words)
    return str(value)
