"""What this room tells people: each message once, with its code."""

from __future__ import annotations

from orbweaver.errors import Message

NO_FILES = Message("copies.no_files", "There are no files in this folder.")
MODEL_UNUSABLE = Message(
    "copies.model_unusable",
    "The model %(path)s cannot be used: it must be an ONNX file that takes one picture and gives numbers.",
)
