"""Addresses of the desk."""

from __future__ import annotations

from django.urls import URLPattern, path, re_path

from orbweaver.doors.web.desk import (
    answers,
    conduct,
    holds,
    hosts,
    ignored,
    inbox,
    leads,
    notices,
    providers,
    sites,
)

urlpatterns: list[URLPattern] = [
    path("notices/", notices.notices, name="notices"),
    path("notices/pause/", notices.pause, name="notices-pause"),
    path("notices/answers/", answers.answers, name="incoming-answers"),
    path("notices/answers/<str:public_id>/", answers.answer, name="incoming-answer"),
    path("notices/answers/<str:public_id>/mail/", answers.download_answer, name="incoming-answer-download"),
    path("notices/held/", holds.holds, name="notice-holds"),
    path("notices/held/<str:public_id>/lift/", holds.lift_hold, name="notice-hold-lift"),
    path("notices/ignored/", ignored.ignored_page, name="ignored"),
    re_path(r"^notices/ignored\.(?P<form>csv|json)$", ignored.ignored_file, name="ignored-file"),
    path("notices/<str:public_id>/", notices.notice, name="notice"),
    path("notices/<str:public_id>/answered/", answers.record_answer, name="notice-answer-record"),
    path("notices/<str:public_id>/messages/<int:number>/", notices.download, name="notice-download"),
    path("notices/<str:public_id>/addresses/<int:number>/", notices.say, name="notice-say"),
    path("objections/<str:public_id>/", notices.decide_objection, name="objection"),
    path("objections/<str:public_id>/review/", notices.review_objection, name="objection-review"),
    path("inbox/", inbox.inbox, name="inbox"),
    path("inbox/<str:public_id>/", inbox.inbox_notice, name="inbox-notice"),
    path("inbox/<str:public_id>/addresses/", inbox.inbox_addresses, name="inbox-addresses"),
    path("providers/", providers.providers, name="providers"),
    path("providers/<str:public_id>/", providers.provider, name="provider"),
    path("providers/<str:public_id>/conduct/", conduct.say, name="conduct-say"),
    path("providers/<str:public_id>/conduct/<str:override>/sign/", conduct.sign, name="conduct-sign"),
    path("providers/<str:public_id>/conduct/<str:override>/end/", conduct.end, name="conduct-end"),
    path("providers/<str:public_id>/credit/", conduct.credit, name="conduct-credit"),
    path("providers/<str:public_id>/change/", providers.change, name="provider-change"),
    path("providers/<str:public_id>/add/", providers.add, name="provider-add"),
    path("providers/<str:public_id>/clause/", providers.clause, name="provider-clause"),
    path("providers/<str:public_id>/link/", providers.link, name="provider-link"),
    path("providers/<str:public_id>/remove/", providers.remove, name="provider-remove"),
    path("hosts/", hosts.hosts, name="hosts"),
    path("leads/", leads.leads, name="leads"),
    path("leads/<str:public_id>/", leads.lead, name="lead"),
    path("sites/", sites.sites, name="sites"),
    path("sites/switch/", sites.switch_everything, name="crawl-switch"),
    path("sites/<int:number>/", sites.site, name="site"),
    path("sites/<int:number>/kind/", sites.site_kind, name="site-kind"),
    path("sites/<int:number>/switch/", sites.switch, name="site-switch"),
]
