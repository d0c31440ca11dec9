"""Every address of the site."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from orbweaver.web import (
    account,
    answers,
    appeals,
    audit,
    criteria,
    figures,
    front,
    items,
    keys,
    leads,
    lists,
    my_day,
    notices,
    people,
    providers,
    public,
    queue,
    sites,
    team,
    together,
)

handler400 = "orbweaver.web.failures.bad_request"
handler403 = "orbweaver.web.failures.forbidden"
handler404 = "orbweaver.web.failures.not_found"
handler500 = "orbweaver.web.failures.server_error"

FRONT: list[URLPattern] = [
    path("", front.home, name="home"),
    path("setup/<str:token>/", front.setup, name="setup"),
    path("sign-in/", front.sign_in, name="sign-in"),
    path("sign-out/", front.sign_out, name="sign-out"),
    path("robots.txt", front.robots, name="robots"),
]

WORKPLACE: list[URLPattern] = [
    path("queue/", queue.queue, name="queue"),
    path("queue/next/", queue.take_next, name="queue-next"),
    path("items/<str:public_id>/", items.item, name="item"),
    path("items/<str:public_id>/take/", items.take, name="item-take"),
    path("items/<str:public_id>/renew/", items.renew, name="item-renew"),
    path("items/<str:public_id>/release/", items.release, name="item-release"),
    path("items/<str:public_id>/look/", items.look, name="item-look"),
    path("items/<str:public_id>/picture/<str:token>/", items.picture_once, name="item-picture"),
    path("items/<str:public_id>/preview/", items.preview, name="item-preview"),
    path("items/<str:public_id>/assess/", items.assess, name="item-assess"),
    path("items/<str:public_id>/undo/", queue.undo, name="item-undo"),
    path("items/<str:public_id>/together/", together.page, name="item-together"),
    path("items/<str:public_id>/together/take/", together.take, name="item-together-take"),
    path("items/<str:public_id>/together/assess/", together.assess, name="item-together-assess"),
    path("items/<str:public_id>/together/release/", together.release, name="item-together-release"),
    path("my-day/", my_day.my_day, name="my-day"),
    path("my-keys/", keys.my_keys, name="my-keys"),
    path("team/wellbeing/", my_day.team, name="team-exposure"),
]

DESK: list[URLPattern] = [
    path("notices/", notices.notices, name="notices"),
    path("notices/pause/", notices.pause, name="notices-pause"),
    path("notices/<str:public_id>/", notices.notice, name="notice"),
    path("notices/<str:public_id>/messages/<int:number>/", notices.download, name="notice-download"),
    path("objections/<str:public_id>/", notices.decide_objection, name="objection"),
    path("providers/", providers.providers, name="providers"),
    path("providers/<str:public_id>/", providers.provider, name="provider"),
    path("lists/", lists.lists, name="lists"),
    path("lists/<str:public_id>/", lists.one_list, name="list"),
    path("leads/", leads.leads, name="leads"),
    path("leads/<str:public_id>/", leads.lead, name="lead"),
    path("sites/", sites.sites, name="sites"),
    path("sites/switch/", sites.switch_everything, name="crawl-switch"),
    path("sites/<int:number>/", sites.site, name="site"),
    path("sites/<int:number>/switch/", sites.switch, name="site-switch"),
    path("people/", people.people, name="people"),
    path("people/add/", people.add_person, name="add-person"),
    path("people/add-organisation/", people.add_organisation, name="add-organisation"),
    path("people/<str:public_id>/", people.person, name="person"),
    path("people/<str:public_id>/role/", people.add_role, name="person-role"),
    path("people/<str:public_id>/training/", people.add_training, name="person-training"),
    path("people/<str:public_id>/take-role/", people.take_role, name="person-take-role"),
    path("people/<str:public_id>/switch/", people.switch, name="person-switch"),
    path("organisations/<str:public_id>/", people.organisation, name="organisation"),
    path("account/", account.account, name="account"),
    path("account/password/", account.change_password, name="account-password"),
    path("team/", team.team, name="team"),
    path("team/known-answers/", team.add_known_answer, name="known-answer-add"),
    path("team/known-answers/<str:public_id>/", team.retire_known_answer, name="known-answer-retire"),
    path("reviews/", appeals.appeals, name="appeals"),
    path("verdicts/<str:public_id>/review/", appeals.ask, name="appeal-ask"),
    path("audit/", audit.audit, name="audit"),
    path("criteria/", criteria.versions, name="criteria"),
    path("draft-criteria/", criteria.draft, name="criteria-draft"),
    path("criteria/<str:number>/", criteria.version, name="criteria-version"),
    path("criteria/<str:number>/file/", criteria.download, name="criteria-file"),
    path("criteria/<str:number>/edit/", criteria.edit, name="criteria-edit"),
    path("criteria/<str:number>/compare/", criteria.compare, name="criteria-compare"),
    path("criteria/<str:number>/sign/", criteria.sign, name="criteria-sign"),
    path("criteria/<str:number>/use/", criteria.use, name="criteria-use"),
    path("criteria/<str:number>/call-off/", criteria.call_off, name="criteria-call-off"),
]

PUBLIC: list[URLPattern] = [
    path("", figures.figures_page, name="public-figures"),
    path("report/", public.report, name="public-report"),
    path("report/<str:public_id>/", public.report_state, name="public-report-state"),
    path("answer/<str:token>/", answers.answer, name="answer"),
    path("answer/<str:token>/thanks/", answers.thanks, name="answer-thanks"),
    path("how/", public.how, name="public-how"),
    path("criteria/", criteria.in_force, name="public-criteria"),
    path("crawler/", public.crawler, name="public-crawler"),
]

urlpatterns: list[URLPattern | URLResolver] = [*FRONT, *WORKPLACE, *DESK, path("public/", include(PUBLIC))]
