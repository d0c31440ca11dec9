"""English words of letters."""

from __future__ import annotations

from orbweaver.assess.criteria import AgeClass, NoticeType
from orbweaver.notify.notices.letters.wording import Words

ENGLISH = Words(
    language="en",
    kinds={
        (NoticeType.CSAM, ""): (
            "Child sexual abuse material",
            "It falls in a criminal definition of child sexual abuse material.",
        ),
        (NoticeType.HARMFUL_ABUSIVE, "a"): (
            "Harmful or abusive material of a child, recorded in the course of abuse",
            "It was recorded in the course of the abuse of a child. All such material harms the child as long as it "
            "is public, whether or not each picture alone is illegal.",
        ),
        (NoticeType.HARMFUL_ABUSIVE, "b"): (
            "Harmful or abusive material of a child, used in a sexualised context",
            "At these addresses a picture of a child is used in a sexualised context.",
        ),
        (NoticeType.HARMFUL_ABUSIVE, "c"): (
            "Harmful or abusive material of a child, showing physical abuse",
            "It shows the physical abuse, torture or restraint of a child.",
        ),
    },
    ages={
        AgeClass.PREPUBESCENT: "prepubescent (%d to %d years)",
        AgeClass.PUBESCENT: "pubescent (%d to %d years)",
        AgeClass.POST_PUBESCENT: "post-pubescent (%d to %d years)",
    },
    months=("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
    minutes=("%d minute", "%d minutes"),
    hours=("%d hour", "%d hours"),
    days=("%d day", "%d days"),
    addresses=("%d address", "%d addresses"),
    subjects={
        "provider": "Please remove: %s",
        "referral": "Referral for removal: %s",
        "cdn": "Please stop delivering: %s",
        "upstream": "Not removed by a network you carry: %s",
        "registrar": "Domain registered with you used for: %s",
        "payment": "Site that may use your payment service: %s",
    },
    reminder="Reminder %d: %s",
    still_there="Still there after %s: %s",
    joined="%s and %d more",
    all_kinds="Material of children",
    demonstration="DEMONSTRATION",
    trial="TEST",
    answer_subject="Your objection to our notice [%s]",
    reasons={},
    plural_from=2,
    narrow_space=False,
)
