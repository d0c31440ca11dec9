"""Who can sign in: somebody for every role, an analyst more, and one with all roles."""

from __future__ import annotations

from html import escape

from orbweaver.people.accounts.rules import Role

PASSWORD = "a page to work on"  # noqa: S105 - of a throw-away database on loopback, printed for whoever looks
ADMINISTRATOR = "administrator@sample.example"
EVERYBODY = "everything@sample.example"

SIGN_INS: dict[str, tuple[Role, ...]] = {
    ADMINISTRATOR: (Role.ADMINISTRATOR,),
    **{f"{role.value.replace('_', '-')}@sample.example": (role,) for role in Role if role is not Role.ADMINISTRATOR},
    "second-analyst@sample.example": (Role.ANALYST,),
    EVERYBODY: tuple(Role),
}
"""Address → roles."""


def sign_in_page(base: str) -> str:
    """HTML with a row for everybody: roles, address, password."""
    rows = "".join(
        f"<tr><td>{escape(', '.join(role.value.replace('_', ' ') for role in roles))}</td>"
        f"<td><code>{escape(email)}</code></td><td><code>{escape(PASSWORD)}</code></td></tr>"
        for email, roles in SIGN_INS.items()
    )
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>Who can sign in</title>'
        "<style>:root{color-scheme:light dark}body{font:16px system-ui;margin:2rem}td{padding:.3rem 1rem}</style>"
        f'<h1>Who can sign in</h1><p><a href="{escape(base)}/sign-in/">Sign in</a></p><table>{rows}</table></html>\n'
    )
