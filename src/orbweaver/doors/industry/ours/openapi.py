"""The description of our own calls, in OpenAPI 3.1."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from orbweaver.detect.hashlists.for_tests import PICTURES
from orbweaver.doors.industry.ours.listing import LARGEST, MOST
from orbweaver.fingerprints.kinds import FingerprintKind, kinds

Schema = dict[str, Any]

_TEXT: Final[Schema] = {"type": "string"}
_NUMBER: Final[Schema] = {"type": "integer"}
_MAYBE_NUMBER: Final[Schema] = {"type": ["integer", "null"]}
_MATCH: Final[Schema] = {
    "type": "object",
    "required": ["entry", "kind", "distance", "classification", "list_name", "supplier", "is_frame", "mark"],
    "properties": {
        "entry": _TEXT | {"description": "The entry of the list, to be named when it is disputed."},
        "kind": _TEXT,
        "distance": _NUMBER | {"description": "In bits; 0 for exact kinds."},
        "kinds": {
            "type": "object",
            "description": "Every kind of hash of the entry that is hit, with its least distance in bits.",
            "additionalProperties": _NUMBER,
        },
        "supplier_id": _TEXT | {"description": "Its supplier's own name for the entry."},
        "media": {"enum": ["", "image", "video"]},
        "classification": _TEXT,
        "list_name": _TEXT,
        "supplier": _TEXT,
        "source": _TEXT,
        "series": _TEXT,
        "identified": {"enum": ["identified", "unidentified"]},
        "is_frame": {"type": "boolean", "description": "It is a frame of a film; one alone says nothing of a film."},
        "mark": {
            "enum": ["", "disputed", "quarantined", "needs_a_look", "review_only", "derived_copy"],
            "description": "Why no filter should act on it alone.",
        },
        "proof": {
            "enum": ["hash", "pieces"],
            "description": "`pieces`: a piece of the picture alone looks like it, so it is an edited copy.",
        },
        "mirrored": {"type": "boolean", "description": "The known picture is seen mirrored."},
        "query_quad": {
            "type": ["array", "null"],
            "description": "Where in the picture the known one lies: the corners, clockwise from the known picture's "
            "top left, in shares of width and height. Null: all of it.",
            "items": {"type": "array", "items": {"type": "number"}},
        },
    },
}
_TOLD: Final[Schema] = {
    "classification": _TEXT | {"description": "Of the gravest match that counts, or `no-known-match`."},
    "match_type": {
        "enum": ["exact", "near", None],
        "description": "`near` with `no-known-match` is a possible match, for a person.",
    },
    "needs_a_look": {"type": "boolean", "description": "All that counts should be seen by a person first."},
    "graver_to_look_at": {
        "type": ["string", "null"],
        "description": "The classification of a graver match that a person should see first, beside one that may act.",
    },
    "matches": {"type": "array", "items": {"$ref": "#/components/schemas/Match"}},
}
_SCAN: Final[Schema] = {
    "type": "object",
    "required": ["sha256", "sha1", "md5", "size", *_TOLD],
    "properties": {
        "sha256": _TEXT,
        "sha1": _TEXT,
        "md5": _TEXT,
        "pdq": {"type": ["string", "null"]},
        "pdq_quality": _MAYBE_NUMBER,
        "width": _MAYBE_NUMBER,
        "height": _MAYBE_NUMBER,
        "size": _NUMBER,
        "error": {"type": ["string", "null"], "description": "Why there is no picture, or only a part of one."},
        **_TOLD,
        "notices": {
            "type": "array",
            "description": "Notices about it in the inbox of the key's organisation; for keys that may answer them.",
            "items": {
                "type": "object",
                "required": ["id", "state", "inbox"],
                "properties": {"id": _TEXT, "state": _TEXT, "inbox": _TEXT | {"description": "Path of its page."}},
            },
        },
    },
}
_ENTRY: Final[Schema] = {
    "type": "object",
    "required": ["entry", "list_name", "classification", "state", "hashes", "changed_at"],
    "properties": {
        **dict.fromkeys(("entry", "list_name", "supplier", "supplier_id", "member", "classification"), _TEXT),
        **dict.fromkeys(("series", "source", "changed_at"), _TEXT),
        "media": {"enum": ["", "image", "video"]},
        "identified": {"enum": ["identified", "unidentified"]},
        "baseline": {"type": "boolean"},
        "state": {
            "enum": ["active", "withheld", "withdrawn"],
            "description": "`withheld`: nobody should act on it now; `withdrawn`: it is no longer for you.",
        },
        "hashes": {
            "type": "array",
            "description": "None of what is withdrawn: forget the entry by its name.",
            "items": {
                "type": "object",
                "required": ["kind", "value", "time_s"],
                "properties": {
                    "kind": _TEXT,
                    "value": _TEXT | {"description": "Hexadecimal digits."},
                    "time_s": {"type": ["number", "null"], "description": "Of a frame of a video: where it is."},
                },
            },
        },
    },
}
_JOB_ID: Final = {"name": "id", "in": "path", "required": True, "schema": _TEXT}
_PAGE: Final = [
    {"name": "after", "in": "query", "schema": {"type": "integer", "minimum": 0, "maximum": LARGEST}},
    {"name": "limit", "in": "query", "schema": {"type": "integer", "minimum": 0, "maximum": MOST}},
]
_PROBLEM: Final[Schema] = {
    "type": "object",
    "required": ["type", "title", "status", "detail", "code"],
    "properties": {"type": _TEXT, "title": _TEXT, "status": _NUMBER, "detail": _TEXT, "code": _TEXT},
}
_PATTERNS: Final = {
    "pdq": "^[0-9A-Fa-f]{64}$",
    "md5": "^([0-9A-Fa-f]{32}|[0-9A-Za-z+/]{21}[AQgw]==)$",
    "sha1": "^([0-9A-Fa-f]{40}|[0-9A-Za-z+/]{26}[AEIMQUYcgkosw048]=)$",
    "sha256": "^([0-9A-Fa-f]{64}|[0-9A-Za-z+/]{42}[AEIMQUYcgkosw048]=)$",
}
"""How hashes are written: hexadecimal, and digests in base64, too."""
_REFUSALS: Final = {
    400: "Something of the request is wrong; `detail` says what.",
    401: "The key is missing, unknown, revoked or has expired.",
    403: "The key lacks the scope `scan:use`, or does not allow this host.",
    404: "There is no such thing.",
    405: "Another method is needed.",
    408: "The body came too slowly.",
    413: "The body is too large.",
    415: "The body is packed.",
    429: "The key has used what it may for now; `Retry-After` says for how long.",
    503: "Too much is being sent at once; `Retry-After` says for how long.",
}


_PROBLEM_CONTENT: Final = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
_RESULTS: Final[Schema] = {
    "type": "object",
    "required": ["kind", "results"],
    "properties": {
        "kind": _TEXT,
        "results": {
            "type": "array",
            "description": "One for each hash, in their order.",
            "items": {"type": "object", "required": [*_TOLD], "properties": _TOLD},
        },
    },
}
_SCANNED: Final[Schema] = {"$ref": "#/components/schemas/Scan"}
_JOB: Final[Schema] = {
    "type": "object",
    "required": ["id", "state", "progress", "result"],
    "properties": {
        "id": _TEXT,
        "state": {"enum": ["waiting", "running", "done", "failed"]},
        "progress": {"type": "number", "minimum": 0, "maximum": 1, "description": "Share that is decoded."},
        "result": {"oneOf": [{"type": "null"}, _SCANNED]},
    },
}
_ENTRIES: Final[Schema] = {
    "type": "object",
    "required": ["entries", "next", "has_more"],
    "properties": {
        "entries": {"type": "array", "items": {"$ref": "#/components/schemas/Entry"}},
        "next": _NUMBER | {"description": "The cursor after these: `after` of the next call."},
        "has_more": {"type": "boolean"},
    },
}


def description(largest_file: int, most_hashes: int) -> dict[str, Any]:
    """The whole document; sizes in bytes and hashes."""
    binary = {"type": "string", "format": "binary", "minLength": 1, "maxLength": largest_file}
    file = {"application/octet-stream": {"schema": binary}}
    address = {"type": "object", "required": ["url"], "properties": {"url": _TEXT | {"format": "uri"}}}
    hashes = {"oneOf": [_hashes_of(kind, most_hashes) for _, kind in sorted(kinds().items())]}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Orbweaver scan API", "version": "1"},
        "servers": [{"url": "/api/v1"}],
        "security": [{"bearer": []}, {"basic": []}],
        "paths": {
            "/scan/hashes": {"post": _call("Ask with hashes made at home.", _body(hashes), _RESULTS)},
            "/scan": {"post": _call("Check the raw bytes of a file.", file, _SCANNED)},
            "/scan/url": {
                "post": _call("Check the file at an address; its host must be allowed.", _body(address), _SCANNED)
            },
            "/jobs": {
                "post": _leading(
                    "job",
                    {"id": "$response.body#/id"},
                    _call("Hand in a video that takes long; ask after it by its `id`.", file, _JOB, "202"),
                )
            },
            "/jobs/{id}": {"get": _reading("job", "How far a job is, and what came of it.", [_JOB_ID], _JOB, 404)},
            "/entries": {
                "get": _leading(
                    "entries",
                    {"after": "$response.body#/next"},
                    _reading("entries", "Entries that others may fetch, since a cursor.", _PAGE, _ENTRIES, 400),
                )
            },
            "/test-pictures/{name}": {"get": _test_picture()},
        },
        "components": {
            "schemas": {"Match": _MATCH, "Entry": _ENTRY, "Scan": _SCAN, "Problem": _PROBLEM},
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer"},
                "basic": {"type": "http", "scheme": "basic", "description": "The key is the password."},
            },
        },
    }


def _hashes_of(kind: FingerprintKind, most: int) -> Schema:
    """A request with hashes of one kind; without a kind they are PDQ."""
    item = _TEXT | ({"pattern": _PATTERNS[kind.name]} if kind.name in _PATTERNS else {})
    return {
        "type": "object",
        "required": ["hashes"] if kind.name == "pdq" else ["kind", "hashes"],
        "properties": {
            "kind": {"const": kind.name},
            "hashes": {"type": "array", "maxItems": most, "items": item},
        },
    }


def _test_picture() -> dict[str, Any]:
    return {
        "summary": "A harmless picture that keys for tests find, and they alone.",
        "security": [],
        "parameters": [{"name": "name", "in": "path", "required": True, "schema": {"enum": sorted(PICTURES)}}],
        "responses": {
            "200": {"description": "The picture.", "content": {"image/jpeg": {}}},
            "404": {"description": "There is no such picture.", "content": _PROBLEM_CONTENT},
            "405": {"description": _REFUSALS[405], "content": _PROBLEM_CONTENT},
        },
    }


def _body(schema: Schema) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}


def _leading(to: str, parameters: dict[str, str], call: dict[str, Any]) -> dict[str, Any]:
    """The same call; its answer says what the call named ``to`` takes."""
    done = next(iter(call["responses"].values()))
    done["links"] = {to: {"operationId": to, "parameters": parameters}}
    return call


def _reading(name: str, summary: str, parameters: Sequence[Schema], result: Schema, refused: int) -> dict[str, Any]:
    refusals = {
        str(each): {"description": _REFUSALS[each], "content": _PROBLEM_CONTENT} for each in (refused, 401, 403, 405)
    }
    return {
        "operationId": name,
        "summary": summary,
        "parameters": list(parameters),
        "responses": {"200": {"description": "What is there.", "content": _body(result)}, **refusals},
    }


def _call(summary: str, content: dict[str, Any], result: Schema, status: str = "200") -> dict[str, Any]:
    rates = {name: {"schema": _TEXT} for name in ("RateLimit", "RateLimit-Policy")}
    return {
        "summary": summary,
        "requestBody": {"required": True, "content": content},
        "responses": {
            status: {"description": "What is known.", "headers": rates, "content": _body(result)},
            **{
                str(each): {"description": text, "content": _PROBLEM_CONTENT}
                for each, text in _REFUSALS.items()
                if each != 404
            },
        },
    }
