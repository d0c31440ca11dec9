"""How the hotline works, what it offers companies, and what its crawler is."""

from __future__ import annotations

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_GET

from orbweaver.assess.governance.selectors import in_force
from orbweaver.assess.review.settings import ReviewSettings
from orbweaver.detect.crawl.settings import CrawlSettings
from orbweaver.follow.recheck.settings import RecheckSettings
from orbweaver.platform.clock import now
from orbweaver.platform.settings import PlatformSettings


@require_GET
def how(request: HttpRequest) -> HttpResponseBase:
    """How it works, for everybody."""
    context = {
        "criteria_version": in_force(now()).version,
        "required": ReviewSettings.current().review_required_assessments,
    }
    return render(request, "web/public/how.html", context)


@require_GET
def industry(request: HttpRequest) -> HttpResponseBase:
    """For companies: what a notice asks of them, how uploads are checked, how to get a key."""
    return render(request, "web/public/industry.html")


@require_GET
def crawler(request: HttpRequest) -> HttpResponseBase:
    """What visited your site, and how to reach us."""
    context = {
        "user_agent": PlatformSettings.current().user_agent_text,
        "delay": CrawlSettings.current().crawl_host_delay_s,
        "as_browser": bool(RecheckSettings.current().recheck_browser),
    }
    return render(request, "web/public/crawler.html", context)
