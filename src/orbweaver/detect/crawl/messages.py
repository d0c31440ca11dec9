"""What this room tells people: each message once, with its code."""

from __future__ import annotations

from orbweaver.errors import Message

CRAWLING_IS_OFF = Message(
    "crawl.crawling_is_off",
    "All crawling is switched off. Switch it on first: orbweaver sites on --everything",
)
LEDGER_NEEDS_EXTRA = Message(
    "crawl.ledger_needs_extra",
    "The ledger needs pyarrow, which is not installed. Install the extra, pip install "
    "'orbweaver[ledger]', or set ORBWEAVER_LEDGER=false. Nothing was changed.",
)
LEDGER_BUSY = Message(
    "crawl.ledger_busy",
    "The ledger is being read, or put together, by another process. Nothing was changed. Run the command "
    "again once that is done.",
)
LEDGER_FOLDER = Message(
    "crawl.ledger_folder",
    "The ledger's folder cannot be used: %(reason)s. Nothing was changed. See to its disk and "
    "its rights, and run the command again.",
)
LEDGER_DAMAGED = Message(
    "crawl.ledger_damaged",
    "The ledger's file %(folder)s/%(file)s cannot be read. The others and the database are not affected. "
    "Restore it from a backup, or move it elsewhere and run the command again.",
)
SITE_HOST = Message("crawl.site_host", "Name a site by its host, as example.org or example.org:8080.")
SITE_HOST_ALONE = Message("crawl.site_host_alone", "Name a site by its host alone, without a path.")
DELAY_RANGE = Message("crawl.delay_range", "The delay is between 0 and %(most)s seconds.")
REQUESTS_RANGE = Message("crawl.requests_range", "Requests at once are between 1 and %(most)s.")
AUTHORITY_LENGTH = Message(
    "crawl.authority_length",
    "Say by what authority robots.txt is not followed, in %(least)s to %(most)s characters.",
)
REPORT_ASKS = Message(
    "crawl.report_asks",
    "A report asks the hotline to look at this address (rule 10: none may opt out of its checks).",
)
ANALYST_ASKS = Message(
    "crawl.analyst_asks",
    "An analyst of the hotline asks for this address.",
)
KNOWN_SEEN = Message(
    "crawl.known_seen",
    "Known material was seen at this address.",
)
