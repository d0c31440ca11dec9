"""``orbweaver api``: the doors for companies and other hotlines, on a port of their own."""

from __future__ import annotations

import typer

from orbweaver.doors.cli.output import say
from orbweaver.doors.cli.run import API_PORT, HostOption, PortOption
from orbweaver.doors.cli.session import open_session
from orbweaver.platform.runtime.limits import WEB


def register(app: typer.Typer) -> None:
    """Add ``api``."""
    app.command("api")(api)


def api(host: HostOption = "127.0.0.1", port: PortOption = API_PORT) -> None:
    """Serve the scan API alone, in every protocol, for an installation on several machines."""
    from orbweaver.platform.runtime.installation import free_port

    port = free_port(host, port)
    with open_session(limits=WEB):
        from orbweaver.doors.industry.serving import serve

        serve(host, port, say)
