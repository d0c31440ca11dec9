"""Settings: groups with an owner each, read together, refused together."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import pytest
from pydantic import Field, ValidationError
from tests.settings_given import settings_given

from orbweaver.assess.review.settings import ReviewSettings
from orbweaver.errors import ConfigurationError
from orbweaver.follow.escalation.settings import EscalationSettings
from orbweaver.notify.notices.settings import NoticeSettings
from orbweaver.platform import config
from orbweaver.platform.config import Settings, check, groups
from orbweaver.platform.settings import PlatformSettings

SOURCE = Path(config.__file__).parents[1]


@pytest.fixture(autouse=True)
def read_anew() -> Iterator[None]:
    with settings_given():
        yield


def test_a_setting_belongs_to_one_group_and_every_group_says_whose_it_is() -> None:
    fields = [field for group in groups() for field in group.model_fields]
    assert len(fields) == len(set(fields)) > 80
    for group in groups():
        assert (SOURCE / group.owner()).is_dir()
        assert group.__doc__
        assert len(group.__doc__.splitlines()) == 1
        assert all(field.description for field in group.model_fields.values())


def test_every_room_with_a_file_of_settings_has_a_group() -> None:
    rooms = {path.parent.relative_to(SOURCE).as_posix() for path in SOURCE.rglob("settings.py")}
    assert rooms <= {group.owner() for group in groups()}


def test_no_module_reads_settings_while_it_is_imported() -> None:
    """What is read then holds for ever; Django's own settings are the one place for that."""
    early = set()
    for path in SOURCE.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        if "Settings.current" not in text:
            continue
        tree = ast.parse(text)
        inside = {
            id(each)
            for function in ast.walk(tree)
            if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
            for each in ast.walk(function)
        }
        early |= {path.name for each in ast.walk(tree) if _reads(each) and id(each) not in inside}
    assert early == {"django_settings.py"}


def _reads(node: ast.AST) -> bool:
    return isinstance(node, ast.Attribute) and node.attr == "current" and _named(node.value).endswith("Settings")


def _named(node: ast.AST) -> str:
    return node.id if isinstance(node, ast.Name) else ""


def test_a_name_that_another_group_has_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="data_dir"):

        class _Second(Settings):
            """Somebody else's."""

            data_dir: str = Field(default="", description="Taken.")


def test_one_error_names_each_wrong_setting_of_all_groups(tmp_path: Path) -> None:
    path = tmp_path / "orbweaver.toml"
    path.write_text('smtp_tls = "maybe"\niccam_user = 4\nmail_host = "x"\n')
    wrong = {"clock_speed": -1, "review_lease_minutes": "soon", "recheck_interval_minutes": 0}
    with settings_given(config=path, **wrong), pytest.raises(ConfigurationError) as refused:
        check()
    for name in (*wrong, "smtp_tls", "iccam_user", "mail_host"):
        assert f"ORBWEAVER_{name.upper()}: " in str(refused.value)


@pytest.mark.parametrize(
    ("text", "said"), [("smtp_port = = 3\n", "is not TOML"), ('smtp_tls = "maybe"\n', "SMTP_TLS"), ("no = 1\n", "NO")]
)
def test_a_settings_file_that_cannot_be_used_is_a_clear_error(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "orbweaver.toml"
    path.write_text(text)
    with settings_given(config=path), pytest.raises(ConfigurationError, match=said):
        check()


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"\xff\xfea\x00", "is not TOML"),
        (b"x = " + b"[" * 100_000, "is not TOML"),
        (b'base_url = "\x00"\n', "is not TOML"),
        (b"[x]\n", "ORBWEAVER_X"),
        (b"retention_days = 99999999999999999999\n", "ORBWEAVER_RETENTION_DAYS"),
        (b"crawl_host_delay_s = inf\n", "ORBWEAVER_CRAWL_HOST_DELAY_S"),
        (b"recheck_interval_minutes = 1e300\n", "ORBWEAVER_RECHECK_INTERVAL_MINUTES"),
    ],
)
def test_what_no_editor_wrote_is_a_clear_error_as_well(tmp_path: Path, raw: bytes, said: str) -> None:
    path = tmp_path / "orbweaver.toml"
    path.write_bytes(raw)
    with settings_given(config=path), pytest.raises(ConfigurationError, match=said):
        check()


def test_a_byte_order_mark_and_windows_line_ends_are_no_error(tmp_path: Path) -> None:
    path = tmp_path / "orbweaver.toml"
    path.write_bytes(b"\xef\xbb\xbfreview_lease_minutes = 20\r\nreview_undo_seconds = 30\r\n")
    with settings_given(config=path):
        assert ReviewSettings.current().review_lease_minutes == 20


def test_the_environment_goes_before_the_file_and_the_file_before_the_default(tmp_path: Path) -> None:
    path = tmp_path / "orbweaver.toml"
    path.write_text("review_lease_minutes = 20\nreview_undo_seconds = 30\n")
    with settings_given(config=path, review_lease_minutes=40):
        review = ReviewSettings.current()
        assert (review.review_lease_minutes, review.review_undo_seconds, review.review_cluster_radius) == (40, 30, 10)


def test_a_fast_clock_without_the_instant_it_counts_from_is_a_clear_error() -> None:
    with settings_given(clock_speed=50000), pytest.raises(ConfigurationError, match="ORBWEAVER_CLOCK_EPOCH"):
        PlatformSettings.current()


@pytest.mark.parametrize("address", ["javascript:alert(1)", "hotline.example", "ftp://hotline.example", "https://"])
def test_the_address_of_the_installation_is_one_of_the_web(address: str) -> None:
    with pytest.raises(ValidationError, match="needs an address"):
        PlatformSettings(base_url=address)


def test_an_empty_variable_is_no_folder_and_no_number() -> None:
    names = ("keys_dir", "database_url", "clock_epoch", "review_required_csam", "mail_dir", "escalation_policy")
    with settings_given(**dict.fromkeys(names, "")):
        platform = PlatformSettings.current()
        assert (platform.keys_dir, platform.database_url, platform.clock_epoch) == (None, None, None)
        assert ReviewSettings.current().review_required_csam is None
        assert (NoticeSettings.current().mail_dir, EscalationSettings.current().escalation_policy) == (None, None)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"base_url": "https://hotline.example"}, "ORBWEAVER_BASE_URL is elsewhere"),
        ({"base_url": "http://192.168.1.4:8431"}, "ORBWEAVER_BASE_URL is elsewhere"),
        ({"authorised_hotline": "true"}, "not for an authorised hotline"),
    ],
)
def test_queries_are_never_shown_on_an_address_of_others_nor_where_a_hotline_works(
    settings: dict[str, str], said: str
) -> None:
    with settings_given(debug_queries="true", **settings), pytest.raises(ConfigurationError, match=said):
        PlatformSettings.current()


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("network_allow", "127.0.0.1"),
        ("network_allow", "example.org:80"),
        ("network_allow", "127.0.0.1:99999"),
        ("hma_trusted_networks", "10.0.0.0/33"),
        ("hma_trusted_networks", "localhost"),
    ],
)
def test_addresses_and_networks_that_cannot_be_read_stop_the_first_command(name: str, text: str) -> None:
    with settings_given(**{name: text}), pytest.raises(ConfigurationError) as refused:
        check()
    assert f"ORBWEAVER_{name.upper()}" in str(refused.value)


def test_what_is_tried_beside_another_trial_leaves_in_force_what_was() -> None:
    with config._reading:
        config.adopt({"crawl_max_hops": 1})  # tried by this thread
        other = Thread(target=config.checked, args=({"crawl_max_hops": 2},))
        other.start()
        other.join(0.2)
        config.adopt({"crawl_max_hops": 7})  # what was in force before
    other.join()
    assert config.in_force(["crawl_max_hops"]) == {"crawl_max_hops": 7}
