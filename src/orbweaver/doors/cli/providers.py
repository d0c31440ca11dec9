"""``orbweaver providers``: who hosts what, and where notices to them go."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from orbweaver.doors.cli.messages import NO_SUCH_CONTACT, UNKNOWN_SOURCE
from orbweaver.doors.cli.output import JsonOption, console, emit
from orbweaver.doors.cli.registry import add_registry
from orbweaver.doors.cli.session import open_session
from orbweaver.notify.providers.messages import UNKNOWN_CHANNEL
from orbweaver.platform.clock import now
from orbweaver.platform.languages import codes

if TYPE_CHECKING:
    from orbweaver.notify.providers.selectors import ProviderSummary

providers = typer.Typer(help="Providers: what they host, and their contacts for notices.", no_args_is_help=True)

NameArgument = Annotated[str, typer.Argument(help="Name or identifier of the provider.")]


def register(app: typer.Typer) -> None:
    """Add ``providers``."""
    add_registry(providers)
    app.add_typer(providers, name="providers")


@providers.command("list")
def list_providers(json_mode: JsonOption = False) -> None:
    """List all providers with domains, networks and contacts."""
    with open_session():
        from orbweaver.notify.providers.selectors import summaries

        found = [_as_json(each) for each in summaries()]
    if json_mode:
        for each in found:
            emit(each)
        return
    if not found:
        console.print("No providers yet. Add one: orbweaver providers add NAME --domain example.org --contact abuse@…")
        return
    table = Table("Provider", "Country", "Domains", "Networks", "Notices go to", box=None, pad_edge=False)
    for each in found:
        contact = next((row["address"] for row in each["contacts"] if row["active"]), "nobody: notices are held")
        table.add_row(
            each["name"], each["country"] or "?", ", ".join(each["domains"]), ", ".join(each["networks"]), contact
        )
    console.print(table)


@providers.command("add")
def add(
    name: Annotated[str, typer.Argument(help="Name of the provider.")],
    domain: Annotated[list[str] | None, typer.Option("--domain", help="A domain of theirs; repeatable.")] = None,
    network: Annotated[
        list[str] | None, typer.Option("--network", help="Addresses of theirs, like 192.0.2.0/24; repeatable.")
    ] = None,
    contact: Annotated[list[str] | None, typer.Option("--contact", help="Mail address for notices.")] = None,
    asn: Annotated[int | None, typer.Option(help="Number of the autonomous system of these networks.")] = None,
    country: Annotated[str, typer.Option(help="Country, as two letters.")] = "",
    kind: Annotated[str, typer.Option(help="host, platform, network, cdn or other.")] = "",
    terms_url: Annotated[str, typer.Option("--terms-url", help="Address of their terms of service.")] = "",
    walled_garden: Annotated[
        bool, typer.Option("--walled-garden", help="Cannot be crawled: figures about it are too low.")
    ] = False,
    json_mode: JsonOption = False,
) -> None:
    """Add a provider, or add to what is known of one. Held notices leave as soon as there is a contact."""
    with open_session():
        from django.db import transaction

        from orbweaver.notify.providers.models import Provider
        from orbweaver.notify.providers.selectors import summaries
        from orbweaver.notify.providers.services import add_contact, add_provider

        with transaction.atomic():
            provider = add_provider(
                name,
                now=now(),
                country=country,
                kind=kind,
                terms_url=terms_url,
                walled_garden=walled_garden,
                domains=domain or [],
                networks=network or [],
                asn=asn,
            )
            for address in contact or []:
                add_contact(provider, address, now=now())
        [summary] = summaries(Provider.objects.filter(pk=provider.pk))
        result = _as_json(summary)
    if json_mode:
        emit(result)
    else:
        console.print(f"{result['name']} is {result['id']}.")


@providers.command("contact")
def contact(
    name: NameArgument,
    address: Annotated[str, typer.Argument(help="Mail address for notices; what else the channel takes.")],
    channel: Annotated[str, typer.Option(help="One that `orbweaver notices status` lists.")] = "smtp",
    language: Annotated[str, typer.Option(help=f"Of its notices, one of {codes()}; default: as it is, else en.")] = "",
    source: Annotated[str, typer.Option(help="Where it was found: hand, rdap or security_txt.")] = "hand",
    retire: Annotated[bool, typer.Option("--retire", help="Write there no longer.")] = False,
    json_mode: JsonOption = False,
) -> None:
    """Add a contact to a provider, or retire one."""
    with open_session():
        from orbweaver.errors import InvalidInput
        from orbweaver.notify.providers.channel_kinds import channel_names, channels_in_words
        from orbweaver.notify.providers.models import Contact
        from orbweaver.notify.providers.selectors import get_provider
        from orbweaver.notify.providers.services import add_contact, retire_contact

        provider = get_provider(name)
        if source not in Contact.Source.values:
            raise InvalidInput(UNKNOWN_SOURCE.of(known=", ".join(Contact.Source.values)))
        if channel not in channel_names():
            raise InvalidInput(UNKNOWN_CHANNEL.of(known=channels_in_words()))
        if retire:
            found = provider.contacts.filter(channel=channel, address=address.strip()).first()
            if found is None:
                raise InvalidInput(NO_SUCH_CONTACT)
            retire_contact(found, now=now())
            found.active = False
        else:
            found = add_contact(provider, address, now=now(), source=source, channel=channel, language=language)
        result = _contact_as_json(found)
    if json_mode:
        emit(result)
    else:
        console.print(f"{result['id']} is {'active' if result['active'] else 'retired'}.")


def _as_json(summary: ProviderSummary) -> dict[str, Any]:
    provider = summary.provider
    return {
        "id": provider.public_id,
        "name": provider.name,
        "country": provider.country,
        "kind": provider.kind,
        "terms_url": provider.terms_url,
        "walled_garden": provider.walled_garden,
        "reduced_notices": provider.reduced_notices,
        "domains": summary.domains,
        "networks": summary.networks,
        "contacts": [_contact_as_json(contact) for contact in summary.contacts],
    }


def _contact_as_json(contact: Any) -> dict[str, Any]:
    return {
        "id": contact.public_id,
        "channel": contact.channel,
        "address": contact.address,
        "source": contact.source,
        "seen_at": contact.seen_at.isoformat(),
        "active": contact.active,
    }
