"""One page for whoever looks around in a demonstration that stays: a sign-in for every role, and where to begin."""

from __future__ import annotations

import html

from aiohttp import web

from orbweaver_trials.demo.people import PASSWORD, ROLES
from orbweaver_trials.demo.sites import page

BEGIN = {
    "administrator": ("/setting-up/", "what is set up, people, keys, lists"),
    "analyst": ("/queue/", "reported pictures that wait for two answers"),
    "senior_analyst": ("/queue/", "the same, and what analysts disagree about"),
    "hotline_manager": ("/notices/", "notices, their answers, providers, the team"),
    "industry_client": ("/inbox/", "the notices to their own company"),
    "government_observer": ("/providers/", "how providers behave, and notices"),
    "law_enforcement_liaison": ("/urgent/", "urgent referrals, series, identification"),
    "survivor_support": ("/requests/", "requests of survivors"),
    "criteria_editor": ("/criteria/", "the criteria, their versions and comparison"),
}
"""Role → the page on which their work begins, and what waits there."""
OPEN = {
    "/public/": "the public figures",
    "/public/report/": "reporting an address, as anybody does",
    "/info/": "where a survivor begins",
}
"""Pages that need no sign-in."""


def sign_ins_page(address: str) -> web.Response:
    """The page, with links into the installation at this address."""
    base = html.escape(address.rstrip("/"), quote=True) if address.startswith("http://127.0.0.1:") else ""
    rows = "".join(
        f"<tr><th scope=row>{role.replace('_', ' ')}</th><td><code>{email}</code></td>"
        f'<td><a href="{base}/sign-in/?next={BEGIN[role][0]}">{BEGIN[role][1]}</a></td></tr>'
        for email, role in ROLES.items()
    )
    public = "".join(f'<li><a href="{base}{path}">{said}</a></li>' for path, said in OPEN.items())
    table = f"<table><tr><th>Role</th><th>Sign in as</th><th>Begin with</th></tr>{rows}</table>"
    password = f"<p>Password: <code>{PASSWORD}</code></p>"
    return page("Look around", f"{password}{table}<h2>Without an account</h2><ul>{public}</ul>")
