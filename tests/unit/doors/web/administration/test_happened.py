"""Whatever the program writes into the audit log has a sentence, and no sentence is about what nobody writes."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from orbweaver.doors.changing import KINDS
from orbweaver.doors.web.administration.happened import HAPPENED

SOURCE = Path(__file__).parents[5] / "src/orbweaver"
KIND = re.compile(r"[a-z_]+\.[a-z_]+")
WRITERS = {"record", "noted", "_finish"}


def written() -> Iterator[str]:
    """Kinds of events as the code has them; ``police.*`` where a state or the like follows."""
    for path in SOURCE.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        if not any(name in text for name in WRITERS):
            continue
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", "")) in WRITERS:
                for argument in node.args[:2]:
                    yield from kinds_in(argument)


def kinds_in(argument: ast.expr) -> Iterator[str]:
    if isinstance(argument, ast.IfExp):
        yield from kinds_in(argument.body)
        yield from kinds_in(argument.orelse)
    elif isinstance(argument, ast.Constant) and isinstance(argument.value, str) and KIND.fullmatch(argument.value):
        yield argument.value
    elif isinstance(argument, ast.JoinedStr):
        text = "".join(str(part.value) if isinstance(part, ast.Constant) else "*" for part in argument.values)
        if "." in text:
            yield text


def test_every_kind_of_event_is_told_in_a_sentence() -> None:
    kinds = {*written(), *KINDS}
    assert len(kinds) > 150
    named = {kind for kind in kinds if "*" not in kind}
    assert named - HAPPENED.keys() == set()
    for kind in kinds - named:
        pattern = re.compile(kind.replace(".", r"\.").replace("*", "[a-z_]+"))
        assert any(pattern.fullmatch(each) for each in HAPPENED), kind


def test_each_names_who_did_it() -> None:
    assert [text for text in map(str, HAPPENED.values()) if not text.startswith("%(who)s ") or text[-1] != "."] == []
