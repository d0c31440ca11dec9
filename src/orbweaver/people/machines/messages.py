"""What this room tells people: each message once, with its code."""

from __future__ import annotations

from orbweaver.errors import Message

NO_MACHINE = Message("machines.no_machine", "There is no machine %(machine)s. `orbweaver machines` lists them.")
GONE_ALREADY = Message("machines.gone_already", "That machine may not sign in any more. Invite it again.")
NO_TOKEN = Message("machines.no_token", "This is not a token of `orbweaver machines invite`. Copy the whole line.")
TOKEN_USED = Message(
    "machines.token_used",
    "Another machine has joined with this token. Nothing was changed here. If it is none of yours, revoke it: "
    "machines revoke. Then ask for another token.",
)
TOKEN_LAPSED = Message(
    "machines.token_lapsed",
    "This token is more than an hour old. Nothing was changed. Ask for another: machines invite.",
)
