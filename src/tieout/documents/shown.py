"""What is kept of a document and its postings, as people and programs are shown it: numbers without an exponent.

What was kept is what approvals are bound to, and stays as it is: only what is shown is written anew. A number is told from a
text by the kind's declaration and never by its looks, so a reference such as `1E+2` stays one.
"""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import msgspec

from tieout.documents.codec import decode_document
from tieout.documents.posting import EffectBody


def shown_content(content: Any) -> Any:
    """The content of a request for approval (`document`, `postings` and what else it has), each number in full: a share
    of 100 as "100" and not as "1E+2". What no declaration of today reads is shown as it was kept."""
    if not isinstance(content, dict):
        return content
    found = dict(content)
    if "document" in content:
        found["document"] = shown_document(content["document"])
    if isinstance(content.get("postings"), list):
        found["postings"] = [_posting(x) for x in content["postings"]]
    return found


def shown_document(kept: Any) -> Any:
    """The JSON of a document with each number in full; as it was kept where it is of no kind of today."""
    try:
        document = decode_document(json.dumps(kept).encode())
    except msgspec.ValidationError:
        return kept
    return _in_full(kept, document)


def _posting(kept: Any) -> Any:
    try:
        body: Any = msgspec.convert(kept, EffectBody)
    except msgspec.ValidationError:
        return kept
    return _in_full(kept, body)


def _in_full(kept: Any, value: object) -> Any:
    """`kept` with the numbers of `value`, which was read of it, wherever both have one: nothing is added or left out."""
    return _merged(kept, msgspec.to_builtins(value, builtin_types=(Decimal,)))


def _merged(kept: Any, read: Any) -> Any:
    if isinstance(kept, dict) and isinstance(read, dict):
        return {k: _merged(v, read.get(k)) for k, v in kept.items()}
    if isinstance(kept, list) and isinstance(read, list | tuple) and len(kept) == len(read):
        return [_merged(old, new) for old, new in zip(kept, read, strict=True)]
    if isinstance(kept, str) and isinstance(read, Decimal):
        return f"{read:f}"
    return kept
