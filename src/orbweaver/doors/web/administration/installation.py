"""The installation itself, to be read: which settings are in force and who says so, and whether all goes on."""

from __future__ import annotations

import datetime as dt
import re
import shutil
from dataclasses import dataclass
from typing import Any, Final

from django.db import connection
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from orbweaver.detect.crawl.models import CrawlWorker
from orbweaver.doors.measuring import overdue_by_duty
from orbweaver.doors.web.administration.settings_titles import TITLES
from orbweaver.doors.web.frame.access import SignedInRequest, needs
from orbweaver.doors.web.frame.translating import in_language
from orbweaver.doors.web.templatetags.orbweaver import number, span
from orbweaver.notify.notices.selectors import sending_now
from orbweaver.people.accounts.rules import Permission
from orbweaver.people.audit.selectors import last_time_of
from orbweaver.people.audit.verifying import last_time
from orbweaver.platform import config
from orbweaver.platform.backup.settings import BackupSettings
from orbweaver.platform.clock import now
from orbweaver.platform.settings import PlatformSettings

LATE_S: Final = 600.0
"""Real seconds for which something may be due before the page says that it is late."""
LEAST_FREE: Final = 5 * 2**30
SECRET: Final = re.compile(r"password|secret|credential|token|pepper|database_url")
SOURCES: Final[dict[str, str | Promise]] = {
    "policy": gettext_lazy("policy of all machines"),
    "variable": gettext_lazy("variable"),
    "file": gettext_lazy("file of settings"),
    "default": gettext_lazy("the default"),
}


@require_GET
@needs(Permission.PEOPLE_EDIT)
def settings_in_force(request: SignedInRequest) -> HttpResponseBase:
    """Every setting of this process by its owner, or those alone that somebody has given; secrets as set or not set."""
    everything = request.GET.get("all") == "yes"
    groups = []
    for group in config.groups():
        rows = [row for row in _rows(group) if everything or not row["is_default"]]
        if rows:
            about = (group.__doc__ or "").strip().splitlines()[0]
            groups.append(
                {"title": TITLES.get(group.__name__) or about.partition(":")[0], "about": about, "rows": rows}
            )
    context = {"groups": groups, "everything": everything}
    return render(request, "web/administration/settings.html", context)


def _rows(group: type[config.Settings]) -> list[dict[str, Any]]:
    current, rows = group.current(), []
    for name, field in group.model_fields.items():
        source, value = config.source_of(name), getattr(current, name)
        hidden = field.repr is False or SECRET.search(name) is not None
        rows.append(
            {
                "name": config.environment_name(name),
                "value": (_("set") if value else _("not set")) if hidden else _shown(value),
                "source": SOURCES[source],
                "is_default": source == "default",
                "about": field.description or "",
            }
        )
    return rows


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, list | tuple | set | frozenset):
        return ", ".join(map(str, value)) or "–"
    return str(value) if value not in (None, "") else "–"


@dataclass(frozen=True)
class Fact:
    """One thing about the installation: how it is, whether that is well, and what to do where it is not."""

    name: str
    value: str
    is_well: bool = True
    todo: str = ""


@require_GET
@needs(Permission.PEOPLE_EDIT)
def health(request: SignedInRequest) -> HttpResponseBase:
    """Backups, audit log, disk, database, sending, crawlers, and what is late."""
    at = now()
    facts = [_backup(at), _verified_backup(at), _audit(), _disk(), _database(), _sending(), _crawlers()]
    late = sorted(((s, name) for name, s in overdue_by_duty(at).items() if s > LATE_S), reverse=True)
    context = {"facts": facts, "bad": sum(not each.is_well for each in facts), "late": late}
    return render(request, "web/administration/health.html", context)


def _backup(at: dt.datetime) -> Fact:
    made = last_time_of("backup.made", "backup")
    todo = _("Make one each night: %(command)s") % {"command": "orbweaver backup PLACE --keys FOLDER"}
    if made is None:
        return Fact(_("Newest backup"), _("none was ever made"), is_well=False, todo=todo)
    old = at - made > dt.timedelta(hours=BackupSettings.current().backup_warn_hours)
    return Fact(_("Newest backup"), _ago(at - made), not old, todo if old else "")


def _verified_backup(at: dt.datetime) -> Fact:
    verified = last_time_of("backup.verified", "backup")
    if verified is None:
        todo = _("Test a restore once a month: %(command)s") % {"command": "orbweaver backup verify PLACE"}
        return Fact(_("Last verified backup"), _("none was ever verified"), is_well=False, todo=todo)
    return Fact(_("Last verified backup"), _ago(at - verified))


def _ago(span_: dt.timedelta) -> str:
    return _("%(span)s ago") % {"span": span(span_.total_seconds())}


def _audit() -> Fact:
    seen = last_time()
    todo = _("Look at what was found: %(command)s") % {"command": "orbweaver audit verify"}
    if seen is None:
        return Fact(_("Audit log"), _("not verified yet"), is_well=False, todo=todo)
    if seen.found:
        return Fact(_("Audit log"), _("it was changed"), is_well=False, todo=todo)
    text = _("verified: %(events)s events, %(heads)s heads") % {
        "events": number(seen.sealed),
        "heads": number(seen.heads),
    }
    return Fact(_("Audit log"), text)


def _disk() -> Fact:
    folder = PlatformSettings.current().data_dir
    there = next(each for each in (folder, *folder.absolute().parents) if each.exists())
    usage = shutil.disk_usage(there)
    value = _("%(free)s GB of %(all)s GB free") % {"free": usage.free // 2**30, "all": usage.total // 2**30}
    low = usage.free < LEAST_FREE
    return Fact(
        _("Disk"), value, not low, _("Make room: nothing is lost, but work stops when it is full.") if low else ""
    )


def _database() -> Fact:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_database_size(current_database()), current_setting('server_version')")
        size, version = cursor.fetchone()
    return Fact(
        _("Database"), _("PostgreSQL %(version)s, %(size)s MB") % {"version": version, "size": number(size // 2**20)}
    )


def _sending() -> Fact:
    found = sending_now()
    if found.paused:
        return Fact(_("Sending"), _("paused"), is_well=False, todo=found.reason)
    if found.not_leaving is not None:
        return Fact(_("Sending"), _("nothing leaves"), is_well=False, todo=in_language(found.not_leaving))
    text = _("%(sent)s messages sent, %(waiting)s waiting") % {
        "sent": number(found.messages.get("sent", 0)),
        "waiting": number(sum(found.messages.get(each, 0) for each in ("queued", "failed", "by_hand"))),
    }
    return Fact(_("Sending"), text)


def _crawlers() -> Fact:
    count = CrawlWorker.objects.count()
    return Fact(_("Crawlers running"), number(count), bool(count), "" if count else "orbweaver up")
