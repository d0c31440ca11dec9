"""The removal criteria: versioned data, the pure rules that read it, and mappings to other schemes."""

from orbweaver.assess.criteria.comparing import Change, Comparison, RuleChange, compare
from orbweaver.assess.criteria.errors import CriteriaInvalid
from orbweaver.assess.criteria.fixed import BASELINE, OTHERS, SELF_GENERATED
from orbweaver.assess.criteria.keeping import kept, read_answers
from orbweaver.assess.criteria.loading import (
    current,
    current_version,
    digest,
    load,
    load_signed,
    packaged_versions,
    version_text,
)
from orbweaver.assess.criteria.model import AgeClass, Category, Criteria, Fact, NoticeType, Outcome
from orbweaver.assess.criteria.rules import (
    AGE_CLASSES,
    Answers,
    Decision,
    age_class_of,
    decide,
    on_one_place,
    same_decision,
)

__all__ = [
    "AGE_CLASSES",
    "BASELINE",
    "OTHERS",
    "SELF_GENERATED",
    "AgeClass",
    "Answers",
    "Category",
    "Change",
    "Comparison",
    "Criteria",
    "CriteriaInvalid",
    "Decision",
    "Fact",
    "NoticeType",
    "Outcome",
    "RuleChange",
    "age_class_of",
    "compare",
    "current",
    "current_version",
    "decide",
    "digest",
    "kept",
    "load",
    "load_signed",
    "on_one_place",
    "packaged_versions",
    "read_answers",
    "same_decision",
    "version_text",
]
