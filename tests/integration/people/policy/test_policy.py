"""One truth for what all machines must do alike: one without the settings, or with others, follows the policy."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.settings_given import settings_given

from orbweaver.detect.crawl.settings import CrawlSettings
from orbweaver.detect.evidence.settings import EvidenceSettings
from orbweaver.errors import ConfigurationError, InvalidInput
from orbweaver.people.audit.models import Event
from orbweaver.people.policy.checks import policy_check
from orbweaver.people.policy.models import Version
from orbweaver.people.policy.services import change, current, take_up
from orbweaver.platform import config
from orbweaver.platform.clock import now
from orbweaver.platform.runtime.checks import Level

pytestmark = pytest.mark.django_db(transaction=True)

ON_A_MACHINE = """
from orbweaver.doors.cli.session import open_session
with open_session():
    from orbweaver.detect.crawl.settings import CrawlSettings
    from orbweaver.detect.evidence.services import archive_is_on
    print(CrawlSettings.current().crawl_host_delay_s, archive_is_on())
"""


@pytest.fixture(autouse=True)
def own_settings_afterwards() -> Iterator[None]:
    yield
    config.forget()


def set_by_hand(**values: object) -> Version:
    return change(values, now(), label="test")


@pytest.mark.sampled(1)
@pytest.mark.parametrize("own", [{}, {"ORBWEAVER_CRAWL_HOST_DELAY_S": "0.1"}])
def test_a_machine_follows_the_policy_without_the_variables_and_against_them(
    database_url: str, tmp_path: Path, own: dict[str, str]
) -> None:
    set_by_hand(crawl_host_delay_s="3", authorised_hotline="true", legal_authority="The law")
    environment = os.environ | own
    environment |= {"ORBWEAVER_DATABASE_URL": database_url, "ORBWEAVER_DATA_DIR": str(tmp_path)}
    said = subprocess.run(
        [sys.executable, "-c", ON_A_MACHINE], env=environment, capture_output=True, text=True, check=True
    )
    assert said.stdout.split() == ["3.0", "True"]
    assert ("ORBWEAVER_CRAWL_HOST_DELAY_S does not count here" in said.stderr) == bool(own)


def test_without_a_policy_a_machines_own_settings_hold() -> None:
    with settings_given(crawl_host_delay_s=0.25):
        assert take_up() is None
        assert CrawlSettings.current().crawl_host_delay_s == 0.25
        assert policy_check().level == Level.OK


def test_each_change_is_a_version_of_its_own_and_stands_in_the_log_without_values() -> None:
    first = set_by_hand(crawl_host_delay_s="3", legal_authority="The law")
    second = change({"match_radius": "28"}, now(), drop=["legal_authority"], label="test")
    assert first.values == {"crawl_host_delay_s": 3.0, "legal_authority": "The law"}
    assert second.values == {"crawl_host_delay_s": 3.0, "match_radius": 28}
    assert current() == second
    assert Version.objects.count() == 2
    events = Event.objects.filter(kind="policy.changed").order_by("pk")
    assert [event.details["changed"] for event in events] == [
        ["crawl_host_delay_s", "legal_authority"],
        ["match_radius"],
    ]
    assert "law" not in str([event.details for event in events])
    assert EvidenceSettings.current().legal_authority == ""


@pytest.mark.parametrize("values", [{"crawl_host_delay_s": "-1"}, {"match_radius": "many"}, {"retention_days": "0"}])
def test_what_cannot_be_used_changes_nothing(values: dict[str, str]) -> None:
    kept = set_by_hand(crawl_host_delay_s="3")
    with pytest.raises(ConfigurationError):
        set_by_hand(**values)
    assert current() == kept
    assert CrawlSettings.current().crawl_host_delay_s == 3.0


def test_where_things_are_stays_each_machines_own() -> None:
    with pytest.raises(InvalidInput):
        set_by_hand(data_dir="/elsewhere")
    assert current() is None


def test_a_machine_that_says_otherwise_and_machines_without_a_policy_are_told() -> None:
    with settings_given(database_url="postgresql://server/orbweaver"):
        assert policy_check().level == Level.WARN
    with settings_given(match_radius=10):
        set_by_hand(match_radius="28")
        check = policy_check()
        assert check.level == Level.WARN
        assert "ORBWEAVER_MATCH_RADIUS" in check.found
