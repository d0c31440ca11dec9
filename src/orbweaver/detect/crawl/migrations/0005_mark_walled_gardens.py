"""Sites that are known already learn whether they are walled gardens, and leads which site they begin at."""

from django.db import migrations

from orbweaver.detect.crawl.kinds import walled_garden_of
from orbweaver.platform.network.urls import InvalidUrl, parse


def mark(apps, schema_editor):
    Site, Lead = apps.get_model("crawl", "Site"), apps.get_model("crawl", "Lead")
    walled = [site.pk for site in Site.objects.only("host").iterator() if walled_garden_of(site.host) is not None]
    Site.objects.filter(pk__in=walled).update(walled_garden=True)
    for lead in Lead.objects.filter(site=None).only("url").iterator():
        try:
            parsed = parse(lead.url)
        except InvalidUrl:
            continue
        Lead.objects.filter(pk=lead.pk).update(site=Site.objects.filter(host=parsed.host, port=parsed.port).first())


class Migration(migrations.Migration):
    dependencies = [("crawl", "0004_order_of_hosts_and_pace")]
    operations = [migrations.RunPython(mark, migrations.RunPython.noop)]
