"""``make up ARGS=--sample``: a database with something on every page, and somebody to sign in for every role.

What asks the database is a sweep.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.timeout(900)

COUNTS = """
import json
from collections import Counter
from django.contrib.auth import authenticate
from orbweaver_trials.sample.people import PASSWORD, SIGN_INS
def by(model, field="state"):
    return Counter(model.objects.values_list(field, flat=True))
print("COUNTED", json.dumps({
    "items": by(ReviewItem), "notices": by(Notice), "urls": by(NoticeUrl), "outbox": by(OutboxMessage),
    "push_backs": PushBack.objects.count(), "series": VictimSeries.objects.count(),
    "requests": Request.objects.count(), "proofs": AgeProof.objects.count(),
    "providers": Provider.objects.count(), "reports": Report.objects.count(), "leads": Lead.objects.count(),
    "roles": sorted(set(RoleGrant.objects.values_list("role", flat=True))),
    "referrals": by(UrgentReferral), "client": Notice.objects.filter(provider__organisations__organisation__in=
        User.objects.filter(email="industry-client@sample.example").values("organisation")).count(),
    "may_sign_in": sum(authenticate(username=email, password=PASSWORD) is not None for email in SIGN_INS),
}))
"""


@pytest.fixture(scope="module")
def counted(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, int]]:
    """What a seeded database holds, asked through ``make shell``'s program."""
    room = tmp_path_factory.mktemp("sample")
    room.chmod(0o711)
    os.chmod(room.parent, 0o711)  # noqa: PTH101 - PostgreSQL's own account passes through when root runs this
    command = [sys.executable, "-P", "-m", "orbweaver_trials.sample", "--seed-only", "--data-dir", str(room)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=800, check=False)
    assert done.returncode == 0, done.stderr
    shell = [sys.executable, str(Path(__file__).parents[3] / "tools" / "shell.py"), "-c", COUNTS]
    environment = {**os.environ, "ORBWEAVER_DATA_DIR": str(room), "ORBWEAVER_KEYS_DIR": str(room / "keys")}
    asked = subprocess.run(shell, env=environment, capture_output=True, text=True, timeout=300, check=False)
    assert asked.returncode == 0, asked.stderr
    found: dict[str, dict[str, int]] = json.loads(asked.stdout.split("COUNTED", 1)[1])
    return found


@pytest.mark.sweep
def test_items_wait_and_others_are_decided(counted: dict[str, dict[str, int]]) -> None:
    assert counted["items"]["waiting"] >= 5
    assert counted["items"]["decided"] >= 20


@pytest.mark.sweep
def test_notices_are_in_every_state_and_some_pictures_are_gone(counted: dict[str, dict[str, int]]) -> None:
    assert set(counted["notices"]) == {"held", "open", "closed"}
    assert {"live", "removed"} <= set(counted["urls"])
    assert {"sent", "queued"} <= set(counted["outbox"])


@pytest.mark.sweep
def test_survivor_support_has_requests_and_a_proof_to_read(counted: dict[str, int]) -> None:
    assert (counted["requests"], counted["proofs"]) == (2, 1)


@pytest.mark.sweep
@pytest.mark.parametrize("what", ["push_backs", "series", "providers", "reports", "leads"])
def test_there_is_more_than_one_of_everything_else(counted: dict[str, int], what: str) -> None:
    assert counted[what] > 1


@pytest.mark.sweep
def test_somebody_can_sign_in_for_every_role(counted: dict[str, list[str] | int]) -> None:
    from orbweaver.people.accounts.rules import Role
    from orbweaver_trials.sample.people import SIGN_INS

    assert counted["roles"] == sorted(Role)
    assert counted["may_sign_in"] == len(SIGN_INS)


@pytest.mark.sweep
def test_the_client_of_industry_has_notices_and_the_liaison_a_referral_that_waits(counted: dict[str, Any]) -> None:
    assert counted["client"] >= 2
    assert counted["referrals"] == {"new": 1}


@pytest.mark.parametrize("mark", [None, "of another version"])
def test_a_folder_of_another_version_or_one_that_broke_off_is_refused_and_left_as_it_is(
    tmp_path: Path, mark: str | None
) -> None:
    (tmp_path / "postgres").mkdir()
    if mark:
        (tmp_path / "seeded").write_text(mark)
    before = sorted(tmp_path.rglob("*"))
    command = [sys.executable, "-P", "-m", "orbweaver_trials.sample", "--data-dir", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 1
    assert "made by another version" in " ".join(done.stderr.split())
    assert sorted(tmp_path.rglob("*")) == before


def test_a_folder_that_this_version_seeded_is_served_again(tmp_path: Path) -> None:
    from orbweaver_trials.sample.__main__ import SEEDED, made_from, refuse_other_versions

    refuse_other_versions(tmp_path)
    (tmp_path / "postgres").mkdir()
    (tmp_path / SEEDED).write_text(made_from())
    refuse_other_versions(tmp_path)


def test_one_page_says_how_to_sign_in_for_every_role() -> None:
    from orbweaver_trials.sample.people import SIGN_INS, sign_in_page

    page = sign_in_page("http://127.0.0.1:8431")
    assert [email for email in SIGN_INS if f"<code>{email}</code>" not in page] == []
    assert 'href="http://127.0.0.1:8431/sign-in/"' in page
