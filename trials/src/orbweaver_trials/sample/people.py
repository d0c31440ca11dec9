"""Who can sign in: somebody for every role, an analyst more, and one with all roles."""

from __future__ import annotations

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
