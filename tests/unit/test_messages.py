"""What is said to people: each message has a code, is declared once, and is whole in every language."""

from __future__ import annotations

import ast
import importlib.util
import json
import pickle
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from django.conf import settings
from django.template import Context, Template
from django.utils.translation import override

from orbweaver.doors.web.frame.translating import in_language
from orbweaver.errors import (
    PLACEHOLDER,
    VERBATIM,
    Catalogued,
    InvalidInput,
    Message,
    OrbweaverError,
    message_from_json,
)

TOP = Path(__file__).parents[2]
PACKAGE = TOP / "src" / "orbweaver"
LANGUAGES = [code for code, _ in settings.LANGUAGES]
FILLED_BY_NAME = PACKAGE / "assess" / "linking" / "rules.py"
"""Chooses its message by the signal and fills it by the names that this one has."""
MISSING = Message("test.missing", "The %(part)s is missing.")
BOXES = Message("test.boxes", "%(n)s box", "%(n)s boxes")


@cache
def reference() -> ModuleType:
    spec = importlib.util.spec_from_file_location("reference", TOP / "tools" / "reference.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def declared() -> list[Message]:
    found: list[Message] = reference().messages()
    return found


def sample(message: Message, number: int = 7) -> Message:
    """The message with something recognisable in each placeholder."""
    placeholders = {name: number if name == "n" else f"<{name}>" for name in message.placeholders}
    return message.of(**placeholders) if placeholders else message


def has_words(message: Message) -> bool:
    return bool(PLACEHOLDER.sub("", message.text))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("number", [1, 7])
def test_every_message_is_said_whole_in_every_language(language: str, number: int) -> None:
    with override(language):
        for message in declared():
            said = in_language(sample(message, number))
            assert "%(" not in said, message.code
            assert [name for name in message.placeholders - {"n"} if f"<{name}>" not in said] == [], message.code
            if language != "en" and has_words(message):
                assert said != str(sample(message, number)), f"{message.code} is not translated"


def test_codes_are_the_names_by_which_messages_are_declared() -> None:
    wrong = []
    for module in reference().declaring_modules():
        for node in ast.parse(Path(module.__file__).read_text(encoding="utf-8")).body:
            if isinstance(node, ast.Assign) and is_declaration(node.value):
                assert isinstance(node.targets[0], ast.Name)
                code = declared_code(node.value)
                if not re.fullmatch(rf"[a-z_]+\.{node.targets[0].id.lower()}", code):
                    wrong.append(code)
    assert wrong == []


def test_no_two_messages_say_the_same() -> None:
    texts: dict[str, list[str]] = {}
    for message in declared():
        if has_words(message):
            texts.setdefault(message.text, []).append(message.code)
    assert [codes for codes in texts.values() if len(codes) > 1] == []


def test_every_code_is_documented() -> None:
    page = (TOP / "docs" / "reference" / "errors.md").read_text(encoding="utf-8")
    codes = [*(each.code for each in declared()), *(each.code for each in reference().error_kinds())]
    assert [code for code in codes if f"| `{code}` |" not in page] == [], "run `make docs`"


def test_kinds_of_errors_have_codes_of_their_own() -> None:
    codes = [each.code for each in reference().error_kinds()]
    assert sorted(set(codes)) == codes


def test_no_error_is_raised_with_words_of_its_own() -> None:
    """Words that are written where an error is raised are found by no catalogue and have no code."""
    names = {"super().__init__", *error_names()}
    wrong = [
        f"{path.relative_to(TOP)}:{call.lineno}"
        for path, call in calls()
        if ast.unparse(call.func) in names and call.args and is_text(call.args[0]) and is_of_ours(path, call)
    ]
    assert wrong == []


def test_every_placeholder_is_filled_where_a_message_is_used() -> None:
    """``raise InvalidInput(NO_LIST)`` for a message with a placeholder would show the placeholder."""
    placeholders = {each.code: each.placeholders for each in declared()}
    wrong = []
    for path in set(PACKAGE.rglob("*.py")) - {FILLED_BY_NAME}:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        known = {name: placeholders[code] for name, code in messages_known_in(tree).items() if code in placeholders}
        called = {
            id(node.func.value): node
            for node in ast.walk(tree)
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "of"
        }
        used = [node for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)]
        for node in (each for each in used if each.id in known):
            call = called.get(id(node))
            if {each.arg for each in call.keywords if each.arg} != known[node.id] if call else known[node.id]:
                wrong.append(f"{path.relative_to(TOP)}:{node.lineno} {node.id}")
    assert wrong == []


def test_a_message_takes_the_parameters_that_it_names_and_no_others() -> None:
    assert str(MISSING.of(part="lid")) == "The lid is missing."
    for wrong in ({}, {"piece": "lid"}, {"part": "lid", "n": 1}):
        with pytest.raises(TypeError, match=r"test\.missing"):
            MISSING.of(**wrong)


def test_a_number_chooses_the_form_and_messages_stand_in_messages() -> None:
    assert [str(BOXES.of(n=number)) for number in (0, 1, 2)] == ["0 boxes", "1 box", "2 boxes"]
    assert str(MISSING.of(part=(BOXES.of(n=1), BOXES.of(n=2)))) == "The 1 box\n2 boxes is missing."
    assert str(MISSING.of(part="%(n)s 100 %")) == "The %(n)s 100 % is missing."


def test_a_template_shows_a_message() -> None:
    template = Template("{% load orbweaver %}{{ message|translated }} {{ message }}")
    assert template.render(Context({"message": MISSING.of(part="lid")})) == "The lid is missing. The lid is missing."


def test_a_code_stands_for_one_message() -> None:
    with pytest.raises(ValueError, match="two messages"):
        Message("test.missing", "Another text.")


def test_what_is_kept_comes_back_with_its_parameters() -> None:
    kept = MISSING.of(part=(BOXES.of(n=1), MISSING.of(part="lid")))
    assert message_from_json(json.loads(json.dumps(kept.as_json()))) == kept
    assert message_from_json(json.loads(json.dumps(VERBATIM.as_json()))) == VERBATIM
    assert pickle.loads(pickle.dumps(InvalidInput(kept))).message == kept


def test_a_kept_message_that_nothing_declares_any_more_is_shown_by_its_code() -> None:
    assert str(message_from_json({"code": "test.gone", "parameters": {"part": "lid"}})) == "test.gone"


def test_an_error_gives_its_kind_its_message_and_the_parameters() -> None:
    error = InvalidInput(MISSING.of(part="lid"))
    assert (error.code, error.message.code, error.parameters) == ("invalid_input", "test.missing", {"part": "lid"})
    assert str(error) == "The lid is missing."
    assert OrbweaverError("in plain words").message == VERBATIM.of(text="in plain words")


def test_a_text_of_the_criteria_inside_a_message_is_translated_too() -> None:
    text = next(each for each in (question.text for question in current_questions()) if each)
    with override("fr"):
        assert in_language(VERBATIM.of(text=Catalogued(text))) != text
        assert in_language(VERBATIM.of(text=text)) == text


def current_questions() -> Any:
    from orbweaver.assess.criteria import current

    return current().questions


def calls() -> Iterator[tuple[Path, ast.Call]]:
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                yield path, node


@cache
def error_names() -> frozenset[str]:
    """Names of all classes of the tree, those with their parent's code among them."""
    parents: dict[str, set[str]] = {}
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef):
                parents.setdefault(node.name, set()).update(ast.unparse(base) for base in node.bases)
    ours = {"OrbweaverError"}
    while more := {name for name, bases in parents.items() if bases & ours} - ours:
        ours |= more
    return frozenset(ours)


def is_of_ours(path: Path, call: ast.Call) -> bool:
    """Whether ``super().__init__`` stands in a class of ours; other calls are by name."""
    if ast.unparse(call.func) != "super().__init__":
        return True
    tree = ast.parse(path.read_text(encoding="utf-8"))
    classes = [node for node in ast.walk(tree) if isinstance(node, ast.ClassDef) and node.name in error_names()]
    return any(node.lineno <= call.lineno <= (node.end_lineno or 0) for node in classes)


def is_text(node: ast.expr) -> bool:
    """A literal, an f-string, words put together, or a call of gettext."""
    if isinstance(node, ast.Constant):
        return isinstance(node.value, str) and " " in node.value  # one word is the code of a fetch or a file
    if isinstance(node, ast.IfExp):
        return is_text(node.body) or is_text(node.orelse)
    if isinstance(node, ast.Call):
        return ast.unparse(node.func) in {"_", "gettext", "str"} or ast.unparse(node.func).endswith(
            (".format", ".join")
        )
    return isinstance(node, ast.JoinedStr | ast.BinOp)


def is_declaration(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and ast.unparse(node.func) == "Message" and len(node.args) > 1


def declared_code(node: ast.expr) -> str:
    assert isinstance(node, ast.Call)
    assert isinstance(node.args[0], ast.Constant)
    return str(node.args[0].value)


def messages_known_in(tree: ast.Module) -> dict[str, str]:
    """Name → code of the messages that a module imports by name."""
    found: dict[str, str] = {}
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and node.module and node.module.endswith(".messages"):
            source = (TOP / "src" / node.module.replace(".", "/")).with_suffix(".py")
            codes = {
                each.targets[0].id: declared_code(each.value)
                for each in ast.parse(source.read_text(encoding="utf-8")).body
                if isinstance(each, ast.Assign) and isinstance(each.targets[0], ast.Name) and is_declaration(each.value)
            }
            found |= {each.asname or each.name: codes[each.name] for each in node.names if each.name in codes}
    return found
