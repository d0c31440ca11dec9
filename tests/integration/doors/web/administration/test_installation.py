"""Which settings are in force and who says so, and whether all goes on: pages of the administrator."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import pytest
from django.conf import settings

from orbweaver.doors.web.administration.settings_titles import TITLES
from orbweaver.people.accounts.rules import Role
from orbweaver.platform import config

pytestmark = pytest.mark.django_db


def test_settings_say_who_gave_them_and_secrets_are_never_shown(sign_in: Any, set_config: Any) -> None:
    set_config(smtp_password="hunter2hunter2", smtp_host="mail.hotline.example")
    admin = sign_in("Ada", Role.ADMINISTRATOR)
    page = admin.get("/setting-up/settings/").content.decode()
    assert "mail.hotline.example" in page
    assert "ORBWEAVER_SMTP_PASSWORD" in page
    assert "hunter2" not in page
    assert "ORBWEAVER_CRAWL_MAX_HOPS" not in page
    everything = admin.get("/setting-up/settings/?all=yes").content.decode()
    assert "ORBWEAVER_CRAWL_MAX_HOPS" in everything
    assert "hunter2" not in everything


def test_no_setting_that_is_hidden_from_logs_is_shown(sign_in: Any) -> None:
    from orbweaver.doors.web.administration.installation import SECRET

    fields = [(name, field) for group in config.groups() for name, field in group.model_fields.items()]
    assert {name for name, field in fields if field.repr is False} >= {"smtp_password"}
    assert all(field.repr is False for name, field in fields if SECRET.search(name) and "url" not in name)


def test_health_says_how_old_the_backup_is_and_what_to_do(sign_in: Any, now: dt.datetime) -> None:
    from orbweaver.people.audit.services import record

    admin = sign_in("Ada", Role.ADMINISTRATOR)
    page = admin.get("/setting-up/health/").content.decode()
    assert "none was ever made" in page
    assert "Something needs you." in page
    record("backup.made", "backup", at=now - dt.timedelta(hours=5))
    assert "5 hours ago" in admin.get("/setting-up/health/").content.decode()


def test_health_names_what_is_late(sign_in: Any, make_person: Any, now: dt.datetime) -> None:
    from orbweaver.people.accounts.models import AlertMail

    AlertMail.objects.create(person=make_person("Ann", Role.ANALYST), due_at=now - dt.timedelta(hours=2))
    page = sign_in("Ada", Role.ADMINISTRATOR).get("/setting-up/health/").content.decode()
    assert "people told of what waits" in page


def test_groups_of_settings_are_called_by_words_of_the_readers_language(sign_in: Any) -> None:
    admin = sign_in("Ada", Role.ADMINISTRATOR)
    assert {group.__name__ for group in config.groups() if ".channels." not in group.__module__} == set(TITLES)
    admin.cookies[settings.LANGUAGE_COOKIE_NAME] = "de"
    page = admin.get("/setting-up/settings/?all=yes").content.decode()
    assert "<h2>Die Meldestelle</h2>" in page
    assert re.findall(r"<h2>[^<]*:[^<]*</h2>", page) == [], "a heading is a title, not the reference's sentence"
    assert page.count('<p class="quiet small" lang="en">') == page.count("<h2>")
