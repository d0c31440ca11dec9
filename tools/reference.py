"""Write the reference pages from the code and its tables. A test fails when a page is out of date.

Run by ``make docs``. Needs no database.
"""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import os
import re
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

TOP = Path(__file__).parent.parent
DATA_DIR = "`/var/lib/orbweaver` for root, else `~/.local/share/orbweaver`"


def settings_page() -> str:
    """Every setting with default and meaning."""
    import django

    django.setup()  # which loads the channels, and with them their settings
    from orbweaver.platform.config import environment_name, groups

    lines = [
        "# Settings",
        "",
        "Environment over TOML file over defaults. `ORBWEAVER_CONFIG` names the TOML file; its keys are the names",
        "below without the prefix, in small letters. `orbweaver doctor` prints each with its value and source.",
        "Each group belongs to the folder of `src/orbweaver` that is named with it.",
    ]
    for group in groups():
        owner, words = group.owner(), _cell(inspect.getdoc(group) or "")
        title, _, about = words.partition(": ")
        lines += ["", f"## {title} (`{owner}`)", "", about[:1].upper() + about[1:]]
        lines += ["", "| setting | default | meaning |", "| --- | --- | --- |"]
        for name, field in group.model_fields.items():
            default = "none" if field.default in (None, "") else f"`{field.default}`"
            shown = DATA_DIR if field.default_factory else default
            lines.append(f"| `{environment_name(name)}` | {shown} | {_cell(field.description or '')} |")
    return "\n".join([*lines, ""])


def commands_page() -> str:
    """Every command with its arguments and options."""
    import typer

    from orbweaver.doors.cli import build

    lines = [
        "# Commands",
        "",
        "Exit codes: 0 all done, 1 an error, 2 wrong usage, 3 already running, 4 done in part, 6 a machine that was",
        "revoked (to start it again is of no use). With `--json` standard",
        "output holds JSON only; progress and notes go to standard error.",
    ]
    for path, command in _commands("orbweaver", typer.main.get_command(build())):
        lines += ["", f"## `{path}`", "", *_unwrapped(command.help or "")]
        rows = [row for parameter in command.params if (row := _parameter(parameter))]
        if rows:
            lines += ["", "| argument or option | meaning |", "| --- | --- |", *rows]
    return "\n".join([*lines, ""])


def _commands(path: str, command: Any) -> Iterator[tuple[str, Any]]:
    children = getattr(command, "commands", None)
    if children is None:
        yield path, command
        return
    for name in sorted(children):
        yield from _commands(f"{path} {name}", children[name])


def _parameter(parameter: Any) -> str | None:
    if "--help" in parameter.opts:
        return None
    names = parameter.opts if parameter.param_type_name == "option" else [parameter.name.upper()]
    return f"| {', '.join(f'`{name}`' for name in names)} | {_cell(getattr(parameter, 'help', '') or '')} |"


def _unwrapped(text: str) -> list[str]:
    paragraphs = [" ".join(part.split()) for part in inspect.cleandoc(text).split("\n\n")]
    return "\n\n".join(paragraphs).splitlines()


def endpoints_page() -> str:
    """Every address with what it is for, and the API's from its own description."""
    import django

    django.setup()
    from orbweaver.doors.api import abuse_signal, v1
    from orbweaver.doors.web.urls import urlpatterns

    rows = [f"| `/{path}` | {_cell(words)} |" for path, words in _views("", urlpatterns)]
    calls = []
    for prefix, api in (("/abuse-signal/", abuse_signal.api), ("/api/v1/", v1.api)):
        for path, methods in api.get_openapi_schema(path_prefix=prefix)["paths"].items():
            for method, call in methods.items():
                calls.append(f"| {method.upper()} `{path}` | {_cell(call.get('description', ''))} |")
    return "\n".join(
        [
            "# Addresses",
            "",
            "## API",
            "",
            "`Authorization: Bearer owk_…` with a key of `orbweaver keys create`. The machine-readable description is",
            '`/api/v1/openapi.json`. Errors are `{"code": …, "detail": …}`.',
            "",
            "| call | what it does |",
            "| --- | --- |",
            *calls,
            "",
            "## Pages",
            "",
            "| page | what it is for |",
            "| --- | --- |",
            *sorted(rows),
            "",
        ]
    )


def _views(prefix: str, patterns: Iterable[Any]) -> Iterator[tuple[str, str]]:
    for path, pattern in _patterns(prefix, patterns):
        view = inspect.unwrap(pattern.callback)
        yield path, (inspect.getdoc(view) or "").split("\n\n")[0].replace("\n", " ")


def _patterns(prefix: str, patterns: Iterable[Any]) -> Iterator[tuple[str, Any]]:
    for pattern in patterns:
        path = prefix + _plain(str(pattern.pattern))
        if hasattr(pattern, "url_patterns"):
            yield from _patterns(path, pattern.url_patterns)
        else:
            yield path, pattern


def _plain(pattern: str) -> str:
    """A route or a regular expression as ``items/<public_id>/``."""
    named = re.sub(r"\(\?P<(\w+)>[^)]*\)", r"<\1>", pattern)
    return re.sub(r"<(?:\w+:)?(\w+)>", r"<\1>", named).strip("^$").replace("\\.", ".")


def access_page() -> str:
    """Who may open each page and make each call, as the addresses and their decorators say."""
    import django

    django.setup()
    from orbweaver.people.accounts.rules import Role

    roles = list(Role)
    rows = page_rows()
    lines = [
        "# Who may open what",
        "",
        "Written from the addresses and what each needs (`web/frame/access.py`, `accounts/rules.py`, `api/access.py`).",
        "`tests/integration/doors/web/test_access.py` has the same table written by hand and opens every address with",
        "every role; an address that is not in it fails the test.",
        "",
        "## Pages",
        "",
        "GET shows, POST changes. Whoever is not signed in is asked to sign in; whoever may not gets 403.",
        "Besides a role, assessing needs current training and a vetted organisation (`people.md`).",
        "",
        f"| page | | {' | '.join(role.value.replace('_', ' ') for role in roles)} |",
        f"| --- | --- | {' | '.join(':---:' for _ in roles)} |",
    ]
    for path, method, _, allowed in rows:
        if allowed is not None and allowed != frozenset(roles):
            cells = ["yes" if role in allowed else "" for role in roles]
            lines.append(f"| `/{path}` | {method} | {' | '.join(cells)} |")
    for title, which in (("Open to all who are signed in", frozenset(roles)), ("Open to anybody", None)):
        pages = [f"{method} `/{path}`" for path, method, _, allowed in rows if allowed == which]
        lines += ["", f"{title}: {', '.join(pages)}."]
    lines += ["", f"To whoever has a bound role (ADR 39) nothing else is there than: {', '.join(_when_bound())}."]
    lines += [
        "",
        "## Calls",
        "",
        "A role opens none of them, and a sign-in neither: a call needs a key that has the scope. Keys belong to an",
        "organisation; who may use the terminal of the system makes them (`orbweaver keys create`).",
        "",
        "| call | | scope of the key |",
        "| --- | --- | --- |",
        *(f"| `/{path}` | {method} | {scope or 'none: open to anybody'} |" for path, method, _, scope in call_rows()),
        "",
    ]
    return "\n".join(lines)


def page_rows() -> list[tuple[str, str, str, frozenset[Any] | None]]:
    """Each page and method: path, method, name, and the roles that may (None: anybody, signed in or not)."""
    from orbweaver.doors.web.urls import urlpatterns
    from orbweaver.people.accounts.rules import ROLE_PERMISSIONS, Role

    rows = []
    for path, pattern in _patterns("", urlpatterns):
        for method in _methods(pattern.callback):
            view = pattern.callback
            if not hasattr(view, "needs"):
                rows.append((path, method, pattern.name, None))
                continue
            asked = {view.needs, view.to_change if method == "POST" else None} - {None}
            roles = frozenset(role for role in Role if asked <= ROLE_PERMISSIONS[role])
            rows.append((path, method, pattern.name, roles))
    return sorted(rows, key=lambda row: row[:2])


def _when_bound() -> list[str]:
    """The pages that keep to what a role is bound to, and those of one's own account."""
    from orbweaver.doors.web.urls import urlpatterns

    there = _patterns("", urlpatterns)
    return [f"`/{path}`" for path, pattern in there if getattr(pattern.callback, "when_bound", False)]


def call_rows() -> list[tuple[str, str, str, str | None]]:
    """Each call of the API and its method: path, method, name, and the scope that a key needs (None: open)."""
    from orbweaver.doors.urls import urlpatterns

    found = []
    for resolver in (each for each in urlpatterns if getattr(each, "app_name", None) == "ninja"):
        scopes = _scopes_of(resolver.namespace)
        for path, pattern in _patterns(str(resolver.pattern), resolver.url_patterns):
            for method, scope in scopes.get(pattern.name, [("GET", None)]):
                found.append((path, method, f"{resolver.namespace}:{pattern.name}", scope))
    return sorted(found, key=lambda row: row[:2])


def _scopes_of(namespace: str) -> dict[str, list[tuple[str, str | None]]]:
    """Name of a call → its methods, each with the scope that one of its kinds of key needs."""
    from orbweaver.doors.api import abuse_signal, v1

    (api,) = (each for each in (v1.api, abuse_signal.api) if each.urls_namespace == namespace)
    scopes: dict[str, list[tuple[str, str | None]]] = {}
    for _, router in api._routers:
        for operation in (each for view in router.path_operations.values() for each in view.operations):
            (scope,) = {auth.scope.value for auth in operation.auth_callbacks} or {None}
            name = operation.view_func.__name__
            scopes.setdefault(name, []).extend((method, scope) for method in operation.methods)
    return scopes


def _methods(view: Any) -> list[str]:
    """What ``require_http_methods`` lets through."""
    while view is not None:
        allowed = inspect.getclosurevars(view).nonlocals.get("request_method_list")
        if allowed:
            return sorted({"GET" if method in ("GET", "HEAD") else method for method in allowed})
        view = getattr(view, "__wrapped__", None)
    return ["GET"]


def mappings_page() -> str:
    """Every row of the mappings to other schemes, with what is lost."""
    from orbweaver.assess.criteria.schemes import tables

    lines = [
        "# Mappings to other schemes",
        "",
        "Written from `src/orbweaver/assess/criteria/mappings/`. `exact`: the same is meant, and what is",
        "written comes back",
        "as it was in all that the scheme speaks of. `lossy`: something is lost or stretched. `none`: there is no word",
        "for it, and none is guessed. Rows are tried from the top; the first that fits is the one. Where a row names",
        "ages or an age class and the estimate leaves it, the youngest governs and even an exact row is `lossy`.",
        "Sub-type b is never passed on in any scheme: it is a verdict on a sighting (R32). The date is the day on",
        "which a table was made from its sources.",
    ]
    for table in (each for name, each in tables().items() if name == each.names[0]):
        lines += ["", f"## {table.title}", "", f"Scheme: {', '.join(f'`{name}`' for name in table.names)}."]
        lines += [f"Source: {_cell(source)}." for source in table.sources.values()] + [f"As of {table.as_of}."]
        if table.read:
            lines += ["", "| theirs | means here | | what is lost |", "| --- | --- | --- | --- |"]
            lines += [_mapping(row, f"`{row.code}`", _conditions(row.means)) for row in table.read]
        lines += ["", "| ours | is written there as | | what is lost |", "| --- | --- | --- | --- |"]
        lines += [
            _mapping(row, _conditions(row.when) or "anything else", f"`{row.code}`" if row.code else "")
            for row in table.write
        ]
    return "\n".join([*lines, ""])


def _mapping(row: Any, one: str, other: str) -> str:
    other = other or ("nothing" if row.fidelity == "none" else "not known")
    return f"| {one} | {other} | {row.fidelity} | {_cell(row.note)} |"


def _conditions(given: Any) -> str:
    """What a row asks for or says, such as ``csam, prepubescent``."""
    parts = []
    for name, value in given.model_dump(exclude_defaults=True).items() if given else ():
        if name == "age":
            parts.append(f"{value[0]} to {value[1]} years")
        elif name == "baseline":
            parts.append("baseline" if value else "not baseline")
        elif isinstance(value, tuple):
            parts.append(" or ".join(f"{'age ' if each == 'unknown' else ''}{each}" for each in value))
        else:
            parts.append(str(value))
    return ", ".join(parts)


HEADLINE = re.compile(r"(<!-- the headline, by make docs -->\n).*?(<!-- end of the headline -->\n)", re.DOTALL)


def figures_page() -> str:
    """The page about the figures as it is, with the table of the headline written anew."""
    from orbweaver.account_for.transparency.headline import HEADLINES

    rows = []
    for each in HEADLINES:
        tallies = ", ".join(f"`{name}`" for name in each.tallies)
        rows.append((f"`{each.key}`", each.name, each.exactly, each.leaves_out, tallies))
    head = "key|on the page|counts|leaves out|[tally](../developers/tallies.md)"
    text = (TOP / "docs/domain/figures.md").read_text(encoding="utf-8")
    table = "\n".join(_table("", head, rows)[3:])
    return HEADLINE.sub(lambda found: f"{found[1]}{table}\n{found[2]}", text)


def tallies_page() -> str:
    """What counts in each public figure, in the order in which one is made."""
    import django

    django.setup()
    from orbweaver.account_for.transparency.counted import Distinct
    from orbweaver.account_for.transparency.counting import condition
    from orbweaver.account_for.transparency.figures import ADDRESS, ADDRESSES, FIGURES, PARTS

    rows, made = [], []
    for figure in FIGURES:
        distinct = isinstance(figure, Distinct)
        by = [f"different `{figure.of}`"] if distinct else [f"`{each}`" for each in figure.by]
        if not distinct and figure.provider != "0":
            by.insert(0, "provider")
        which = condition(figure)
        which = "all" if which == "true" else f"`{which}`"
        cells = (f"`{figure.name}`", figure.says, f"`{figure.rows.table}`", which, ", ".join(by))
        (made if figure.rows is ADDRESSES else rows).append(cells)
    parts = [(f"`{part.rows.table}`", ", ".join(f"`{each}`" for each in part.columns) or "any") for part in PARTS]
    head = "tally|what it counts|rows of|which|by"
    return "\n".join(
        [
            "# What counts in a figure",
            "",
            "Written from `src/orbweaver/account_for/transparency/figures.py`, where each is said once, in the order",
            "in which a figure is made: rows → triggers (`triggers.py`) → tallies (`folding.py`) → tables",
            "(`datasets.py`). What the public sees of it: [figures](../domain/figures.md). How it is kept up to date:",
            "[figures at scale](figures.md). `r` is the row; it counts from the moment on that is not empty.",
            *_table("Rows that count by themselves", head, rows),
            "",
            "Counted in the statement's own transaction, as a difference that the worker adds to the tally. `verified`",
            "is worked out anew for the media whose verdicts changed.",
            *_table("What a notified address is", "column|where it comes from", _address_rows(ADDRESS)),
            "",
            "`g` is all that is about the address, `f` and `v` are the notice and the verdict that it counts by.",
            *_table("What makes it be worked out anew", "rows of|when one of these changes", parts),
            *_table("What an address counts in", head, made),
            "",
        ]
    )


def _address_rows(columns: Mapping[str, str]) -> list[tuple[str, str]]:
    return [(f"`{name}`", f"`{expression}`") for name, expression in columns.items()]


RULE_TABLES: tuple[str, ...] = (
    "# Tables of rules",
    "",
    "Written from the tables and `src/orbweaver/doors/rule_tables.py`. By these the program tells what a page",
    "says, whom a notice goes to, what a provider is like. Each is data with a version, a day, a source and an",
    "owner, and an administrator and a second person can have another version hold.",
    "",
    "- **A version names one text for good.** It stands in the head of the file (`version`, `as_of`, `source`,",
    "  `owner`). Where rows of your own lie over ours the name has both: `2026-11+own-1`. Another text under a",
    "  name that was in force is refused.",
    "- **Your own**: rows over ours (`orbweaver rules override`; a row of the same name takes the place of",
    "  ours, an update still brings the others) or a whole table (`orbweaver rules import`). `orbweaver rules",
    "  diff` shows each value that would differ. `unknown` stays unknown, and takes back what ours says.",
    "- **Two people.** A command keeps a proposal and nothing more. On *Audit → Tables of rules* an",
    "  administrator asks for it and a second person agrees, with every difference before their eyes; where",
    "  nobody else could agree it takes a day after everybody was told; before anybody has looked at an item",
    "  it holds at once. What runs follows within seconds.",
    "- **What was decided before does not move.** Rows of the past are never worked out again by another",
    "  version; what is decided from then on names the new one. `orbweaver rules show TABLE --version NAME`",
    "  reads what a name said, also after an update.",
    "- **A bad row changes nothing.** It is refused with its line and what is wrong; so are signs that nobody",
    "  sees, numbers that no calendar has, and a whole table that is named as ours are.",
    "- **Files of one machine** (`ORBWEAVER_JURISDICTION_ROWS`, `ORBWEAVER_RECHECK_RULES`,",
    "  `ORBWEAVER_REMINDER_POLICY`, `ORBWEAVER_ESCALATION_POLICY`) have nobody's second word. They count only",
    "  as long as no version of the table was brought into force; they do not come back where two people agree",
    "  that what comes with the program holds again.",
)


def rule_tables_page() -> str:
    """Every table of rules that comes with the program."""
    from orbweaver.doors.rule_tables import TABLES

    rows = [
        (f"`{table.name}`", f"`{table.file}`", head.version, head.as_of, head.owner, head.source)
        for table in TABLES.values()
        for head in [table.packaged[0]]
    ]
    kept = [(f"`{name}`", KEPT_BY[name]) for name in TABLES]
    return "\n".join(
        [
            *RULE_TABLES,
            *_table("What comes with the program", "table|file|version|as of|owner|source", rows),
            *_table("What names the version", "table|kept by", kept),
            "",
        ]
    )


KEPT_BY = {
    "laws": "The page that shows it (item, notice). Nothing is decided by it.",
    "duties": "Each message whose letter tells of a duty; the letter has source and day.",
    "hotlines": "Each notice whose route was asked of it: one that is hosted abroad.",
    "spectrum": "The provider's conduct, and the audit event of each change of it.",
    "chart": "The chart is always of now, by the version in force; its page names it.",
    "pages": "Each observation of a recheck.",
    "commerce": "Each sign at a host, by the version that told it first.",
    "cadence": "Each message, by what its letter says of the next reminder; each notice, by what counts its next day.",
    "escalation": "Each step, and its audit event.",
    "cover": "The figure is always of now, by the version in force.",
    "kinds": "Each site whose kind it told; none where a person said it.",
    "queries": "Nothing yet: the address of a notice stays as it was written.",
    "cdns": "Nothing: networks are kept with their providers once imported.",
}


def jurisdictions_page() -> str:
    """Every row about a country."""
    from orbweaver.notify.jurisdictions.tables import packaged

    found = packaged()
    duties = [
        (", ".join(row.countries), row.notice_type, row.answer, f"{row.law}. {row.note}", row.as_of)
        for row in found.duties
    ]
    hotlines = [
        (row.country, row.name, row.csam, row.harmful_abusive, row.source, row.as_of)
        for row in sorted(found.hotlines, key=lambda each: each.country)
    ]
    laws = [(row.country, row.kind, row.illegal, f"{row.law}. {row.note}", row.as_of) for row in found.laws]
    return "\n".join(
        [
            "# Countries: duties to report, hotlines, national law",
            "",
            "Written from `src/orbweaver/notify/jurisdictions/`, whose rows come from general public knowledge:",
            "have one",
            "checked before relying on it. What has no row is unknown, which is never read as no. Nothing here",
            "changes a verdict or delays a notice.",
            *_table(
                "Must a hosting provider report to an authority? (R38)", "countries|notice type||law|as of", duties
            ),
            *_table(
                "Hotlines, and which notices they take as a referral (R42)",
                "country|hotline|csam|harmful_abusive|source|as of",
                hotlines,
            ),
            *_table(
                "Is it an offence to distribute such material? Kinds: the category csam, and the sub-types (R67)",
                "country|kind||law|as of",
                laws,
            ),
            "",
        ]
    )


NEXT_STEPS = {
    "ConfigurationError": "Put the setting right that it names; `orbweaver doctor` shows all.",
    "AlreadyRunning": "Use or stop the one that runs, or set `ORBWEAVER_DATA_DIR` to another folder.",
    "InvalidInput": "Put right what was sent, then send it again.",
    "NotAllowed": "Ask the administrator, or do what the message names first.",
    "Conflict": "Look at it anew, then decide again.",
    "Unavailable": "Try again later; the message names what does not answer.",
    "OrbweaverError": "Do what the message says; the log has more.",
}
"""By the class that an error hangs on: what to do next."""


def errors_page() -> str:
    """Every code of an error, and every message with its own."""
    found = messages()
    rows = [f"| `{kind.code}` | {_cell(_first(kind))} | {_cell(_next(kind))} |" for kind in error_kinds()]
    lines = [
        "# Errors and messages",
        "",
        "Written from the code. An error has a code, which says what kind it is: scripts and the API may rely on it,",
        "and a terminal shows it before the words. What it says is a message with a code of its own and what stands in",
        "its placeholders; so are reasons and findings that are kept or shown. Pages show a message in the language of",
        "the reader, a terminal and the log in English. Codes stay; words may change.",
        "",
        "## Kinds of errors",
        "",
        "Codes of a fetch (below, without `fetching.`) and of a file that has no fingerprint (without `fingerprints.`)",
        "stand for their errors, too.",
        "",
        "| code | meaning | what to do next |",
        "| --- | --- | --- |",
        *rows,
    ]
    for folder in sorted({each.code.rpartition(".")[0] for each in found}):
        rows = [
            f"| `{each.code}` | {_cell(_pointed(each))} |" for each in found if each.code.rpartition(".")[0] == folder
        ]
        title = (folder or "any room").replace("_", " ").capitalize()
        lines += ["", f"## {title}", "", "| code | what it says |", "| --- | --- |", *rows]
    return "\n".join([*lines, ""])


def messages() -> list[Any]:
    """Every message that the code declares, by its code."""
    from orbweaver.errors import Message

    found = [each for module in declaring_modules() for each in vars(module).values()]
    declared = {each.code: each for each in found if isinstance(each, Message)}
    return [declared[code] for code in sorted(declared)]


def declaring_modules() -> list[Any]:
    """The modules that declare messages or kinds of errors."""
    import django

    django.setup()
    source = TOP / "src"
    declares = re.compile(r"^\w+(: Final)? = Message\(|^    code = \"", re.MULTILINE)
    paths = [each for each in sorted((source / "orbweaver").rglob("*.py")) if declares.search(each.read_text("utf-8"))]
    names = [".".join(each.relative_to(source).with_suffix("").parts).removesuffix(".__init__") for each in paths]
    return [importlib.import_module(name) for name in names]


def error_kinds() -> list[Any]:
    """Every class of the tree of errors, by its code; one that takes its parent's code is left out."""
    from orbweaver.errors import OrbweaverError

    found = {each for module in declaring_modules() for each in vars(module).values() if isinstance(each, type)}
    ours = [each for each in found if issubclass(each, OrbweaverError) and "code" in vars(each)]
    return sorted(ours, key=lambda kind: kind.code)


def _next(kind: Any) -> str:
    return next(NEXT_STEPS[each.__name__] for each in kind.__mro__ if each.__name__ in NEXT_STEPS)


def _first(kind: Any) -> str:
    return (inspect.getdoc(kind) or "").split("\n\n")[0]


def _pointed(message: Any) -> str:
    """The text with its placeholders in pointed brackets."""
    return re.sub(r"%\((\w+)\)s", r"‹\1›", message.text)


def _table(title: str, head: str, rows: Iterable[tuple[object, ...]]) -> list[str]:
    columns = head.split("|")
    lines = [f"| {' | '.join(_cell(str(value)) for value in row)} |" for row in rows]
    return ["", f"## {title}", "", f"| {' | '.join(columns)} |", f"| {' | '.join('---' for _ in columns)} |", *lines]


def flow_page() -> str:
    """What follows from what."""
    return str(_flow().page())


def flow_picture() -> str:
    """The same, drawn."""
    return str(_flow().picture())


def _flow() -> ModuleType:
    """``flow.py`` beside this file, whichever way this one was loaded."""
    import django

    django.setup()
    spec = importlib.util.spec_from_file_location("flow", TOP / "tools" / "flow.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["flow"] = module  # its dataclasses look for it there
    spec.loader.exec_module(module)
    return module


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


PAGES = {
    "docs/operators/configuration.md": settings_page,
    "docs/operators/commands.md": commands_page,
    "docs/developers/addresses.md": endpoints_page,
    "docs/developers/flow.md": flow_page,
    "docs/developers/flow.svg": flow_picture,
    "docs/developers/tallies.md": tallies_page,
    "docs/domain/figures.md": figures_page,
    "docs/domain/access.md": access_page,
    "docs/domain/mappings.md": mappings_page,
    "docs/domain/jurisdictions.md": jurisdictions_page,
    "docs/domain/rule-tables.md": rule_tables_page,
    "docs/reference/errors.md": errors_page,
}


def main() -> None:
    """Write all pages."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["ORBWEAVER_DATA_DIR"] = folder
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "orbweaver.platform.django_settings")
        for name, page in PAGES.items():
            (TOP / name).write_text(page(), encoding="utf-8")
            sys.stderr.write(f"{name}\n")


if __name__ == "__main__":
    main()
