"""Look-ups in a registry of ten thousand providers with a hundred thousand networks, beside one of a hundred.

    .venv/bin/python benchmarks/registry.py [--json]

Starts a PostgreSQL of its own in a temporary folder. Prints milliseconds a look-up: by address, by name, and the whole
route of a place (hosting, country, hotline, contact, holds), at both sizes: they are to be about the same.
"""

from __future__ import annotations

import json
import os
import random
import sys
import tempfile
from pathlib import Path
from time import perf_counter

SIZES = ((100, 1_000), (10_000, 100_000))
ROUNDS = 300


def main() -> None:
    """Fill, measure, print."""
    with tempfile.TemporaryDirectory(prefix="registry-") as folder:
        Path(folder).chmod(0o711)
        os.environ["ORBWEAVER_DATA_DIR"] = f"{folder}/data"
        os.environ["DJANGO_SETTINGS_MODULE"] = "orbweaver.platform.django_settings"
        from orbweaver.doors.cli.session import open_session

        with open_session():
            results = [measure(*size) for size in SIZES]
    if "--json" in sys.argv:
        print(json.dumps(results))
        return
    print("providers  networks  by address  by name  route")
    for row in results:
        times = "  ".join(f"{row[name]:7.2f} ms" for name in ("by_address_ms", "by_name_ms", "route_ms"))
        print(f"{row['providers']:9,}  {row['networks']:8,}  {times}")


def measure(providers: int, networks: int) -> dict[str, float]:
    """Times in milliseconds with this many rows; the registry grows from call to call."""
    from django.db import connection

    from orbweaver.notify.notices.routing.router import Router
    from orbweaver.notify.providers.hosts import place_of
    from orbweaver.notify.providers.selectors import provider_for

    fill(providers, networks)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    dice = random.Random(7)
    addresses = [address_in(dice.randrange(networks)) for _ in range(ROUNDS)]
    names = [f"www.p{dice.randrange(providers)}.example" for _ in range(ROUNDS)]
    for warm in addresses[:20]:
        place_of(warm)
    return {
        "providers": providers,
        "networks": networks,
        "by_address_ms": timed(lambda number: place_of(addresses[number])),
        "by_name_ms": timed(lambda number: provider_for(names[number], None)),
        "route_ms": timed(lambda number: Router().routes(names[number], addresses[number], "csam", "")),
    }


def timed(once: object) -> float:
    """Mean milliseconds of ``once(number)``."""
    start = perf_counter()
    for number in range(ROUNDS):
        once(number)  # type: ignore[operator]
    return (perf_counter() - start) * 1000 / ROUNDS


def address_in(number: int) -> str:
    """An address in the network of this number."""
    return f"{20 + number // 65_536}.{number // 256 % 256}.{number % 256}.77"


def fill(providers: int, networks: int) -> None:
    """Bring the registry to this size: each provider with a domain, a contact and its share of networks."""
    from orbweaver.notify.providers.models import Contact, Provider, ProviderDomain, ProviderNetwork
    from orbweaver.platform.clock import now

    have, share = Provider.objects.count(), networks // providers
    made = Provider.objects.bulk_create(
        [Provider(name=f"Provider {n}", country="CA", created_at=now()) for n in range(have, providers)], 5_000
    )
    numbered = list(enumerate(made, start=have))
    ProviderDomain.objects.bulk_create(
        [ProviderDomain(provider=each, domain=f"p{number}.example") for number, each in numbered], 5_000
    )
    Contact.objects.bulk_create(
        [
            Contact(provider=each, address=f"abuse@p{number}.example", source="hand", seen_at=now())
            for number, each in numbered
        ],
        5_000,
    )
    rows = [
        ProviderNetwork(provider=each, network=f"{address_in(number * share + n).removesuffix('.77')}.0/24")
        for number, each in numbered
        for n in range(share)
    ]
    ProviderNetwork.objects.bulk_create(rows, 5_000)


if __name__ == "__main__":
    main()
