"""CASE and UCO (caseontology.org), the linked data in which forensic programs hand cases over: JSON-LD.

The medium as a file with its digests, each address it was seen at, the act of finding it, and the hotline that did.
``case_validate`` of ``case-utils`` 0.18 accepts it.
"""

from __future__ import annotations

import datetime as dt
import ipaddress
import json
import uuid
from collections.abc import Iterator
from typing import Any, Final

from orbweaver.notify.police.formats.facts import Facts, Seen

Node = dict[str, Any]
CONTEXT: Final = {
    "kb": "urn:orbweaver:",
    "case-investigation": "https://ontology.caseontology.org/case/investigation/",
    "uco-action": "https://ontology.unifiedcyberontology.org/uco/action/",
    "uco-core": "https://ontology.unifiedcyberontology.org/uco/core/",
    "uco-identity": "https://ontology.unifiedcyberontology.org/uco/identity/",
    "uco-observable": "https://ontology.unifiedcyberontology.org/uco/observable/",
    "uco-types": "https://ontology.unifiedcyberontology.org/uco/types/",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}
NAMES: Final = uuid.UUID("6f1f0a5e-6f6d-4b5b-9d3c-0f3b1f8c7a51")


class CaseUco:
    """One investigation with what was seen."""

    file_name = "case-uco.jsonld"

    def written(self, facts: Facts) -> bytes:
        """The file; the same facts give the same bytes."""
        nodes = list(_nodes(facts))
        parts = [_ref(each) for each in nodes]
        investigation = {
            "@id": _id(facts, "investigation"),
            "@type": "case-investigation:Investigation",
            "uco-core:name": facts.referral,
            "uco-core:description": f"{facts.because} {facts.words}".strip(),
            "uco-core:object": parts,
        }
        document = {"@context": CONTEXT, "@graph": [investigation, *nodes]}
        return (json.dumps(document, indent=1, ensure_ascii=False) + "\n").encode()


def _nodes(facts: Facts) -> Iterator[Node]:
    hotline = {
        "@id": _id(facts, "hotline"),
        "@type": "uco-identity:Organization",
        "uco-core:name": facts.hotline,
    }
    medium = _medium(facts)
    yield hotline
    yield medium
    for number, seen in enumerate(facts.seen):
        yield from _place(facts, number, seen, hotline, medium)


def _medium(facts: Facts) -> Node:
    digests = {"MD5": facts.md5, "SHA1": facts.sha1, "SHA256": facts.sha256}
    content = {
        "@id": _id(facts, "content"),
        "@type": "uco-observable:ContentDataFacet",
        "uco-observable:mimeType": facts.mime,
        "uco-observable:sizeInBytes": facts.size,
        "uco-observable:hash": [
            {
                "@id": _id(facts, kind),
                "@type": "uco-types:Hash",
                "uco-types:hashMethod": kind,
                "uco-types:hashValue": {"@type": "xsd:hexBinary", "@value": digest.upper()},
            }
            for kind, digest in digests.items()
        ],
    }
    file = {
        "@id": _id(facts, "file"),
        "@type": "uco-observable:FileFacet",
        "uco-observable:fileName": facts.file or facts.sha256,
    }
    return {
        "@id": _id(facts, "medium"),
        "@type": "uco-observable:File",
        "uco-core:hasFacet": [content, file],
    }


def _place(facts: Facts, number: int, seen: Seen, hotline: Node, medium: Node) -> Iterator[Node]:
    url = {
        "@id": _id(facts, f"url {number}"),
        "@type": "uco-observable:URL",
        "uco-core:hasFacet": [
            {
                "@id": _id(facts, f"url facet {number}"),
                "@type": "uco-observable:URLFacet",
                "uco-observable:fullValue": seen.url,
            }
        ],
    }
    yield url
    yield {
        "@id": _id(facts, f"from {number}"),
        "@type": "uco-observable:ObservableRelationship",
        "uco-core:source": _ref(medium),
        "uco-core:target": _ref(url),
        "uco-core:kindOfRelationship": "Downloaded_From",
        "uco-core:isDirectional": True,
    }
    found = [url]
    if seen.address:
        found.append(_address(facts, number, seen.address))
        yield found[-1]
    yield {
        "@id": _id(facts, f"act {number}"),
        "@type": "case-investigation:InvestigativeAction",
        "uco-core:name": "Found by the hotline's crawler",
        "uco-core:description": f"On the page {seen.page_url}" if seen.page_url else "At its own address",
        "uco-action:startTime": _time(seen.first),
        "uco-action:endTime": _time(seen.last),
        "uco-action:performer": _ref(hotline),
        "uco-action:object": [_ref(each) for each in found],
        "uco-action:result": [_ref(medium)],
    }


def _address(facts: Facts, number: int, text: str) -> Node:
    version = f"IPv{ipaddress.ip_address(text).version}Address"
    return {
        "@id": _id(facts, f"address {number}"),
        "@type": f"uco-observable:{version}",
        "uco-core:hasFacet": [
            {
                "@id": _id(facts, f"address facet {number}"),
                "@type": f"uco-observable:{version}Facet",
                "uco-observable:addressValue": text,
            }
        ],
    }


def _time(at: dt.datetime) -> Node:
    return {"@type": "xsd:dateTime", "@value": at.astimezone(dt.UTC).isoformat()}


def _ref(node: Node) -> Node:
    return {"@id": node["@id"]}


def _id(facts: Facts, name: str) -> str:
    return f"kb:{name.split(maxsplit=1)[0]}-{uuid.uuid5(NAMES, f'{facts.referral} {name}')}"


CASE_UCO: Final = CaseUco()
