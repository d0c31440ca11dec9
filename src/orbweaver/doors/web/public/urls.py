"""Addresses that need no sign-in: the way in, what stands below ``/public/``, and the pages for survivors."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path, re_path

from orbweaver.doors.web.frame import language
from orbweaver.doors.web.public import (
    about,
    answers,
    codes,
    criteria,
    figure_pages,
    figures,
    front,
    passkeys,
    passwords,
    reports,
    status,
    survivor_proofs,
    survivors,
    years,
)

_BELOW_PUBLIC: list[URLPattern] = [
    path("", figures.figures_page, name="public-figures"),
    path("responses/", figure_pages.responses, name="public-responses"),
    path("removal/", figure_pages.removal, name="public-removal"),
    path("providers/", figure_pages.providers, name="public-providers"),
    path("countries/", figure_pages.countries, name="public-countries"),
    path("coverage/", figure_pages.coverage, name="public-coverage"),
    re_path(r"^data/(?P<name>[a-z]+)\.(?P<form>csv|json)$", figure_pages.data, name="public-data"),
    path("reports/", years.years, name="public-years"),
    path("reports/<int:number>/", years.year, name="public-year"),
    re_path(r"^reports/(?P<number>\d{4})\.(?P<form>csv|json|md)$", years.year_file, name="public-year-file"),
    path("report/", reports.report, name="public-report"),
    path("report/<str:public_id>/", reports.report_state, name="public-report-state"),
    path("answer/<str:token>/", answers.answer, name="answer"),
    path("answer/<str:token>/thanks/", answers.thanks, name="answer-thanks"),
    path("how/", about.how, name="public-how"),
    path("criteria/", criteria.in_force, name="public-criteria"),
    path("industry/", about.industry, name="public-industry"),
    path("crawler/", about.crawler, name="public-crawler"),
]

_BELOW_INFO: list[URLPattern] = [
    path("", survivors.start, name="survivors"),
    path("help/", survivors.help_lines, name="survivors-help"),
    path("privacy/", survivors.privacy, name="survivors-privacy"),
    path("hashing/worker.js", survivors.hashing_worker, name="survivors-worker"),
    path("hashing/program.wasm", survivors.hashing_program, name="survivors-program"),
    path("hashing/file.html", survivors.hashing_file, name="survivors-file"),
    path("ask/", survivors.ask_for_removal, name="survivors-ask"),
    path("proof/", survivor_proofs.bring_proof, name="survivors-proof"),
    path("follow/", survivors.see_request, name="survivors-progress"),
    path("follow/end/", survivors.withdraw_request, name="survivors-withdraw"),
    path("follow/on/", survivors.go_on_with_request, name="survivors-go-on"),
    path("follow/again/", survivors.disagree_with_us, name="survivors-disagree"),
    path("follow/proof/", survivor_proofs.look_again_at_proof, name="survivors-proof-again"),
]
"""Their addresses tell nobody what they are for: they stay in the history of a browser that others may use."""

urlpatterns: list[URLPattern | URLResolver] = [
    path("", front.home, name="home"),
    path("setup/<str:token>/", front.setup, name="setup"),
    path("sign-in/", front.sign_in, name="sign-in"),
    path("sign-in/code/", codes.sign_in_code, name="sign-in-code"),
    path("sign-in/passkey/", passkeys.sign_in, name="sign-in-passkey"),
    path("sign-in/passkey/ask/", passkeys.ask, name="sign-in-passkey-ask"),
    path("sign-out/", front.sign_out, name="sign-out"),
    path("password/", passwords.forgotten, name="password-forgotten"),
    path("password/<str:token>/", passwords.by_link, name="password-by-link"),
    path("language/", language.choose, name="language"),
    path("robots.txt", front.robots, name="robots"),
    path("healthz", status.status, name="healthz"),
    path("readyz", status.status, name="readyz"),
    path("metrics", status.status, name="metrics"),
    path("public/", include(_BELOW_PUBLIC)),
    path("info/", include(_BELOW_INFO)),
]
