"""Leads, sites, the frontier, its workers. Rows of the frontier record that a URL was processed; what is done and
bound to nothing leaves it after a while for tables that cost a quarter (``AwayUrl``)."""

from __future__ import annotations

from typing import ClassVar, TypeAlias

from django.db import models

from orbweaver.platform.fields import MessageField, public_id_field


class Lead(models.Model):
    """Where a crawl begins. What it comes upon is fetched again if that was done before ``revisit_before``."""

    class Source(models.TextChoices):
        """Who or what gave it (R1)."""

        REPORT = "report"
        OPERATOR = "operator"
        ANALYST = "analyst"
        SIGHTING = "sighting"
        LIST = "list"

    public_id = public_id_field("led")
    url = models.TextField()
    site = models.ForeignKey("Site", on_delete=models.PROTECT, null=True, related_name="leads")
    source = models.CharField(max_length=10, choices=Source.choices)
    note = models.TextField(blank=True)
    report_id = models.BigIntegerField(null=True, db_index=True, help_text="intake.Report, which is above this folder")
    authority = MessageField(help_text="Why robots.txt does not hold for the lead's own URL")
    revisit_before = models.DateTimeField()
    fruitless_pages = models.IntegerField(default=0, help_text="Pages since something known was found")
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return str(self.public_id)


class Site(models.Model):
    """A host and port: the unit of politeness. Times are real, not domain time.

    ``waiting`` says that URLs may wait here; it is only set to false while the row is locked and none was found, and
    set to true under the same lock by whoever adds some. So are ``best_priority``, by which hosts are chosen, and
    ``best_id``: nothing waits here that comes before them in the order of leasing. Who adds what they cover already
    leaves the row alone, so that nobody waits for it; what a lease passes over for that is found by ``passed_over``.
    What the server's answers taught (``pace_s``, ``latency_s``, ``slots``; the rule is in ``rules``) stands here so
    that it holds in every process.
    """

    class Kind(models.TextChoices):
        """Kind of site (R2)."""

        UNKNOWN = "unknown"
        IMAGEBOARD = "imageboard"
        FORUM = "forum"
        CHAT = "chat"
        FILE_HOST = "file_host"
        IMAGE_HOST = "image_host"
        ADULT = "adult"
        SOCIAL = "social"
        ARCHIVE = "archive"
        OTHER = "other"

    host = models.CharField(max_length=260)
    port = models.IntegerField()
    kind = models.CharField(max_length=12, choices=Kind.choices, default=Kind.UNKNOWN)
    kinds_version = models.CharField(
        max_length=50,
        db_default="",
        default="",
        help_text="Of the table that told its kind; none: a person, or unknown",
    )
    walled_garden = models.BooleanField(default=False, help_text="Cannot be crawled: statistics are an undercount (R3)")
    cover_version = models.CharField(
        max_length=50, db_default="", default="", help_text="Of the table that told a walled garden; none: it is none"
    )
    switched_off = models.BooleanField(default=False, help_text="Nothing is fetched here while set")
    robots_authority = models.TextField(blank=True, help_text="Why robots.txt does not hold for the whole site")
    robots_text = models.TextField(blank=True)
    robots_fetched_at = models.DateTimeField(null=True)
    delay_s = models.FloatField(null=True, help_text="Seconds between requests; none: the setting, or robots.txt")
    concurrency = models.SmallIntegerField(null=True, help_text="Requests at once; none: the setting")
    robots_delay_s = models.FloatField(default=0, help_text="Crawl-delay of robots.txt, bounded")
    next_fetch_at = models.DateTimeField(help_text="No request starts before this")
    waiting = models.BooleanField(default=True)
    best_priority = models.SmallIntegerField(db_default=0, help_text="Of what waits here, the lowest")
    best_id = models.BigIntegerField(db_default=0, help_text="Number of the first of these URLs, or a lower one")
    pace_s = models.FloatField(db_default=0.0, help_text="Seconds between requests that its answers ask for; 0: none")
    latency_s = models.FloatField(db_default=0.0, help_text="Seconds to answer, a moving average; 0: not known")
    slots = models.FloatField(null=True, help_text="Requests at once that its answers allow; none: no bound of theirs")
    links = models.BigIntegerField(db_default=0, help_text="Distinct addresses found there, if it is a walled garden")
    created_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["host", "port"], name="site_once")]
        indexes: ClassVar = [
            models.Index(
                fields=["next_fetch_at"], condition=models.Q(waiting=True, switched_off=False), name="site_ready"
            ),
            models.Index(
                fields=["best_priority", "next_fetch_at"],
                condition=models.Q(waiting=True, switched_off=False),
                name="site_best",
            ),
            models.Index(fields=["id"], condition=models.Q(walled_garden=True), name="site_walled"),
            models.Index(fields=["id"], condition=models.Q(switched_off=True), name="site_off"),
        ]

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


class Extent(models.Model):
    """How many addresses a lead (``lead:7``), a host (``host:a.example``) or a domain brought in (``extents``)."""

    name = models.CharField(max_length=260, unique=True)
    addresses = models.BigIntegerField(help_text="New ones, since it was first seen")
    finds = models.BigIntegerField(
        help_text="Of what is known; each time they double there is room for as many addresses again"
    )
    full_at = models.DateTimeField(null=True, help_text="Since when it is followed no further (real time)")

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["-full_at"], condition=models.Q(full_at__isnull=False), name="extent_full")
        ]

    def __str__(self) -> str:
        return self.name


class CrawlWorker(models.Model):
    """A crawler process that holds leases. When it has not said for a while that it lives, others take its leases."""

    name = models.CharField(max_length=100, help_text="Machine and process")
    started_at = models.DateTimeField()
    alive_until = models.DateTimeField(db_index=True, help_text="Real time")


class UrlKind(models.IntegerChoices):
    """What is expected there; what came is told by the bytes."""

    UNKNOWN = 0
    PAGE = 1
    MEDIA = 2


class UrlState(models.IntegerChoices):
    """waiting → leased → done, or → later → waiting; done → waiting when it is to be fetched again."""

    WAITING = 0
    LEASED = 1
    LATER = 2
    DONE = 3


class FrontierUrl(models.Model):
    """One URL to fetch, or fetched. Written by ``crawl.frontier`` in bulk; the key is the SHA-256 of the normal form.

    ``context`` of a medium is what stood around it on its page (``parent``); that of a page is its title and headings.
    No foreign key is checked by the database here but those to the lead and the site.
    """

    Kind: TypeAlias = UrlKind
    State: TypeAlias = UrlState

    url_key = models.BinaryField(max_length=32, unique=True)
    url = models.TextField()
    site = models.ForeignKey(Site, on_delete=models.PROTECT, db_index=False, related_name="urls")
    lead = models.ForeignKey(Lead, on_delete=models.PROTECT, db_index=False, related_name="urls")
    parent_id = models.BigIntegerField(null=True, help_text="The page it was found on")
    led_to_id = models.BigIntegerField(null=True, help_text="Of a medium whose error is ``redirect``: where it leads")
    report_id = models.BigIntegerField(null=True, help_text="It is to be assessed for this report, match or not")
    past_robots = models.BooleanField(default=False, help_text="The lead's authority holds for it")
    kind = models.SmallIntegerField(choices=Kind.choices)
    hops = models.SmallIntegerField(help_text="Distance from the lead or the nearest known sighting")
    priority = models.SmallIntegerField(help_text="Lower is sooner")
    state = models.SmallIntegerField(choices=State.choices, default=State.WAITING)
    attempts = models.SmallIntegerField(default=0)
    due_at = models.DateTimeField(
        null=True, help_text="Real time; while later. None then: not before its lead is resumed"
    )
    worker_id = models.BigIntegerField(null=True, help_text="CrawlWorker that holds the lease")
    context = models.JSONField(null=True)
    status = models.SmallIntegerField(null=True)
    error = models.CharField(max_length=24, blank=True)
    sha256 = models.BinaryField(max_length=32, null=True)
    pdq = models.BinaryField(max_length=32, null=True)
    pdq_quality = models.SmallIntegerField(null=True)
    other_prints = models.BinaryField(
        null=True,
        max_length=5_000,
        help_text="MD5, SHA-1 and the three mirrored PDQ hashes, one after the other; then those of its pieces",
    )
    matched = models.BooleanField(default=False)
    etag = models.CharField(max_length=400, blank=True)
    last_modified = models.CharField(max_length=40, blank=True)
    fetched_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(
                fields=["site", "priority", "id"], condition=models.Q(state=UrlState.WAITING), name="frontier_waiting"
            ),
            models.Index(fields=["worker_id"], condition=models.Q(state=UrlState.LEASED), name="frontier_leased"),
            models.Index(fields=["site"], condition=models.Q(state=UrlState.LEASED), name="frontier_in_hand"),
            models.Index(
                fields=["lead", "site", "priority", "id"],
                condition=models.Q(state=UrlState.WAITING),
                name="frontier_waiting_of_lead",
            ),
            models.Index(fields=["lead"], condition=models.Q(state=UrlState.DONE), name="frontier_done_of_lead"),
            models.Index(fields=["due_at"], condition=models.Q(state=UrlState.LATER), name="frontier_later"),
            models.Index(
                fields=["lead", "attempts"], condition=models.Q(state=UrlState.LATER), name="frontier_later_of_lead"
            ),
            models.Index(fields=["parent_id"], condition=~models.Q(kind=UrlKind.MEDIA), name="frontier_links_of"),
            models.Index(fields=["parent_id"], condition=models.Q(kind=UrlKind.MEDIA), name="frontier_shown_on"),
            models.Index(fields=["led_to_id"], condition=models.Q(led_to_id__isnull=False), name="frontier_led_to"),
        ]


class AwayUrl(models.Model):
    """The key of a URL that was done and left the frontier (``away``). In partitions by the quarter of ``fetched_on``,
    with a hash index over the keys; PostgreSQL knows no primary key of it. Where a row of the frontier has the key that
    row counts, and this one is left over."""

    number = models.BigIntegerField(primary_key=True, help_text="What it had in the frontier")
    key = models.UUIDField(help_text="The first half of the key in the frontier")
    fetched_on = models.DateField(help_text="Domain time")
    kind = models.SmallIntegerField(choices=UrlKind.choices)
    hops = models.SmallIntegerField()

    def __str__(self) -> str:
        return str(self.number)


class AwayDetails(models.Model):
    """What else was known of some thousands of them: one Parquet file (``away_details``), in partitions as their keys.
    A row of the file whose number and day are not among the keys is left over."""

    first = models.BigIntegerField(primary_key=True, help_text="The lowest number in it; PostgreSQL does not know it")
    last = models.BigIntegerField(help_text="The highest")
    fetched_on = models.DateField(help_text="The first day of the quarter")
    data = models.BinaryField()

    def __str__(self) -> str:
        return f"{self.first} to {self.last}"


class AwayCount(models.Model):
    """How many addresses that a lead led to left the frontier, so that its figures do not sink. One that is fetched
    again later for another lead counts for that as well."""

    lead = models.ForeignKey(Lead, on_delete=models.PROTECT, db_index=False, related_name="away")
    kind = models.SmallIntegerField(choices=UrlKind.choices)
    error = models.CharField(max_length=24, blank=True)
    is_file = models.BooleanField(help_text="It has digests")
    is_picture = models.BooleanField(help_text="It has a perceptual hash")
    since_made = models.BooleanField(help_text="It was fetched after the lead was made")
    addresses = models.BigIntegerField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["lead", "kind", "error", "is_file", "is_picture", "since_made"], name="away_count_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.addresses} of lead {self.lead_id}"


class OtherPage(models.Model):
    """A page that shows a medium which was found on another site (``FrontierUrl.parent_id``) and waits, or matched: a
    place of its own once the medium is fetched. ``other_pages`` keeps it until then. No foreign key here either."""

    url_id = models.BigIntegerField(help_text="The medium")
    page_id = models.BigIntegerField()
    near_id = models.BigIntegerField(help_text="The newest URL when it was kept: what else the page shows is near it")
    context = models.JSONField(null=True, help_text="What stood around it on this page")

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["url_id", "page_id"], name="other_page_once")]
        indexes: ClassVar = [models.Index(fields=["page_id"], name="other_page_of")]

    def __str__(self) -> str:
        return f"{self.url_id} on {self.page_id}"


class Revisit(models.Model):
    """A page that is visited again by itself: something known was seen on it, or it is where a lead began that led to
    some. ``revisits`` keeps it. All times are domain time."""

    url = models.OneToOneField(FrontierUrl, on_delete=models.CASCADE, related_name="revisit")
    due_at = models.DateTimeField(db_index=True)
    hours = models.FloatField(help_text="Between the last visit and the next")
    found_at = models.DateTimeField(help_text="When something known was last new there")
    visited_at = models.DateTimeField(help_text="When it was last looked at whether something was")
    visits = models.IntegerField(default=0)
    fruitful_visits = models.IntegerField(default=0)

    def __str__(self) -> str:
        return f"every {self.hours:.0f} h"


class PassedOver(models.Model):
    """A host where a lease went past what it saw waiting; what somebody was just adding there may lie behind.
    ``passed_over`` looks again. No foreign key is checked."""

    site_id = models.BigIntegerField()
    unseen_from = models.BigIntegerField(
        null=True, help_text="The first transaction that had not begun when this was noticed; none: not noticed yet"
    )

    def __str__(self) -> str:
        return f"site {self.site_id}"


class StoppedLead(models.Model):
    """A lead that a person stopped, until somebody resumes it. A table of its own, which crawlers read and no machine
    of a fleet writes."""

    lead = models.OneToOneField(Lead, on_delete=models.CASCADE, related_name="stopped")
    stopped_at = models.DateTimeField(help_text="Domain time")

    def __str__(self) -> str:
        return f"{self.lead_id} stopped"


class CrawlSwitch(models.Model):
    """The off switch of the whole crawl: one row at most. Without it, crawling is on."""

    off = models.BooleanField()
    changed_at = models.DateTimeField()


class CrawlCount(models.Model):
    """How much was processed on a day (of domain time). Several rows a day, so that processes do not wait in line."""

    day = models.DateField()
    shard = models.SmallIntegerField()
    pages = models.BigIntegerField(default=0)
    images = models.BigIntegerField(default=0)
    failures = models.BigIntegerField(default=0)
    bytes = models.BigIntegerField(default=0)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["day", "shard"], name="count_once")]
