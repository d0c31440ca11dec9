"""The hand-kept table: in, out, in again; bad rows by their line; ten thousand providers looked up as fast as ten."""

from __future__ import annotations

import csv
import datetime as dt
import io
from pathlib import Path

import pytest
from django.db import connection

from orbweaver.errors import InvalidInput
from orbweaver.notify.providers.discovery import found_contacts, provider_named
from orbweaver.notify.providers.editing import add_alias, add_network, change_provider, remove
from orbweaver.notify.providers.errors import ProviderInvalid, ProviderTaken
from orbweaver.notify.providers.models import Contact, Provider, ProviderNetwork
from orbweaver.notify.providers.selectors import contact_for, get_provider, provider_for
from orbweaver.notify.providers.services import add_provider
from orbweaver.notify.providers.table import COLUMNS, as_cells, export_rows, import_table

pytestmark = pytest.mark.django_db
NOW = dt.datetime(2026, 11, 25, 12, tzinfo=dt.UTC)
TABLE = """\
name,country,kind,aliases,domains,networks,systems,contacts,walled_garden,child_exploitation,upstreams
Host,nl,host,HOST-AS; Host B.V.,host.example,203.0.113.0/25 AS64500 NL; 2a00::/32,64500,abuse@host.example,,§ 4,Carrier
Carrier,de,network,,,,64501,noc@carrier.example,,,
Walls,us,platform,,walls.example,,,,yes,,
"""


def write(tmp_path: Path, text: str, name: str = "table.csv") -> Path:
    path = tmp_path / name
    path.write_text(text)
    return path


def test_a_table_goes_in_and_again_changes_nothing(tmp_path: Path) -> None:
    path = write(tmp_path, TABLE)
    first = import_table(path, NOW)
    assert (first.rows, first.added, first.changed, first.unchanged, first.rejections) == (3, 3, 0, 0, [])
    again = import_table(path, NOW + dt.timedelta(days=1))
    assert (again.added, again.changed, again.unchanged) == (0, 0, 3)
    host = get_provider("Host")
    contact = contact_for(host)
    assert contact is not None
    assert (contact.address, contact.source, contact.seen_at) == ("abuse@host.example", "hand", NOW)
    network = ProviderNetwork.objects.get(network="203.0.113.0/25")
    assert (network.asn, network.country) == (64500, "NL")
    assert host.links.get().to.name == "Carrier"
    assert get_provider("Walls").walled_garden
    assert provider_named("host  b.v.") == host


def test_what_is_exported_can_be_imported_elsewhere(tmp_path: Path) -> None:
    import_table(write(tmp_path, TABLE), NOW)
    found_contacts(get_provider("Host"), ["rdap@host.example"], Contact.Source.RDAP, NOW)
    rows = list(export_rows())
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS)
    writer.writeheader()
    writer.writerows(as_cells(row) for row in rows)
    assert "rdap@host.example" not in out.getvalue()
    Provider.objects.all().delete()
    done = import_table(write(tmp_path, out.getvalue(), "again.csv"), NOW)
    assert (done.added, done.rejections) == (3, [])
    assert list(export_rows()) == rows


def test_bad_rows_are_named_by_their_line_and_the_good_ones_are_in(tmp_path: Path) -> None:
    text = (
        "name,country,domains,networks,contacts,upstreams\n"
        "Good,CA,good.example,,abuse@good.example,\n"
        ',CA,,,,\n"Long, with comma\nand line",CAN,,,,\n'
        "Taken,,good.example,,,\n"
        "Net,,,203.0.113.1/24,,\n"
        "Mail,,,,not a mail,\n"
        "Linked,,,,,Nobody\n"
    )
    done = import_table(write(tmp_path, text), NOW)
    assert [line for line, _ in done.rejections] == [3, 4, 6, 7, 8, 9]
    assert sorted(Provider.objects.values_list("name", flat=True)) == ["Good", "Linked"]


@pytest.mark.parametrize("text", ["", "a,b\n", "name,secret\n"])
def test_a_file_that_is_no_table_is_refused_as_a_whole(tmp_path: Path, text: str) -> None:
    with pytest.raises(InvalidInput):
        import_table(write(tmp_path, text), NOW)


def test_toml_says_the_same(tmp_path: Path) -> None:
    text = (
        '[[providers]]\nname = "Host"\ncountry = "NL"\ndomains = ["host.example"]\ncontacts = ["abuse@host.example"]\n'
        '[[providers]]\nname = "Odd"\ndomains = "odd.example"\n[[providers]]\nnam = "X"\n'
    )
    done = import_table(write(tmp_path, text, "table.toml"), NOW)
    assert (done.added, [line for line, _ in done.rejections]) == (1, [2, 3])
    with pytest.raises(InvalidInput, match="TOML"):
        import_table(write(tmp_path, "x = ", "bad.toml"), NOW)


def test_changes_by_a_person_are_checked_and_belong_to_one_provider() -> None:
    host, other = add_provider("Host", now=NOW), add_provider("Other", now=NOW)
    add_alias(host, "HOST-AS", now=NOW)
    with pytest.raises(ProviderTaken):
        add_alias(other, "host-as", now=NOW)
    row = add_network(host, "203.0.113.0/24", country="nl", now=NOW)
    add_network(host, "203.0.113.0/24", asn=64500, now=NOW)
    row.refresh_from_db()
    assert (row.country, row.asn) == ("NL", 64500)
    assert remove(host, "network", row.pk, now=NOW)
    assert not remove(host, "network", row.pk, now=NOW)
    with pytest.raises(ProviderInvalid):
        remove(host, "contacts", 1, now=NOW)
    facts = {"country": "ca", "kind": "cdn", "terms_url": "", "walled_garden": False}
    assert change_provider(host, **facts, now=NOW)  # type: ignore[arg-type]
    assert not change_provider(host, **facts, now=NOW)  # type: ignore[arg-type]


def test_a_look_up_reads_indexes_however_many_networks_there_are() -> None:
    host = add_provider("Host", now=NOW, networks=["203.0.113.0/24"])
    ProviderNetwork.objects.bulk_create(
        ProviderNetwork(provider=host, network=f"10.{n // 256}.{n % 256}.0/24") for n in range(2_000)
    )
    assert provider_for("203.0.113.9", None) == host
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE providers_providernetwork")
        cursor.execute(
            "EXPLAIN SELECT 1 FROM providers_providernetwork WHERE network >>= '203.0.113.9'::inet "
            "ORDER BY masklen(network) DESC LIMIT 1"
        )
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "network_covers" in plan
