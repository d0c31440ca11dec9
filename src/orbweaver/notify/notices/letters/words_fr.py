"""French words of letters."""

from __future__ import annotations

from orbweaver.assess.criteria import AgeClass, NoticeType
from orbweaver.notify.notices.letters.wording import Words

FRENCH = Words(
    language="fr",
    kinds={
        (NoticeType.CSAM, ""): (
            "Matériel d’abus pédosexuels",
            "Il répond à une définition pénale du matériel d’abus pédosexuels.",
        ),
        (NoticeType.HARMFUL_ABUSIVE, "a"): (
            "Matériel préjudiciable ou abusif d’un enfant, enregistré au cours d’abus",
            "Il a été enregistré au cours d’abus commis sur un enfant. Tout ce matériel nuit à l’enfant tant qu’il est "
            "public, que chaque image prise seule soit illégale ou non.",
        ),
        (NoticeType.HARMFUL_ABUSIVE, "b"): (
            "Matériel préjudiciable ou abusif d’un enfant, utilisé dans un contexte sexualisé",
            "À ces adresses, une image d’un enfant est utilisée dans un contexte sexualisé.",
        ),
        (NoticeType.HARMFUL_ABUSIVE, "c"): (
            "Matériel préjudiciable ou abusif d’un enfant, montrant des violences physiques",
            "Il montre des violences physiques, des actes de torture ou la contrainte physique d’un enfant.",
        ),
    },
    ages={
        AgeClass.PREPUBESCENT: "prépubère (%d à %d ans)",
        AgeClass.PUBESCENT: "pubère (%d à %d ans)",
        AgeClass.POST_PUBESCENT: "postpubère (%d à %d ans)",
    },
    months=("janv.", "févr.", "mars", "avr.", "mai", "juin", "juil.", "août", "sept.", "oct.", "nov.", "déc."),
    minutes=("%d minute", "%d minutes"),
    hours=("%d heure", "%d heures"),
    days=("%d jour", "%d jours"),
    addresses=("%d adresse", "%d adresses"),
    subjects={
        "provider": "À retirer : %s",
        "referral": "Transmission pour retrait : %s",
        "cdn": "Diffusion à cesser : %s",
        "upstream": "Non retiré par un réseau que vous raccordez : %s",
        "registrar": "Domaine enregistré chez vous et utilisé pour : %s",
        "payment": "Site susceptible d’utiliser votre service de paiement : %s",
    },
    reminder="Rappel %d : %s",
    still_there="Toujours là après %s : %s",
    joined="%s et %d de plus",
    all_kinds="Matériel d’enfants",
    demonstration="DÉMONSTRATION",
    trial="ESSAI",
    answer_subject="Votre objection à notre notification [%s]",
    reasons={
        "A reasonable person would believe that the image is of a child, and that the child is harmed by its public "
        "availability. Both together mean removal, immediately.": (
            "Une personne raisonnable estimerait que l’image est celle d’un enfant et que sa mise à disposition du "
            "public nuit à cet enfant. Les deux réunis imposent le retrait, immédiatement."
        ),
        "The youngest child appears prepubescent (0 to 8 years).": (
            "L’enfant le plus jeune paraît prépubère (0 à 8 ans)."
        ),
        "The youngest child appears pubescent (9 to 12 years).": "L’enfant le plus jeune paraît pubère (9 à 12 ans).",
        "The youngest child appears post-pubescent (13 to 17 years).": (
            "L’enfant le plus jeune paraît postpubère (13 à 17 ans)."
        ),
        "The estimated ages span two classes; the youngest governs.": (
            "Les âges estimés couvrent deux classes ; la plus jeune l’emporte."
        ),
        "The image falls in a criminal definition of child sexual abuse material.": (
            "L’image répond à une définition pénale du matériel d’abus pédosexuels."
        ),
        "The image was recorded in the course of the abuse of a child.": (
            "L’image a été enregistrée au cours d’abus commis sur un enfant."
        ),
        "The image harms a child in another way that the criteria name.": (
            "L’image nuit à un enfant d’une autre manière que les critères désignent."
        ),
        "All material recorded in the course of an abusive incident is to be removed (sub-type a).": (
            "Tout le matériel enregistré au cours d’abus doit être retiré (sous-type a)."
        ),
        "A nude, partly nude or clothed image of a child is used in a sexualised context (sub-type b).": (
            "Une image d’un enfant nu, partiellement nu ou habillé est utilisée dans un contexte sexualisé "
            "(sous-type b)."
        ),
        "The image shows physical abuse, torture or restraint of a child (sub-type c).": (
            "L’image montre des violences physiques, des actes de torture ou la contrainte physique d’un enfant "
            "(sous-type c)."
        ),
    },
    plural_from=2,
    narrow_space=True,
)
