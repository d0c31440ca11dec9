"""From what a scan hits to the notices about it that stand in the inbox of the client's own organisation."""

from __future__ import annotations

from typing import Any

from django.db.models import Q

from orbweaver.doors.industry.frame.clients import Client
from orbweaver.doors.industry.frame.scanner import Finding
from orbweaver.notify.notices.answers.inbox import notices_of
from orbweaver.people.accounts.rules import Permission


def notices_about(client: Client, finding: Finding) -> list[dict[str, Any]]:
    """Notices about these bytes, or about a picture or film whose own verdict they hit: newest first.

    Nothing for a key that may not answer notices. ``inbox`` is the path of its page, beside which it can be answered.
    """
    if Permission.NOTICE_ANSWER.value not in client.scopes or not finding.matches:
        return []
    media = {entry.media_id for _, entry in finding.matches if entry.media_id is not None}
    about = Q(urls__media__in=media) | Q(urls__media__sha256=finding.prints.sha256)
    found = notices_of(client.organisation_id).filter(about).distinct()
    return [{"id": each.public_id, "state": each.state, "inbox": f"/inbox/{each.public_id}/"} for each in found]
