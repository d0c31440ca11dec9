"""One case from the crawl to the court: captured, referred, identified, notified anew, and verified where there is
neither Orbweaver nor a network, by the words that go with it."""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pyrage
import pytest
from tests.acceptance.crew import CSAM, Crew, decide, lead, waiting
from tests.acceptance.people import Page
from tests.acceptance.system import System, installed, wait_for
from tests.acceptance.world import Letter, Mail, Web, contact, list_of, provider, providers_table, sha256, still
from tests.stamp_authority import Authority

pytestmark = pytest.mark.timeout(1200)
HOST, PICTURE = 71, 0
SERIES = "S71"
UNKNOWN = re.compile(r"identified by law enforcement: not known to be", re.I)
DOCUMENT = Path(__file__).parents[2] / "docs" / "domain" / "survivors.md"
NOT_HERE = ("jq", "openssl", "sha256sum", "unshare", "/usr/bin/python3")


@dataclass
class Case:
    """The installation, who works there, and what the case is by now."""

    system: System
    crew: Crew
    police: pyrage.x25519.Identity
    item: str = ""


@pytest.fixture
def case(mail: Mail, web: Web, room: Path) -> Iterator[Case]:
    authority = Authority(room / "authority")
    authority.roots.chmod(0o644)
    (room / "authority").chmod(0o755)
    with authority.served(), installed(
        room / "hotline", unprivileged=True, **mail.settings, authorised_hotline=True,
        legal_authority="The Act on Helplines, section 1", review_required_assessments=1,
        stamp_authorities=authority.url, stamp_roots=authority.roots, recheck_interval_minutes=0.03,
    ) as system:  # fmt: skip
        system.start()
        crew = Crew(system, mail)
        for name, role in (
            ("Ann", "analyst"), ("Max", "hotline_manager"), ("Lea", "law_enforcement_liaison"),
            ("Sol", "survivor_support"), ("Sam", "survivor_support"),
        ):  # fmt: skip
            crew.add(name, role)
        crew.let_a_day_pass()  # until then Sol and Sam count as one person, who releases no record of their own
        known = list_of(("sha256", sha256(still(HOST, PICTURE)), SERIES))
        system.run("lists", "import", system.give("known.csv", known), "--list", "Known", "--supplier", "Hotline B")
        system.run("providers", "import", system.give("providers.csv", providers_table([HOST])))
        web.host(HOST).show(still(HOST, PICTURE), words="A page with a picture")
        yield Case(system, crew, pyrage.x25519.Identity.generate())


def letters(mail: Mail) -> list[Letter]:
    return mail.to(contact(HOST))


def done(page: Page) -> None:
    assert page.status == 200, page.words[:1500]


def captured_and_notified(case: Case, web: Web, mail: Mail) -> None:
    ann, max_ = case.crew.people["Ann"], case.crew.people["Max"]
    lead(max_, web.host(HOST).url + "/")
    [address] = wait_for(lambda: waiting(ann, web.host(HOST).address), what="the item")
    case.item = address.rstrip("/").rpartition("/")[2]
    decide(ann, web.host(HOST).address, CSAM)
    [first] = wait_for(lambda: letters(mail), what="the first notice")
    assert UNKNOWN.search(first.words), first.words


def referred(case: Case) -> Path:
    """The liaison adds a force and tells it; the folder as the force unpacks it."""
    lea = case.crew.people["Lea"]
    key = str(case.police.to_public())
    form = lea.open("/urgent/police/").form(action="/forces/add/")
    done(lea.send(form, name="Police of Example", country="CA", channel="file", key=key, hears="urgent"))
    case.crew.carry_out_alone()  # in a trial nobody else is there who could agree
    done(lea.send(lea.open("/urgent/police/").form(action="/refer/"), item=case.item))
    [file] = wait_for(lambda: list((case.system.data / "police").glob("prf_*.tar.age")), what="the referral's file")
    assert b"Police" not in file.read_bytes()
    folder = case.system.room / "at-the-police"
    with tarfile.open(fileobj=io.BytesIO(pyrage.decrypt(file.read_bytes(), [case.police]))) as packed:
        packed.extractall(folder, filter="data")
    return folder


def identified_and_notified_anew(case: Case, mail: Mail) -> None:
    before, today = len(letters(mail)), dt.datetime.now(dt.UTC).date()
    said = f"sha256;said;on;reference\n{sha256(still(HOST, PICTURE))};identified;{today};17/2026\n"
    file = case.system.give("said.csv", said)
    assert case.system.json("police", "said", file, "--force", "Police of Example")["new"] == 1
    anew = wait_for(lambda: letters(mail)[before:], what="the notice anew")
    assert "law enforcement" in anew[0].words
    assert not UNKNOWN.search(anew[0].words), anew[0].words
    assert "Police of Example" not in anew[0].all_text
    assert case.system.json("police", "said", file, "--force", "Police of Example")["before"] == 1


def handed_over(case: Case, name: str) -> Path:
    """The case folder, once every capture is stamped."""
    number = iter(range(100))

    def stamped() -> Path | None:
        folder = case.system.room / f"{name}-{next(number)}"
        to = ("--case", "2026/17", "--to", "The court", "--whole-custody")
        case.system.run("evidence", "export", case.item, folder, *to)
        captures = json.loads((folder / "manifest.json").read_text())["captures"]
        return folder if captures and all(each["stamps"] for each in captures) else None

    found = wait_for(stamped, pause=2, what="stamps")
    assert found is not None
    return found


def claimed(case: Case, system: System) -> tuple[Path, str]:
    """The record for the claim, written by one, released by another, as a file; and the key that the page shows."""
    ann, sol, sam = (case.crew.people[name] for name in ("Ann", "Sol", "Sam"))
    [address, *_] = ann.open(f"/series/?words={SERIES}").links("/series/ser_")
    series = re.search(r"ser_\w+", address)
    assert series is not None
    done(sol.send(sol.open("/records/").form(has="series"), series=series[0], for_whom="Her lawyer"))
    done(sam.send(sam.open("/records/").form(action="/release/")))
    page = sam.open("/records/")
    signed = sam.send(page.form(action="/file/")).text
    key = json.loads(signed)["public_key"]
    assert key in page.text, "the page shows what the hotline publishes"
    return system.give("rec_….json", signed), key


# --------------------------------------------------------------------------------- where there is no Orbweaver


class Court:
    """A machine without Orbweaver and without a network: Debian's own Python, and warcio by itself."""

    def __init__(self, room: Path) -> None:
        self.room = room
        room.mkdir()
        (room / "lib").mkdir()
        for name in ("warcio", "warcio-*.dist-info", "six.py"):  # as an installer puts it
            [source, *_] = [found for each in sys.path if each for found in Path(each).glob(name)]
            copy = shutil.copytree if source.is_dir() else shutil.copy
            copy(source, room / "lib" / source.name)

    def take(self, folder: Path, name: str) -> Path:
        """A copy of what was handed over."""
        return Path(shutil.copytree(folder, self.room / name))

    def types(self, command: str, folder: Path) -> subprocess.CompletedProcess[str]:
        """What somebody there types."""
        warcio = "warcio() { /usr/bin/python3 -c 'from warcio.cli import main; main()' \"$@\"; }\n"
        return subprocess.run(
            ["unshare", "--net", "sh", "-c", warcio + command],
            cwd=folder, env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(self.room / "lib"), "LC_ALL": "C.UTF-8"},
            capture_output=True, text=True, check=False,
        )  # fmt: skip

    def has_nothing_of_ours(self) -> None:
        for command in ("/usr/bin/python3 -c 'import orbweaver'", "command -v orbweaver", "getent hosts example.org"):
            assert self.types(command, self.room).returncode != 0, command


def step(text: str, begins: str) -> str:
    """The command of VERIFY.txt that begins so, without what it says beside it."""
    [line] = [each.strip() for each in text.splitlines() if each.strip().startswith(begins)]
    return line.partition("  #")[0].strip()


def verified(court: Court, folder: Path) -> dict[str, int]:
    """By the commands of the page in the folder, each as it stands there; how much was verified."""
    text = (folder / "VERIFY.txt").read_text(encoding="utf-8")
    sums = court.types(step(text, "sha256sum -c"), folder)
    assert sums.returncode == 0, sums.stdout + sums.stderr
    captures = json.loads((folder / "manifest.json").read_text())["captures"]
    stamps = 0
    for each in captures:
        assert hashlib.sha256((folder / each["file"]).read_bytes()).hexdigest() == each["sha256"]
        command = step(text, "openssl ts -verify").replace("DIGEST", each["sha256"])
        for stamp in each["stamps"]:
            told = court.types(command.replace("cpt_….AUTHORITY.tsr", stamp["file"]), folder)
            assert "Verification: OK" in told.stdout + told.stderr, told.stderr
            stamps += 1
        checked = court.types(step(text, "warcio check").replace("cpt_….warc.gz", each["file"]), folder)
        assert checked.returncode == 0, checked.stdout + checked.stderr
        assert "digest pass" in checked.stdout, checked.stdout
    return {"captures": len(captures), "stamps": stamps, "files": sums.stdout.count(": OK")}


def altered(court: Court, folder: Path) -> None:
    """One byte of a capture is another: each of the three commands says so."""
    text = (folder / "VERIFY.txt").read_text(encoding="utf-8")
    capture = next(each for each in json.loads((folder / "manifest.json").read_text())["captures"] if each["stamps"])
    file = folder / capture["file"]
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    assert court.types(step(text, "sha256sum -c"), folder).returncode != 0
    stamp = step(text, "openssl ts -verify").replace("cpt_….AUTHORITY.tsr", capture["stamps"][0]["file"])
    digest = hashlib.sha256(bytes(content)).hexdigest()
    assert court.types(stamp.replace("DIGEST", digest), folder).returncode != 0
    told = court.types(step(text, "warcio check").replace("cpt_….warc.gz", capture["file"]), folder)
    assert told.returncode != 0 or "Error" in told.stderr, told.stdout  # it says so, whatever it ends with


def claim_verified(court: Court, file: Path, key: str) -> None:
    """By the commands of docs/domain/survivors.md; and not once a word of it is another."""
    [commands] = re.findall(r"```sh\n(jq .+?)```", DOCUMENT.read_text(encoding="utf-8"), re.DOTALL)
    script = commands.replace("the public key that the hotline published", key)
    room = court.room / "claim"
    room.mkdir()
    for content, is_right in ((file.read_text(), True), (file.read_text().replace(provider(HOST), "Another"), False)):
        (room / "rec_….json").write_text(content)
        told = court.types(script, room)
        assert ("Signature Verified Successfully" in told.stdout) is is_right, told.stdout + told.stderr


def test_a_case_from_the_crawl_to_the_court(
    case: Case, web: Web, mail: Mail, room: Path, soak_figures: Callable[..., None]
) -> None:
    if missing := [name for name in NOT_HERE if shutil.which(name) is None]:
        pytest.skip(f"No {', '.join(missing)} on this machine: the case was NOT verified offline.")
    if os.geteuid() != 0:
        pytest.skip("Cutting a network off takes root: the case was NOT verified offline.")
    captured_and_notified(case, web, mail)
    handed_over(case, "before")  # every capture is stamped, before police get them
    at_police = referred(case)
    identified_and_notified_anew(case, mail)
    in_court = handed_over(case, "case")
    claim, key = claimed(case, case.system)
    case.system.stop()

    court = Court(room / "court")
    court.has_nothing_of_ours()
    found = {
        name: verified(court, court.take(folder, name)) for name, folder in (("police", at_police), ("court", in_court))
    }
    assert all(each["captures"] and each["stamps"] >= each["captures"] for each in found.values()), found
    assert json.loads((at_police / "item.json").read_text())["verdict"] == "remove"
    medium = next(at_police.glob("medium-*"))
    assert medium.read_bytes() == still(HOST, PICTURE)
    kinds = [each["kind"] for each in json.loads((in_court / "custody.json").read_text())["events"]]
    assert kinds.count("evidence.exported") >= 3, kinds  # to the court before, to police, to the court
    altered(court, court.take(in_court, "altered"))
    claim_verified(court, claim, key)
    soak_figures(**found)
