"""Units and container files: systemd's own tool reads them, and what they run is a command of the program."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml

from orbweaver.doors.cli import build
from orbweaver.doors.cli.output import ExitCode
from orbweaver.doors.workers.crawl import END_WITHIN_S
from orbweaver.platform.config import environment_name, names
from orbweaver.platform.runtime.doctor import INTERNAL
from orbweaver.platform.runtime.installation import GRACE_S, PARTS
from orbweaver.platform.runtime.supervisor import Component

CHART = Path(__file__).parents[2] / "deploy" / "helm" / "orbweaver"
DEPLOY = Path(__file__).parents[2] / "deploy"
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))
PROGRAM = "/opt/orbweaver/.venv/bin/orbweaver"


def commands() -> list[list[str]]:
    """What is run, without the program's own name, by the file that says so."""
    started = [re.findall(rf"^ExecStart={PROGRAM} (.*)$", unit.read_text("utf-8"), re.MULTILINE) for unit in UNITS]
    image = re.findall(r"^CMD (\[.*\])$", (DEPLOY / "container" / "Dockerfile").read_text("utf-8"), re.MULTILINE)
    composed = re.findall(
        r"^    command: \[(.*)\]$", (DEPLOY / "container" / "compose.yaml").read_text("utf-8"), re.MULTILINE
    )
    found = [*(shlex.split(line) for lines in started for line in lines), *map(json.loads, image)]
    charted = [each["args"] for pod in pods().values() for each in every(pod) if "args" in each]
    return [*found, *(line.split(", ") for line in composed), *charted]


def rendered() -> list[dict[str, Any]]:
    """What the chart asks for. Its templates hold places of plain values and nothing else, so that they are filled in
    here as helm does."""
    values = yaml.safe_load((CHART / "values.yaml").read_text("utf-8"))

    def value(place: re.Match[str]) -> str:
        found = values
        for name in place[1].split("."):
            found = found[name]
        return str(found)

    texts = [path.read_text("utf-8") for path in sorted((CHART / "templates").glob("*.yaml"))]
    filled = [re.sub(r"\{\{ \.Values\.([\w.]+) \}\}", value, text) for text in texts]
    assert not [text for text in filled if ".Values" in text]
    return [each for text in filled for each in yaml.safe_load_all(text)]


def pods() -> dict[str, dict[str, Any]]:
    """The pods of the chart, by name."""
    return {each["metadata"]["name"]: each["spec"]["template"]["spec"] for each in sets().values()}


def every(pod: dict[str, Any]) -> list[dict[str, Any]]:
    """Its containers, those first that end before the others begin."""
    return [*pod.get("initContainers", []), *pod["containers"]]


def sets() -> dict[str, dict[str, Any]]:
    """What makes pods in the chart, by name."""
    return {each["metadata"]["name"]: each for each in rendered() if each["kind"] == "StatefulSet"}


def test_each_of_them_runs_a_command_that_there_is_with_options_that_it_has() -> None:
    application = typer.main.get_command(build())
    assert isinstance(application, typer.core.TyperGroup)
    assert len(commands()) == len(UNITS) + 5
    for words in commands():
        command = application.commands[words[0]]
        command.make_context(words[0], words[1:])


def test_a_part_is_not_killed_before_it_had_the_time_that_it_may_take_to_end() -> None:
    graces = {name: GRACE_S.get(name, Component.grace_s) for name in PARTS}
    assert graces["crawl-worker"] > END_WITHIN_S
    for unit in UNITS:
        [timeout] = re.findall(r"^TimeoutStopSec=(\d+)$", unit.read_text("utf-8"), re.MULTILINE)
        assert int(timeout) > max(graces.values())
    assert all(pod["terminationGracePeriodSeconds"] > max(graces.values()) for pod in pods().values())


def test_a_machine_that_was_revoked_is_not_started_again_and_again() -> None:
    unit = (DEPLOY / "systemd" / "orbweaver-crawl.service").read_text("utf-8")
    [codes] = re.findall(r"^RestartPreventExitStatus=(.*)$", unit, re.MULTILINE)
    assert set(map(int, codes.split())) == {ExitCode.USAGE, ExitCode.SHUT_OUT}


def test_systemd_finds_nothing_wrong_with_the_units(tmp_path: Path) -> None:
    tool = shutil.which("systemd-analyze")
    if tool is None:
        pytest.skip("systemd-analyze is not here")
    for unit in UNITS:
        # the program lies elsewhere here, and systemd looks whether it can be run
        (tmp_path / unit.name).write_text(unit.read_text("utf-8").replace(PROGRAM, sys.executable), "utf-8")
    units = [str(tmp_path / unit.name) for unit in UNITS]
    done = subprocess.run([tool, "verify", "--man=no", *units], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_each_pod_of_the_chart_has_its_volumes_its_walls_and_probes_of_a_port_that_it_opens() -> None:
    for name, pod in pods().items():
        there = {each["name"] for each in pod["volumes"]}
        there |= {each["metadata"]["name"] for each in sets()[name]["spec"]["volumeClaimTemplates"]}
        for each in every(pod):
            assert {mount["name"] for mount in each["volumeMounts"]} <= there
            assert each["securityContext"]["readOnlyRootFilesystem"]
            assert each["securityContext"]["capabilities"] == {"drop": ["ALL"]}
        for each in pod["containers"]:
            ports = {port["name"] for port in each["ports"]}
            asked = {kind: each[f"{kind}Probe"]["httpGet"] for kind in ("startup", "liveness", "readiness")}
            assert {probe["port"] for probe in asked.values()} <= ports
            assert [probe["path"] for probe in asked.values()] == ["/healthz", "/healthz", "/readyz"]


def test_crawlers_of_the_chart_are_given_nothing_that_is_secret_but_their_token() -> None:
    pod = pods()["orbweaver-crawl"]
    [crawler] = pod["containers"]
    assert "envFrom" not in crawler
    known = {environment_name(field) for field in names()} | INTERNAL
    assert {each["name"] for each in crawler["env"]} <= known
    [join] = pod["initContainers"]
    assert [mount["name"] for mount in crawler["volumeMounts"] if mount["name"] == "tokens"] == []
    assert "orbweaver join" in join["command"][-1]
    assert pods()["orbweaver"]["containers"][0]["envFrom"][0]["secretRef"]["name"]


def test_the_hotline_of_the_chart_is_one() -> None:
    assert sets()["orbweaver"]["spec"]["replicas"] == 1


def test_the_hotlines_pod_brings_the_tables_up_to_date_before_it_begins_with_the_same_settings() -> None:
    pod = pods()["orbweaver"]
    [first], [then] = pod["initContainers"], pod["containers"]
    assert first["args"] == ["migrate"]
    assert (first["envFrom"], first["env"]) == (then["envFrom"], then["env"])
