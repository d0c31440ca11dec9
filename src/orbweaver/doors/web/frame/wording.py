"""Codes in words: roles, categories, states, kinds. Every word that a template shows for a code is here."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

WORDS: dict[str, str | Promise] = {
    # The roles of R64:
    "criteria_editor": _("Criteria editor"),
    "analyst": _("Analyst"),
    "senior_analyst": _("Senior analyst"),
    "hotline_manager": _("Hotline manager"),
    "industry_client": _("Industry client"),
    "government_observer": _("Government observer"),
    "law_enforcement_liaison": _("Law enforcement liaison"),
    "survivor_support": _("Survivor support"),
    "administrator": _("Administrator"),
    # What a key of a program may:
    "scan:use": _("Scan files and hashes"),
    "report:submit": _("Send reports"),
    "notice:answer": _("Read and answer notices"),
    "list:read": _("Fetch lists"),
    "list:edit": _("Change its own banks"),
    "revoked": _("Revoked"),
    "expired": _("Expired"),
    # kinds of organisation
    "hotline": _("Hotline"),
    "industry": _("Industry"),
    "government": _("Government"),
    "law_enforcement": _("Law enforcement"),
    # categories, types and classes
    "csam": _("Child sexual abuse material"),
    "csam_related": _("Related to child sexual abuse material"),
    "other_harmful": _("Other harmful or abusive"),
    "harmful_abusive": _("Harmful or abusive"),
    # their years differ between versions of the criteria (``age_class_words``):
    "prepubescent": _("Prepubescent"),
    "pubescent": _("Pubescent"),
    "post_pubescent": _("Post-pubescent"),
    "identified": _("Identified"),
    "unidentified": _("Not known to be identified"),
    # who is told
    "provider": _("Provider"),
    "referral": _("Hotline of the hosting country"),
    "cdn": _("Content delivery network"),
    "upstream": _("Upstream network"),
    "registrar": _("Registrar"),
    "payment": _("Payment service"),
    "told": _("Has been notified"),
    "nobody": _("Nobody is known"),
    "told_before": _("Was notified before"),
    "no_address": _("It has no address"),
    "blocked": _("Its address may not be contacted"),
    # outcomes and how they came about
    "remove": _("Removal"),
    "no_action": _("No action"),
    "agreement": _("Analysts agreed"),
    "adjudication": _("Decided by a senior analyst"),
    "policy": _("By written policy"),
    # states of items, reports, leads, entries, notices and their URLs
    "waiting": _("Waiting"),
    "disagreed": _("Analysts disagree"),
    "decided": _("Decided"),
    "received": _("Received"),
    "fetched": _("Being assessed"),
    "unreachable": _("Unreachable"),
    "assessed": _("Assessed"),
    "active": _("Active"),
    "disputed": _("Disputed"),
    "quarantined": _("In quarantine"),
    "withdrawn": _("Withdrawn"),
    "off": _("Off"),
    "done": _("Done"),
    "queued": _("Queued"),
    "sent": _("Sent"),
    "failed": _("Failed"),
    "held": _("Held"),
    "refused": _("Refused by the other side"),
    "bounced": _("Undeliverable"),
    "by_hand": _("To be sent by hand"),
    "uncertain": _("May have arrived; not repeated"),
    "sending": _("On its way"),
    "cancelled": _("No longer needed"),
    "open": _("Open"),
    "closed": _("Closed"),
    "live": _("Still there"),
    "gone_once": _("Gone once, to be confirmed"),
    "removed": _("Removed"),
    "reappeared": _("Back again"),
    "offline": _("Offline"),
    "moved": _("Moved to another address"),
    # who asks for a removal, for what, and what they are told
    "asks_child": _("A child, for themselves"),
    "asks_adult": _("An adult, for themselves"),
    "asks_family": _("Somebody of the family"),
    "asks_representative": _("Somebody who helps: a lawyer, a doctor, …"),
    "aim_picture": _("Pictures or videos"),
    "aim_text": _("Words about the person"),
    "aim_both": _("Pictures and words"),
    "at_risk": _("A child in danger"),
    "waits_for_person": _("Waits for a person"),
    "withdrawn_by_person": _("Stopped by the person"),
    "stage_back": _("It came back"),
    "stage_told": _("The company was asked"),
    "stage_writing": _("It has to go; the company is told next"),
    "stage_assessing": _("Found; people look at it"),
    "stage_looking": _("We look for it"),
    "stage_gone": _("It is gone"),
    "stage_unreachable": _("We could not see anything there"),
    "stage_not_asked": _("We could not ask for its removal"),
    "stage_reading": _("Somebody reads the page"),
    "stage_words_told": _("The company was asked about the words"),
    "stage_words_gone": _("The words are gone"),
    # states of versions of the criteria, and what of a decision can change
    "draft": _("Draft"),
    "signed": _("Signed"),
    "scheduled": _("Takes effect later"),
    "in_force": _("In force"),
    "replaced": _("Replaced"),
    "outcome": _("Outcome"),
    "category": _("Category"),
    "notice_type": _("Type of notice"),
    "sub_type": _("Sub-type"),
    "age_class": _("Age class"),
    "straddles": _("Spans two age classes"),
    "reasons": _("Wording of the reasons"),
    "undecidable": _("Whether it can be decided"),
    # what analysts say besides the two questions
    "nude": _("Nude or partly nude"),
    "sexualised_context": _("Sexualised context"),
    "clothed_variant": _("Clothed, used in a sexualised context"),
    "physical_abuse": _("Physical abuse"),
    "self_generated": _("Apparently self-generated"),
    "interpol_baseline": _("Interpol baseline"),
    # kinds of site (R2)
    "imageboard": _("Imageboard"),
    "forum": _("Forum"),
    "chat": _("Chat"),
    "file_host": _("File host"),
    "image_host": _("Image host"),
    "adult": _("Adult site"),
    "social": _("Social network"),
    "archive": _("Archive"),
    # kinds of hash and of list
    "md5": "MD5",
    "sha1": "SHA-1",
    "sha256": "SHA-256",
    "pdq": "PDQ",
    "known": _("Known material"),
    "own": _("The hotline's own verdicts"),
    "known_good": _("Known to be harmless"),
    # series, their items and victims
    "proposed": _("Proposed"),
    "before": _("Before"),
    "during": _("During"),
    "after": _("After"),
    "unknown": _("Not stated"),
    "clothing": _("The same clothing"),
    "place": _("The same place"),
    "sequence": _("Sequence"),
    "source": _("Source"),
    "list_entry": _("A list names the series"),
    "page": _("The same page"),
    "near_duplicate": _("Near-duplicate"),
    "merge": _("merged into"),
    "split": _("split off to"),
    # markers, referrals, neighbours
    "live_stream": _("Recorded from a live stream"),
    "advertises_set": _("Advertises or points to a set"),
    "shown_to_child": _("Known imagery shown to a new child (urgent)"),
    "access_to_child": _("Claimed access to a child (urgent)"),
    "new": _("New"),
    "taken": _("Taken on"),
    "handed_over": _("With the police"),
    "wanted": _("To be fetched"),
    "linked": _("In a series"),
    "erased": _("Erased"),
    # what a watch term is
    "name": _("A name"),
    "school": _("A school"),
    "team": _("A team"),
    "relative": _("A relative"),
    "contact": _("A contact"),
    # where from
    "crawl": _("Found by the crawler"),
    "report": _("Reported"),
    "match": _("Matches a list"),
    "public": _("The public"),
    "partner": _("A partner"),
    "operator": _("The hotline"),
    "sighting": _("An earlier sighting"),
    "list": _("A list"),
    # A provider's answers and what became of them:
    "push_back": _("Not removed"),
    "upheld": _("The notice stands"),
    "conceded": _("The provider was right"),
    # The push-back of R51:
    "not_a_child": _("It is not a child"),
    "not_illegal": _("It is not illegal"),
    "wants_proof_of_age": _("Proof of age is wanted"),
    "not_ours": _("It is not on our network"),
    "already_gone": _("It is already gone"),
    # the protocols of the scan API
    "shield": "Shield",
    "hma": "HMA",
    "ncmec": "NCMEC",
    "stopncii": "StopNCII",
    "orbweaver": "Orbweaver",
    "ours": _("Our own calls"),
    "pages": _("Our own calls, with the pages"),
    # what else an answer in words can mean
    "needs_information": _("More information is needed"),
    "refuses": _("They refuse"),
    "automatic": _("An automatic reply"),
    "other": _("Something else"),
    # what was done to a picture
    "edit_resaved": _("saved again"),
    "edit_recoloured": _("other colours"),
    "edit_crop": _("cropped"),
    "edit_overlay": _("something laid over it"),
    "edit_text": _("text over it"),
    "edit_emoji": _("signs over it"),
    "edit_box": _("boxes over it"),
    "edit_border": _("a border"),
    "edit_caption": _("a caption"),
    "edit_turned": _("turned"),
    "edit_mirrored": _("mirrored"),
    "edit_page": _("on a page"),
    "edit_screen": _("a photographed screen"),
    "edit_collage": _("in a collage"),
    "edit_pasted": _("on another picture"),
}

_GOOD = frozenset({"in_force", "removed", "decided", "assessed", "sent", "active", "done", "current", "closed"})
_ATTENTION = frozenset(
    {
        "disagreed",
        "disputed",
        "quarantined",
        "gone_once",
        "held",
        "unreachable",
        "queued",
        "expired",
        "off",
        "offline",
        "withdrawn",
        "pending",
        "uncertain",
        "by_hand",
        "sending",
        "signed",
        "scheduled",
        "waits_for_person",
    }
)
_HARM = frozenset({"live", "moved", "reappeared", "failed", "refused", "bounced", "at_risk"})


def in_words(code: str) -> str:
    """The words for a code; an unknown one is shown with its underscores as spaces."""
    known = WORDS.get(code)
    return str(known) if known is not None else code.replace("_", " ").capitalize()


def badge_of(state: str) -> tuple[str, str]:
    """Tone and shape of a state: a tick is settled, a triangle wants attention, a square is harm now, a ring waits."""
    if state in _GOOD:
        return "good", "tick"
    if state in _ATTENTION:
        return "attention", "triangle"
    if state in _HARM:
        return "harm", "square"
    return "", "ring"
