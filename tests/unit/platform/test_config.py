from __future__ import annotations

from pathlib import Path

import pytest

from orbweaver.errors import ConfigurationError
from orbweaver.platform.config import get_config


@pytest.mark.parametrize(
    ("text", "said"), [("smtp_port = = 3\n", "is not TOML"), ('smtp_tls = "maybe"\n', "SMTP_TLS"), ("no = 1\n", "NO")]
)
def test_a_settings_file_that_cannot_be_used_is_a_clear_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, said: str
) -> None:
    path = tmp_path / "orbweaver.toml"
    path.write_text(text)
    monkeypatch.setenv("ORBWEAVER_CONFIG", str(path))
    get_config.cache_clear()
    try:
        with pytest.raises(ConfigurationError, match=said):
            get_config()
    finally:
        get_config.cache_clear()


def test_a_fast_clock_without_the_instant_it_counts_from_is_a_clear_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORBWEAVER_CLOCK_SPEED", "50000")
    get_config.cache_clear()
    try:
        with pytest.raises(ConfigurationError, match="ORBWEAVER_CLOCK_EPOCH"):
            get_config()
    finally:
        get_config.cache_clear()


def test_an_empty_variable_is_no_folder_and_no_number(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("KEYS_DIR", "DATABASE_URL", "CLOCK_EPOCH", "REVIEW_REQUIRED_CSAM", "MAIL_DIR", "ESCALATION_POLICY"):
        monkeypatch.setenv(f"ORBWEAVER_{name}", "")
    get_config.cache_clear()
    try:
        config = get_config()
        assert (config.keys_dir, config.database_url, config.clock_epoch, config.review_required_csam) == (None,) * 4
        assert (config.mail_dir, config.escalation_policy) == (None, None)
    finally:
        get_config.cache_clear()


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"BASE_URL": "https://hotline.example"}, "ORBWEAVER_BASE_URL is elsewhere"),
        ({"BASE_URL": "http://192.168.1.4:8431"}, "ORBWEAVER_BASE_URL is elsewhere"),
        ({"AUTHORISED_HOTLINE": "true"}, "not for an authorised hotline"),
    ],
)
def test_queries_are_never_shown_on_an_address_of_others_nor_where_a_hotline_works(
    monkeypatch: pytest.MonkeyPatch, settings: dict[str, str], said: str
) -> None:
    for name, value in ({"DEBUG_QUERIES": "true"} | settings).items():
        monkeypatch.setenv(f"ORBWEAVER_{name}", value)
    get_config.cache_clear()
    try:
        with pytest.raises(ConfigurationError, match=said):
            get_config()
    finally:
        get_config.cache_clear()
