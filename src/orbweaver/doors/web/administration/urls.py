"""Addresses of the administration."""

from __future__ import annotations

from django.urls import URLPattern, path

from orbweaver.doors.web.administration import (
    audit,
    checklist,
    criteria,
    keys,
    list_changes,
    list_entries,
    lists,
    people,
)

urlpatterns: list[URLPattern] = [
    path("lists/", lists.lists, name="lists"),
    path("lists/upload/", list_changes.upload, name="list-upload"),
    path("lists/uploads/<str:public_id>/", list_changes.uploaded, name="list-uploaded"),
    path("lists/quarantine/", list_entries.quarantine, name="list-quarantine"),
    path("lists/<str:public_id>/", lists.one_list, name="list"),
    path("lists/<str:public_id>/entries/<str:number>/", list_entries.entry, name="list-entry"),
    path("lists/<str:public_id>/terms/", list_changes.terms, name="list-terms"),
    path("lists/<str:public_id>/state/", list_changes.state, name="list-state"),
    path("lists/<str:public_id>/record/", lists.record_file, name="list-record"),
    path("lists/<str:public_id>/imports/<str:run>/refused/", lists.refused_file, name="list-refused"),
    path("setting-up/", checklist.checklist, name="checklist"),
    path("setting-up/mail/", checklist.try_mail, name="try-mail"),
    path("people/", people.people, name="people"),
    path("people/add/", people.add_person, name="add-person"),
    path("people/add-organisation/", people.add_organisation, name="add-organisation"),
    path("people/<str:public_id>/", people.person, name="person"),
    path("people/<str:public_id>/role/", people.add_role, name="person-role"),
    path("people/<str:public_id>/training/", people.add_training, name="person-training"),
    path("people/<str:public_id>/take-role/", people.take_role, name="person-take-role"),
    path("people/<str:public_id>/switch/", people.switch, name="person-switch"),
    path("organisations/<str:public_id>/", people.organisation, name="organisation"),
    path("keys/", keys.keys, name="keys"),
    path("keys/add/", keys.add_key, name="add-key"),
    path("keys/<str:public_id>/", keys.key, name="key"),
    path("keys/<str:public_id>/replace/", keys.replace_key, name="key-replace"),
    path("keys/<str:public_id>/revoke/", keys.revoke_key, name="key-revoke"),
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
