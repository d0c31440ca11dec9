"""What this channel tells people: each message once, with its code."""

from __future__ import annotations

from orbweaver.errors import Message

NO_SLOT = Message("iccam.no_slot", "ICCAM has no category for harmful or abusive material")
TOKEN_REFUSED = Message("iccam.token_refused", "ICCAM refused the token; the next try signs in again")
OTHER_REPORTS = Message("iccam.other_reports", "ICCAM listed other reports than the one it was asked for")
NO_TOKEN = Message("iccam.no_token", "ICCAM gave no token")
NO_ACCOUNT = Message(
    "iccam.no_account",
    "No account at ICCAM is set (ORBWEAVER_ICCAM_USER); referrals to it wait.",
)
