"""``orbweaver notices``: how sending stands, the pause, a test message by each channel, the secrets of webhooks."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from orbweaver.doors.cli.output import JsonOption, console, emit
from orbweaver.doors.cli.session import open_session
from orbweaver.platform.clock import now
from orbweaver.platform.languages import codes

AFTER_A_CRASH = {
    "repeat": "; a crash repeats a message under the same key, which counts once",
    "journal": "; a crash is concluded by the copy that comes back",
    "ask": "; a crash is concluded by asking what came",
    "remains": "; a crash may leave a doubt until the next reminder: set ORBWEAVER_BOUNCE_ADDRESS and _MAIL_DIR",
}
"""What is said of each ``Doubt``."""

notices = typer.Typer(help="Notices: how sending stands, its pause, and test messages.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add ``notices``."""
    app.add_typer(notices, name="notices")


@notices.command("status")
def status(json_mode: JsonOption = False) -> None:
    """Show whether sending is paused, which channels are set up, what waits, and what came back."""
    with open_session():
        from orbweaver.notify.notices.selectors import sending_now

        found = sending_now()
    if json_mode:
        emit(
            {
                "paused": found.paused,
                "reason": found.reason,
                "not_leaving": str(found.not_leaving or ""),
                "channels": found.channels,
                "after_a_crash": found.after_a_crash,
                "messages": found.messages,
                "bounced_contacts": [{"provider": name, "address": address} for name, address in found.bounced],
            }
        )
        return
    on = str(found.not_leaving or "Sending is on.")
    console.print(f"Sending is paused: {found.reason or 'no reason given'}" if found.paused else on)
    for name, missing in found.channels.items():
        lasting = "" if missing else AFTER_A_CRASH[found.after_a_crash[name]]
        console.print(f"  {name}: {missing or 'set up'}{lasting}", markup=False, highlight=False)
    counts = ", ".join(f"{count:,} {state}" for state, count in found.messages.items())
    console.print(f"Messages: {counts or 'none yet'}.", highlight=False)
    for provider, address in found.bounced:
        console.print(f"  mail is undeliverable at {address} ({provider})", markup=False, highlight=False)


@notices.command("pause")
def pause(reason: Annotated[str, typer.Option(help="Why; the desk shows it.")], json_mode: JsonOption = False) -> None:
    """Stop all sending, in every worker. Notices are made all the same and wait; nothing is lost."""
    _switch(True, reason, json_mode)


@notices.command("resume")
def resume(json_mode: JsonOption = False) -> None:
    """Send again."""
    _switch(False, "", json_mode)


def _switch(paused: bool, reason: str, json_mode: bool) -> None:
    with open_session():
        from orbweaver.notify.notices.services import set_paused

        set_paused(paused, reason, None, now())
    if json_mode:
        emit({"paused": paused})
    else:
        console.print("Sending is paused." if paused else "Sending is on.")


@notices.command("test-channel")
def try_out(
    channel: Annotated[str, typer.Argument(help="One that `orbweaver notices status` lists.")],
    address: Annotated[str, typer.Argument(help="Where to: a mail address, a URL, or aws.")] = "",
    language: Annotated[str, typer.Option(help=f"One of {codes()}.")] = "en",
    json_mode: JsonOption = False,
) -> None:
    """Send a test message by a channel now, without the outbox. It says that it is a test.

    Exit code 1, with the reason, when the other side did not take it. At ICCAM only the account is tried.
    """
    with open_session():
        from orbweaver.notify.notices.sending.trial import try_channel

        tried = try_channel(channel, address, now(), language=language)
    if json_mode:
        emit({"reference": tried.reference, "seconds": round(tried.seconds, 3), "numbers": list(tried.numbers)})
        return
    given = f" It gave the number {', '.join(tried.numbers)}." if any(tried.numbers) else ""
    console.print(f"Taken after {tried.seconds:.1f} s, reference {tried.reference}.{given}", highlight=False)


@notices.command("webhook-secret")
def webhook_secrets(
    provider: Annotated[str, typer.Argument(help="Name or identifier of the provider.")], json_mode: JsonOption = False
) -> None:
    """Print the secret of each webhook of a provider, to hand over in a safe way. The audit log records it."""
    with open_session():
        from orbweaver.notify.notices.services import show_webhook_secrets
        from orbweaver.notify.providers.selectors import get_provider

        found: list[dict[str, Any]] = [
            {"contact": contact.public_id, "address": contact.address, "secret": secret}
            for contact, secret in show_webhook_secrets(get_provider(provider), now())
        ]
    for each in found:
        if json_mode:
            emit(each)
        else:
            console.print(f"{each['address']}: {each['secret']}", markup=False, highlight=False)
    if not found and not json_mode:
        console.print("This provider has no webhook. Add one: orbweaver providers contact NAME URL --channel webhook")
