"""What scripts rely on: commands, their options, and the keys of what they print with ``--json``, as ``contract.json``
has them. Each command is run. What stands there stays; ``RECORD=1`` with this test writes what is new into it.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import pkgutil
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import typer
from click.testing import CliRunner
from PIL import Image
from tests.unit.test_rule_tables import HEAD, TestLaws

from orbweaver.doors import cli
from orbweaver.doors.cli import build
from orbweaver.notify.police.models import Force
from orbweaver.platform.clock import now

pytestmark = pytest.mark.django_db(transaction=True)

TABLE = Path(__file__).with_name("contract.json")
MD5 = "01" * 16
RUNS = (
    "providers add Host --domain host.example --network 192.0.2.0/24 --country fr --json",
    "providers contact Host abuse@host.example --json",
    "providers list --json",
    "providers hold --reason Talks --provider Host --json",
    "providers holds --json",
    "providers lift {hold} --json",
    "lists import {folder}/list.csv --list Known --supplier Police --json",
    "lists show Known --json",
    "lists show --json",
    "lists set-radius Known 20 --json",
    f"lists set-state Known md5 {MD5} disputed --reason Wrong --json",
    "lists export Known --output {folder}/out.csv --json",
    "exchanges add Theirs --protocol ncmec --address ngo --supplier They --credentials {folder}/secrets --json",
    "exchanges list --json",
    "exchanges pause Theirs --json",
    "exchanges resume Theirs --json",
    "exchanges change Theirs --every 30 --json",
    "exchanges set-credentials Theirs --credentials {folder}/secrets --json",
    "keys create filter --organisation Client --json",
    "agreements add Client --title Membership --json",
    "agreements list --json",
    "agreements end {agreement} --because Over --json",
    "keys show --json",
    "keys replace {key} --json",
    "keys revoke {key} --json",
    "report https://host.example/page --comment Seen --json",
    "sites list --json",
    "sites off --everything --json",
    "sites on --everything --json",
    "notices status --json",
    "notices pause --reason Holidays --json",
    "notices resume --json",
    "criteria show --json",
    "figures --json",
    "team --json",
    "copies status --json",
    "copies rebuild --json",
    "copies match --references {pictures} --queries {pictures} --json",
    "audit verify --json",
    "retention --json",
    "police said {folder}/said.csv --force Force --json",
    "policy set crawl_host_delay_s=2 --json",
    "policy show --json",
    "rules list --json",
    "rules show laws --json",
    "rules diff laws {folder}/laws.toml --over --json",
    "rules import laws {folder}/laws.toml --why Counsel --over --json",
    "rules override laws {folder}/laws.toml --why Counsel --json",
    "capacity --images-per-day 1000000 --json",
)
"""Every command that prints JSON and needs no network, no index and no second machine, in an order that they allow."""


@pytest.fixture(autouse=True)
def _the_tests_own_database(monkeypatch: pytest.MonkeyPatch) -> None:
    @contextlib.contextmanager
    def opened(**_: object) -> Iterator[None]:
        yield

    for each in pkgutil.iter_modules(cli.__path__):
        module = importlib.import_module(f"{cli.__name__}.{each.name}")
        if hasattr(module, "open_session"):
            monkeypatch.setattr(module, "open_session", opened)


@cache
def program() -> Any:
    """``orbweaver``, put together once: that takes as long as most commands."""
    return typer.main.get_command(build())


def commands(path: str, command: Any) -> Iterator[tuple[str, Any]]:
    """Every command with the words that call it."""
    if hasattr(command, "commands"):
        for name, inner in sorted(command.commands.items()):
            yield from commands(f"{path} {name}".strip(), inner)
    else:
        yield path, command


def options() -> dict[str, list[str]]:
    """What each command takes: its options, and its arguments in their order."""
    return {
        path: [
            name
            for each in command.params
            for name in (each.opts if each.param_type_name == "option" else [each.name.upper()])
            if name not in ("-h", "--help")
        ]
        for path, command in commands("", program())
    }


def keys(value: Any, path: str = "") -> set[str]:
    """The keys of an object, and of objects in a list of it; what stands deeper may depend on what there is."""
    found = set()
    for key, inner in value.items() if isinstance(value, dict) else ():
        found.add(f"{path}{key}")
        for each in inner if isinstance(inner, list) else ():
            found |= {f"{path}{key}[].{name}" for name in each} if isinstance(each, dict) else set()
    return found


def recorded() -> dict[str, dict[str, list[str]]]:
    table: dict[str, dict[str, list[str]]] = json.loads(TABLE.read_text(encoding="utf-8"))
    return table


def printed(folder: Path) -> dict[str, list[str]]:
    """Run the commands one after the other: what each prints, as keys."""
    (folder / "list.csv").write_text(f"kind,value,classification\nmd5,{MD5},csam\n")
    (folder / "secrets").write_text("username=they\npassword=secret\n")
    (folder / "said.csv").write_text("sha256,said,on\n")
    (folder / "laws.toml").write_text(HEAD + TestLaws.own)
    Force.objects.create(name="Force", country="FR", added_at=now())
    pictures = folder / "pictures"
    pictures.mkdir()
    Image.radial_gradient("L").save(pictures / "one.png")
    known = {"folder": str(folder), "hold": "", "key": "", "agreement": "", "pictures": str(pictures)}
    found = {}
    for words in RUNS:
        name = words.split(" {")[0]
        done = CliRunner().invoke(program(), words.format(**known).split())
        assert done.exit_code == 0, (words, done.output, done.exception)
        lines = [json.loads(line) for line in done.stdout.splitlines()]
        found[name] = sorted({key for line in lines for key in keys(line)})
        for line in lines:
            known |= {"hold": line["hold"]} if words.startswith("providers hold ") else {}
            known |= {"key": line["id"]} if words.startswith("keys show") else {}
            known |= {"agreement": line["id"]} if words.startswith("agreements add") else {}
    return found


def lost(before: dict[str, list[str]], after: dict[str, list[str]]) -> list[tuple[str, str]]:
    return [(name, each) for name, known in before.items() for each in known if each not in after.get(name, ())]


def test_commands_options_and_keys_are_as_scripts_know_them(tmp_path: Path) -> None:
    found = {"options": options(), "keys": printed(tmp_path)}
    if os.environ.get("RECORD"):
        TABLE.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    before = recorded()
    assert lost(before["options"], found["options"]) == []
    assert lost(before["keys"], found["keys"]) == []
    assert found["options"].keys() - before["options"].keys() == set(), "new: RECORD=1 adds it to contract.json"


def test_the_table_covers_every_command_that_prints_json_here() -> None:
    of_run = {path for path in options() for words in RUNS if words.startswith(path + " ")}
    elsewhere = {path for path, taken in options().items() if "--json" in taken} - of_run
    others = "audit backup bench crawl criteria database demo doctor evidence fingerprint ledger lists migrate notices"
    assert {path.split()[0] for path in elsewhere} <= {
        *others.split(),
        "copies-worker",
        "exchanges",
        "join",
        "machines",
        "people",
        "providers",
        "restore",
        "restored",
        "rules",  # "back" needs a version that is in force
        "scan",
        "sites",
        "up",
        "worker",
    }


def test_what_is_lost_is_seen() -> None:
    assert lost({"up": ["--port", "--only"]}, {"up": ["--port"]}) == [("up", "--only")]
    assert lost({"up": ["--port"]}, {}) == [("up", "--port")]
    assert lost({"up": ["--port"]}, {"up": ["--only", "--port"]}) == []
    assert keys({"a": 1, "b": [{"c": 1}], "d": {"e": 1}}) == {"a", "b", "b[].c", "d"}
