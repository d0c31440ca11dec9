"""What this room tells people: each message once, with its code."""

from __future__ import annotations

from orbweaver.errors import Message

MAY_NOT_APPEAL = Message("review.may_not_appeal", "Your roles do not include asking for a review.")
APPEAL_INCOMPLETE = Message("review.appeal_incomplete", "Say who asks for the review, and why.")
NO_SUCH_VERDICT = Message("review.no_such_verdict", "There is no such verdict.")
VERDICT_CHANGED = Message(
    "review.verdict_changed",
    "A review has changed this verdict already. Ask for a review of the one that stands now.",
)
UNDER_REVIEW = Message("review.under_review", "This verdict is under review already. Nothing was changed.")
NO_SUCH_ITEM = Message("review.no_such_item", "There is no such item.")
KNOWN_ALREADY = Message("review.known_already", "This item's answer is among the known ones already.")
MAY_NOT_CHOOSE_KNOWN = Message(
    "review.may_not_choose_known",
    "Only a hotline manager chooses items whose answer is known.",
)
PLACE_OF_ANOTHER_ITEM = Message(
    "review.place_of_another_item",
    "The sighting that you chose does not belong to this item. Choose one that does.",
)
NO_QUEUE = Message("review.no_queue", "Your roles do not include the analysts' queue.")
MAY_NOT_READ = Message("review.may_not_read", "Your roles do not include reading items.")
ANSWERED_OR_DECIDED = Message("review.answered_or_decided", "This item is decided, or you have answered it already.")
WITH_SOMEBODY_ELSE = Message(
    "review.with_somebody_else",
    "Somebody else has this item now. Take another one; it comes back when they are done.",
)
TIME_OVER = Message("review.time_over", "Your time with this item is over. Nothing was saved. Take it again to go on.")
PICTURE_NOT_ARCHIVED = Message(
    "review.picture_not_archived",
    "The picture is not archived here. Decide by its context, or give the item back.",
)
ITEM_CHANGED = Message(
    "review.item_changed",
    "The item changed after this form was opened. Nothing was saved; look at it again.",
)
NO_TRAINING = Message("review.no_training", "Your training is not recorded. Ask the administrator to enter it.")
CONTEXT_BY_ITSELF = Message(
    "review.context_by_itself",
    "A sexualised context is a verdict on one page, never on a picture: with these answers, assess each "
    "item by itself. Nothing was saved.",
)
MINUTE_OVER = Message(
    "review.minute_over",
    "The minute is over: your answer stands. Another person can review the decision.",
)
NOT_DECIDED_BY_PEOPLE = Message(
    "review.not_decided_by_people",
    "Only an item that people decided has an answer to compare with.",
)
NOT_SURE_ENOUGH = Message(
    "review.not_sure_enough",
    "The verdict was changed by a review, or is under review. Its answer is not sure enough.",
)
GRAVEST_NOT_SHOWN = Message(
    "review.gravest_not_shown",
    "Material of the gravest kind is never shown to compare answers. Choose another item.",
)
NOT_ARCHIVED_ANY_MORE = Message(
    "review.not_archived_any_more",
    "The picture is not archived any more, so nobody else could answer about it.",
)
HOURS_SPENT = Message(
    "review.hours_spent",
    "You have given this work enough hours today. Thank you. What waits is safe and others go on "
    "with it. Finish or give back what you have in hand, and come back tomorrow.",
)
LOOKS_SPENT = Message(
    "review.looks_spent",
    "You have looked at enough pictures today, and that is a lot to carry. Thank you. Others go on "
    "with what waits. Talk to somebody you trust if anything stays with you, and come back tomorrow.",
)
TIME_FOR_A_BREAK = Message(
    "review.time_for_a_break",
    "It is time for a break: you can go on at %(time)s UTC. Leave the screen, move, look at "
    "something far away. The queue keeps its order, and what you have in hand can be saved or given "
    "back.",
)
STANDS_ONCE_SAVED = Message(
    "review.stands_once_saved",
    "An answer of this kind is final once it is saved.",
)
ANSWERED_AFTER_YOU = Message(
    "review.answered_after_you",
    "Somebody has answered after you. Your answer stands; another person can review the decision.",
)
NOTICE_ON_ITS_WAY = Message(
    "review.notice_on_its_way",
    "The notice is on its way. Your answer stands; another person can review the decision.",
)
REVIEW_ASKED_FOR = Message(
    "review.review_asked_for",
    "Somebody asked for a review of this decision. Your answer stands until then.",
)
FOLLOWING_IN_WORK = Message(
    "review.following_in_work",
    "Somebody works on what came after this item. Your answer stands.",
)
REPORTED = Message(
    "review.reported",
    "Somebody reported it. Reports are assessed whether they match or not.",
)
TOOK_PART = Message(
    "review.took_part",
    "You took part in this decision. Somebody who was not involved has to answer.",
)
REVIEW_FIRST = Message(
    "review.review_first",
    "Have it reviewed first: whether it is a child takes a senior analyst who was not involved, and whoever answers.",
)
DISAGREED_WITH = Message(
    "review.disagreed_with",
    "Whoever asked for its removal does not agree with the decision.",
)
ASKED_FOR = Message(
    "review.asked_for",
    "The person in it, or somebody for them, asks for its removal. It comes first, and people always decide.",
)
DISAGREED = Message(
    "review.disagreed",
    "The analysts disagree. A senior analyst who was not involved decides.",
)
CHILD_IDENTIFIED = Message(
    "review.child_identified",
    "Law enforcement has identified the child since it was decided. It is reviewed again.",
)
OTHER_REASON = Message(
    "review.other_reason",
    "%(reason)s",
)
ON_LIST = Message(
    "review.on_list",
    "Its bytes are on the list %(lists)s.",
    "Its bytes are on the lists %(lists)s.",
)
PART_OF_LIST = Message(
    "review.part_of_list",
    "It is an edited copy: a part of it looks like an entry of the list %(lists)s.",
    "It is an edited copy: parts of it look like entries of the lists %(lists)s.",
)
NO_SUCH_COPY = Message("review.no_such_copy", "This item shows no such held picture.")
COPY_OF_HELD = Message(
    "review.copy_of_held",
    "It is an edited copy of a picture that is held here.",
    "It is an edited copy of %(n)s pictures that are held here.",
)
NEAR_LIST = Message(
    "review.near_list",
    "It looks like an entry of the list %(lists)s: %(bits)s of 256 bits differ.",
    "It looks like an entry of the lists %(lists)s: %(bits)s of 256 bits differ.",
)
PROVED_ADULT = Message(
    "review.proved_adult",
    "The person has proved that they were 18 or older in it; two people found so.",
)
NOTE_EMPTY = Message("review.note_empty", "Write something first.")
