"""Tells Django of this folder."""

from __future__ import annotations

from django.apps import AppConfig


class CrawlConfig(AppConfig):
    """Leads, the durable frontier, politeness, fetching and extraction."""

    name = "orbweaver.detect.crawl"
    label = "crawl"
