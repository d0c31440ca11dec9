"""What a notified address is, said once in SQL: for the public figures and for how a provider behaves (ADR 16).

``u`` are its rows (``NoticeUrl``) with their notices ``n``, ``g`` what is made of them for the whole address, ``{at}``
as of which moment: what was removed later had not been.
"""

from __future__ import annotations

from typing import Final

from orbweaver.notify.notices.rules import OutboxState, UrlState

COUNTS: Final = f"n.told_at <= {{at}} AND u.state <> '{UrlState.WITHDRAWN.value}'"
"""Which rows: somebody was told, and it was not taken back."""
TOLD_AT: Final = "min(n.told_at)"
"""From when its time counts: the first message of any."""
_REMOVED = f"u.state = '{UrlState.REMOVED.value}' AND (u.removed_at <= {{at}}) IS NOT FALSE"
_OFFLINE = f"u.state = '{UrlState.OFFLINE.value}' AND (u.offline_at <= {{at}}) IS NOT FALSE"
ARRIVED: Final = (
    "(n.occasions - (SELECT count(*) FROM notices_outboxmessage o WHERE o.notice_id = n.id"
    f" AND o.push_back_id IS NULL AND o.number < n.occasions AND o.state <> '{OutboxState.SENT.value}'))"
)
"""How often a notice arrived: what bounced, was refused, put off or in doubt, or did not leave, nobody has ignored."""
GONE: Final = f"bool_and({_REMOVED})"
"""It is gone when all that is there is."""
OFFLINE: Final = f"bool_and(({_REMOVED})\n            OR ({_OFFLINE}))"
"""It is offline when the rest of it is."""
GONE_AT: Final = "max(u.removed_at)"
REMOVED_S: Final = (
    "CASE WHEN g.gone AND g.gone_at >= g.sent_at THEN extract(epoch FROM g.gone_at - g.sent_at)::float END"
)
"""The time to its removal in seconds; of one that was gone before the message left there is none."""
