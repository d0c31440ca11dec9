"""``orbweaver keys``: API keys of client programs."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from orbweaver.doors.cli.messages import KEY_BOUNDS, NO_SUCH_KEY, UNKNOWN_SCOPE
from orbweaver.doors.cli.output import JsonOption, console, emit, notes
from orbweaver.doors.cli.session import open_session
from orbweaver.people.accounts.rules import KEY_SCOPES
from orbweaver.platform.clock import now

if TYPE_CHECKING:
    from orbweaver.people.accounts.models import Organisation

keys = typer.Typer(help="API keys: each belongs to an organisation and has scopes.", no_args_is_help=True)
SCOPES = tuple(scope.value for scope in KEY_SCOPES)


def register(app: typer.Typer) -> None:
    """Add ``keys``."""
    app.add_typer(keys, name="keys")


@keys.command("create")
def create(
    name: Annotated[str, typer.Argument(help="What the key is for, e.g. upload-filter.")],
    organisation: Annotated[str, typer.Option(help="Name of the organisation; made as industry if it is new.")],
    country: Annotated[str, typer.Option(help="Country of a new organisation, two letters.")] = "CA",
    scope: Annotated[list[str] | None, typer.Option(help=f"Repeatable: {', '.join(SCOPES)}.")] = None,
    expires: Annotated[
        dt.datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Day from which it no longer works, in UTC.")
    ] = None,
    url_host: Annotated[
        list[str] | None,
        typer.Option(help="Host whose addresses may be scanned; .example.org for all below it. Repeatable."),
    ] = None,
    network: Annotated[
        list[str] | None, typer.Option(help="Network from which it works, such as 192.0.2.0/24. Repeatable; else any.")
    ] = None,
    scans_per_minute: Annotated[
        int | None, typer.Option(min=1, help="Files it may have scanned; else ORBWEAVER_API_SCANS_PER_MINUTE.")
    ] = None,
    scans_per_day: Annotated[int | None, typer.Option(min=1, help="Files in a day, in UTC; else without end.")] = None,
    scans_per_month: Annotated[int | None, typer.Option(min=1, help="Files in a month; else without end.")] = None,
    for_tests: Annotated[
        bool, typer.Option("--test", help="It finds the harmless test pictures alone, and nothing known.")
    ] = False,
    unbound: Annotated[
        bool,
        typer.Option("--unbound", help="For police: it speaks of all that was seen here, not of what its force has."),
    ] = False,
    force_country: Annotated[
        list[str] | None, typer.Option(help="For police: for forces of this country alone. Repeatable.")
    ] = None,
    case: Annotated[
        list[str] | None,
        typer.Option(help="For police: of this series, referral or order alone, by its number. Repeatable."),
    ] = None,
    json_mode: JsonOption = False,
) -> None:
    """Make a key and show it, this once. Only a digest of it is kept."""
    wanted = _known_scopes(scope or ["scan:use"])
    bounds = {
        "expires_at": None if expires is None else expires.replace(tzinfo=dt.UTC),
        "url_hosts": url_host or (),
        "networks": network or (),
        "scans_per_minute": scans_per_minute,
        "scans_per_day": scans_per_day,
        "scans_per_month": scans_per_month,
        "is_test": for_tests,
        "unbound": unbound,
        "countries": force_country or (),
        "cases": case or (),
    }
    with open_session():
        _require_bounds(wanted, bounds)
        key, signing = _made(_owner(organisation, country), name, wanted, bounds)
    shown_signing = signing if "notice:answer" in wanted else {}
    if json_mode:
        emit({"key": key, "name": name, "scopes": wanted} | shown_signing)
    else:
        _show(key, shown_signing)


def _known_scopes(wanted: Sequence[str]) -> Sequence[str]:
    """These scopes. Raises BadParameter for one that is none."""
    unknown = sorted(set(wanted) - set(SCOPES))
    if unknown:
        raise typer.BadParameter(str(UNKNOWN_SCOPE.of(unknown=", ".join(unknown), known=", ".join(SCOPES))))
    return wanted


def _require_bounds(scopes: Sequence[str], bounds: dict[str, Any]) -> None:
    """Raise InvalidInput for what a key cannot be bound to."""
    from orbweaver.errors import InvalidInput
    from orbweaver.notify.police.within import require_cases
    from orbweaver.notify.providers.messages import COUNTRY_CODE
    from orbweaver.people.accounts.rules import Permission

    named = [*bounds["countries"], *bounds["cases"]]
    if (named or bounds["unbound"]) and (Permission.SERIES_IDENTIFY not in scopes or (named and bounds["unbound"])):
        raise InvalidInput(KEY_BOUNDS)
    if not all(len(each) == 2 and each.isascii() and each.isalpha() for each in bounds["countries"]):
        raise InvalidInput(COUNTRY_CODE)
    require_cases(bounds["cases"])


def _owner(name: str, country: str) -> Organisation:
    from orbweaver.people.accounts.models import Organisation
    from orbweaver.people.accounts.organisation_names import named
    from orbweaver.people.accounts.services import create_organisation

    known = Organisation.objects.filter(pk__in=named(name)).first()
    return known or create_organisation(name=name, kind="industry", country=country)


def _made(owner: Organisation, name: str, scopes: Sequence[str], bounds: dict[str, Any]) -> tuple[str, dict[str, str]]:
    """A new key, and what a client signs with that signs as AWS does. ``bounds`` are as of ``create_api_key``."""
    from orbweaver.detect.hashlists.for_tests import put_in_place
    from orbweaver.people.accounts.models import ApiKey
    from orbweaver.people.accounts.rules import Permission
    from orbweaver.people.accounts.services import create_api_key, sigv4_credentials
    from orbweaver.people.audit.services import record

    key = create_api_key(owner, name, [Permission(each) for each in scopes], now(), **bounds)
    if bounds["is_test"]:
        put_in_place(now())
    made = ApiKey.objects.get(prefix=key.split("_")[1])
    record("key.made", made.public_id, label="command line", details={"scopes": made.scopes}, at=now())
    return key, dict(zip(("access_key_id", "secret_access_key"), sigv4_credentials(made), strict=True))


def _show(key: str, signing: dict[str, str]) -> None:
    """A new key by itself on standard output, so that ``KEY=$(orbweaver keys create …)`` holds nothing else; beneath it
    what clients that sign need, where it is for those."""
    console.print(f"[bold]{key}[/]")
    notes.print("Keep it now: it is not shown again.")
    if signing:
        console.print("For clients that sign as AWS does (botocore):")
        console.print(f"  access key ID     {signing['access_key_id']}")
        console.print(f"  secret access key {signing['secret_access_key']}")


@keys.command("show")
def show(json_mode: JsonOption = False) -> None:
    """Show all keys by their visible prefix."""
    with open_session():
        from orbweaver.people.accounts.models import ApiKey

        found = [
            {
                "id": key.public_id,
                "name": key.name,
                "prefix": f"owk_{key.prefix}",
                "organisation": key.organisation.name,
                "scopes": key.scopes,
                "last_used_at": key.last_used_at,
                "revoked": key.revoked_at is not None,
                "expires_at": key.expires_at,
                "url_hosts": key.url_hosts,
                "networks": key.networks,
                "scans_per_minute": key.scans_per_minute,
                "scans_per_day": key.scans_per_day,
                "scans_per_month": key.scans_per_month,
                "is_test": key.is_test,
                "is_bound": key.is_bound,
                "countries": key.countries,
                "cases": key.cases,
            }
            for key in ApiKey.objects.select_related("organisation").order_by("pk")
        ]
    if json_mode:
        for each in found:
            emit(each)
        return
    table = Table("Key", "Name", "Organisation", "Scopes", "Last used", "State", box=None, pad_edge=False)
    for each in found:
        used = each["last_used_at"]
        table.add_row(
            str(each["prefix"]),
            str(each["name"]),
            str(each["organisation"]),
            ", ".join(map(str, each["scopes"])),
            f"{used:%d %b %Y, %H:%M} UTC" if used else "never",
            _state(each["revoked"], each["expires_at"]),
        )
    console.print(table)


def _state(is_revoked: bool, expires_at: dt.datetime | None) -> str:
    """Whether a key works."""
    if is_revoked:
        return "revoked"
    if expires_at is None:
        return "active"
    return "expired" if expires_at <= now() else f"active until {expires_at:%d %b %Y}"


@keys.command("replace")
def replace(
    key_id: Annotated[str, typer.Argument(help="Identifier or visible prefix of the key.")],
    json_mode: JsonOption = False,
) -> None:
    """Make a key that may do the same and show it, this once. The old one works for a week more."""
    with open_session():
        from django.db.models import Q

        from orbweaver.errors import InvalidInput
        from orbweaver.people.accounts.keys import replace_api_key
        from orbweaver.people.accounts.models import ApiKey
        from orbweaver.people.accounts.services import working_keys
        from orbweaver.people.audit.services import record

        old = working_keys(now()).filter(Q(public_id=key_id) | Q(prefix=key_id.removeprefix("owk_"))).first()
        if old is None:
            raise InvalidInput(NO_SUCH_KEY)
        text = replace_api_key(old, now())
        record("key.replaced", old.public_id, label="command line", at=now())
        ends = ApiKey.objects.get(pk=old.pk).expires_at
    if json_mode:
        emit({"key": text, "replaces": f"owk_{old.prefix}", "old_key_ends_at": ends})
        return
    console.print(f"[bold]{text}[/]")
    notes.print("Keep it now: it is not shown again.")
    notes.print(f"owk_{old.prefix} works until {ends:%d %b %Y, %H:%M} UTC.")


@keys.command("revoke")
def revoke(
    key_id: Annotated[str, typer.Argument(help="Identifier or visible prefix of the key.")],
    json_mode: JsonOption = False,
) -> None:
    """Revoke a key: it stops working at once."""
    with open_session():
        from django.db.models import Q

        from orbweaver.errors import InvalidInput
        from orbweaver.people.accounts.keys import revoke_api_key
        from orbweaver.people.accounts.models import ApiKey
        from orbweaver.people.audit.services import record

        prefix = key_id.removeprefix("owk_")
        key = ApiKey.objects.filter(Q(public_id=key_id) | Q(prefix=prefix)).first()
        if key is None or not revoke_api_key(key, now()):
            raise InvalidInput(NO_SUCH_KEY)
        record("key.revoked", key.public_id, label="command line", at=now())
    if json_mode:
        emit({"key": key_id, "revoked": True})
    else:
        console.print("Revoked.")
