"""The texts of pages in every language: find them, keep the catalogues in step, compile them.

Run by ``make translations``. Needs no gettext tools. What it finds is every text of a template, every call of gettext
in the code, every message that is declared and every text of the criteria. ``docs/developers/translations.md`` says
how to translate.
"""

from __future__ import annotations

import ast
import os
import re
import struct
import sys
import tempfile
import textwrap
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from orbweaver.platform.languages import languages

TOP = Path(__file__).parent.parent
PACKAGE = TOP / "src" / "orbweaver"

CALLS = {
    "_": (0, 1),
    "gettext": (0, 1),
    "gettext_lazy": (0, 1),
    "gettext_noop": (0, 1),
    "ngettext": (0, 2),
    "ngettext_lazy": (0, 2),
    "Message": (1, 3),  # after its code
}
"""Functions whose texts are translated, and which of their arguments these are."""

LANGUAGES = {each.code: each for each in languages() if each.plurals}
"""All that are translated into."""

TEXT = r"u?('(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\")"
IN_TEMPLATE = re.compile(rf"(?:\b(?:gettext|ngettext)|\b_)\({TEXT}(?:,\s*{TEXT})?", re.DOTALL)
MARKERS = re.compile(r"%\(\w+\)\d*[sd]|%%|\{\w*\}|</?\w[^>]*>|`[^`]+`|'orbweaver\[\w+\]'")
"""What a translation must carry over as it is: placeholders, elements, commands."""


@dataclass
class Entry:
    """One text: its form or forms, where it stands, and its translation."""

    text: str
    plural: str = ""
    places: set[str] = field(default_factory=set)
    translations: list[str] = field(default_factory=list)
    fuzzy: bool = False

    @property
    def forms(self) -> list[str]:
        """The texts to translate: one, or singular and plural."""
        return [self.text, self.plural] if self.plural else [self.text]


Catalogue = dict[str, Entry]


def found() -> Catalogue:
    """Every text that a page may show, by itself."""
    texts: Catalogue = {}
    for path in sorted(PACKAGE.rglob("*")):
        place = path.relative_to(PACKAGE).as_posix()
        if path.suffix == ".html":
            pairs = list(_of_template(path))
        elif path.suffix == ".py" and "migrations" not in path.parts:
            pairs = list(_of_code(path))
        elif path.suffix == ".toml" and path.parent == PACKAGE / "assess" / "criteria" / "versions":
            pairs = [(text, "") for text in _of_criteria(tomllib.loads(path.read_text(encoding="utf-8")))]
        elif path.name == "countries.toml":
            pairs = [(name, "") for name in tomllib.loads(path.read_text(encoding="utf-8"))["countries"].values()]
        else:
            continue
        for text, plural in pairs:
            entry = texts.setdefault(text, Entry(text))
            entry.plural = entry.plural or plural
            entry.places.add(place)
    return texts


def _of_template(path: Path) -> Iterator[tuple[str, str]]:
    from django.utils.translation.template import templatize

    for match in IN_TEMPLATE.finditer(templatize(path.read_text(encoding="utf-8"), origin=path.name)):
        yield ast.literal_eval(match[1]), ast.literal_eval(match[2]) if match[2] else ""


def _of_code(path: Path) -> Iterator[tuple[str, str]]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in CALLS:
            forms = [_string(each) for each in node.args[slice(*CALLS[node.func.id])]]
            if forms and all(forms) and MARKERS.sub("", forms[0] or ""):  # what is all placeholder has no words
                yield forms[0] or "", (forms[1] or "") if len(forms) > 1 else ""


def _string(node: ast.expr) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def _of_criteria(part: object) -> Iterator[str]:
    """What the criteria say: each ``text``, ``no``, ``doubt`` and ``lacking``, and the name of the standard."""
    if isinstance(part, list):
        for each in part:
            yield from _of_criteria(each)
    elif isinstance(part, dict):
        for name, value in part.items():
            if name in {"text", "no", "doubt", "lacking", "title"}:
                yield str(value)
            elif name == "standard_of_proof":
                yield str(value["name"])
                yield from _of_criteria(value)
            else:
                yield from _of_criteria(value)


def read(path: Path) -> Catalogue:
    """The entries of a ``.po`` file, without its header. An unknown line is a ValueError."""
    entries: Catalogue = {}
    for block in path.read_text(encoding="utf-8").split("\n\n"):
        values: dict[str, str] = {}
        name, fuzzy = "", False
        for line in block.strip().splitlines():
            if line.startswith("#"):
                fuzzy = fuzzy or (line.startswith("#,") and "fuzzy" in line)
            elif match := re.match(r'(msg\w+(?:\[\d\])?) (".*")$', line):
                name = match[1]
                values[name] = ast.literal_eval(match[2])
            elif line.startswith('"'):
                values[name] += ast.literal_eval(line)
            else:
                raise ValueError(f"{path.name}: {line!r} is no line of a catalogue")
        if values.get("msgid"):
            translations = [values[key] for key in sorted(values) if key.startswith("msgstr")]
            text = values["msgid"]
            entries[text] = Entry(text, values.get("msgid_plural", ""), set(), translations, fuzzy)
    return entries


def _header(language: str) -> str:
    return (
        f"Language: {language}\nMIME-Version: 1.0\nContent-Type: text/plain; charset=UTF-8\n"
        f"Content-Transfer-Encoding: 8bit\nPlural-Forms: {LANGUAGES[language].plurals}\n"
    )


def written(language: str, entries: Catalogue) -> str:
    """A ``.po`` file: sorted by where a text stands first, so that what belongs together stands together."""
    blocks = [
        "\n".join(
            ["# Texts of pages. docs/developers/translations.md", 'msgid ""', _quoted("msgstr", _header(language))]
        )
    ]
    for entry in sorted(entries.values(), key=lambda each: (min(each.places), each.text)):
        lines = textwrap.wrap(" ".join(sorted(entry.places)), 100, break_long_words=False, break_on_hyphens=False)
        lines = [f"#: {line}" for line in lines]
        if "%(" in entry.text:
            lines.append("#, python-format")
        lines.append(_quoted("msgid", entry.text))
        if entry.plural:
            lines.append(_quoted("msgid_plural", entry.plural))
        given = entry.translations or [""] * len(entry.forms)
        names = [f"msgstr[{number}]" for number in range(len(given))] if entry.plural else ["msgstr"]
        lines += [_quoted(name, text) for name, text in zip(names, given, strict=True)]
        blocks.append("\n".join(lines))
    return "\n\n".join(blocks) + "\n"


def _quoted(name: str, text: str) -> str:
    def quote(part: str) -> str:
        return '"' + part.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t") + '"'

    if len(text) < 100 and "\n" not in text[:-1]:
        return f"{name} {quote(text)}"
    parts = [
        part for line in text.splitlines(keepends=True) for part in re.findall(r".{1,100}(?:\s|$)|.+", line, re.DOTALL)
    ]
    return "\n".join([f'{name} ""', *map(quote, parts)])


def merged(old: Catalogue, texts: Catalogue) -> Catalogue:
    """The texts found, with the translations that are there. A text that is gone takes its translation with it."""
    for text, entry in texts.items():
        kept = old.get(text)
        if kept is not None and len(kept.translations) == len(entry.forms):
            entry.translations, entry.fuzzy = kept.translations, kept.fuzzy
    return texts


def compiled(language: str, entries: Catalogue) -> bytes:
    """A ``.mo`` file (GNU gettext, little-endian, revision 0) of what is translated and not fuzzy."""
    pairs = {b"": _header(language).encode()}
    for entry in entries.values():
        if all(entry.translations) and entry.translations and not entry.fuzzy:
            pairs["\0".join(entry.forms).encode()] = "\0".join(entry.translations).encode()
    keys = sorted(pairs)
    start = 28 + 16 * len(keys)
    tables: list[tuple[int, int]] = []
    body = b""
    for text in [*keys, *(pairs[key] for key in keys)]:
        tables.append((len(text), start + len(body)))
        body += text + b"\0"
    head = struct.pack("<7I", 0x950412DE, 0, len(keys), 28, 28 + 8 * len(keys), 0, 0)
    return head + b"".join(struct.pack("<2I", *row) for row in tables) + body


def problems(language: str, entry: Entry) -> list[str]:
    """What is wrong with a translation, in words."""
    if entry.fuzzy:
        return ["it is marked fuzzy"]
    if len(entry.translations) != len(entry.forms):
        return ["a plural form is missing"]
    if not all(entry.translations):
        return ["it is not translated"]
    wrong = []
    for text, translation in zip(entry.forms, entry.translations, strict=True):
        wanted, given = sorted(MARKERS.findall(text)), sorted(MARKERS.findall(translation))
        if wanted != given and not (entry.plural and set(given) == set(MARKERS.findall(entry.plural))):
            wrong.append(f"it carries {given} where the text has {wanted}")
        if text[:1].isspace() != translation[:1].isspace() or text[-1:].isspace() != translation[-1:].isspace():
            wrong.append("it begins or ends with another space than the text")
        refused = LANGUAGES[language].refused
        if refused and re.search(refused, MARKERS.sub("", translation)):
            wrong.append(LANGUAGES[language].why)
    return wrong


def paths(language: str) -> tuple[Path, Path]:
    """The catalogue of a language and its compiled form."""
    folder = LANGUAGES[language].folder / "LC_MESSAGES"
    return folder / "django.po", folder / "django.mo"


def main() -> int:
    """Bring every catalogue up to date and say what is left to translate."""
    left = 0
    for language in LANGUAGES:
        source, target = paths(language)
        source.parent.mkdir(parents=True, exist_ok=True)
        entries = merged(read(source) if source.exists() else {}, found())
        source.write_text(written(language, entries), encoding="utf-8")
        target.write_bytes(compiled(language, entries))
        for entry in entries.values():
            for problem in problems(language, entry):
                left += 1
                sys.stdout.write(f"{language}: {entry.text[:80]!r}: {problem}\n")
        sys.stdout.write(f"{language}: {len(entries)} texts\n")
    return 1 if left else 0


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "orbweaver.platform.django_settings")
    with tempfile.TemporaryDirectory() as data_dir:
        os.environ["ORBWEAVER_DATA_DIR"] = data_dir
        sys.exit(main())
