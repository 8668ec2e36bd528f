"""What stands in :86: (and :NS:), by its own shape. Pure.

Structured: a three-digit code, then a separator and two digits before each piece (?20 …); SEPA
tags such as EREF+ begin pieces. Slashed: /EREF/…/REMI/…. Labelled: words of the bank's own. Free
text else. Sources: the German credit industry's annex 3 for ?-fields and SEPA tags, and Dutch
banks' descriptions of the slashed form.
"""

from __future__ import annotations

import re

from tieout.formats.mt940.dialects import Dialect

Found = dict[str, str]
_STRUCTURED = re.compile(r"\s?(\d{3})([^\w\s])(?=\d\d)")
_SEPA_NAMES = {
    "EREF": "end_to_end_id",
    "KREF": "customer_reference",
    "MREF": "mandate_id",
    "SVWZ": "remittance",
    "ABWA": "ultimate_name",
    "ABWE": "ultimate_name",
    "IBAN": "account",
    "BIC": "bank",
    "BREF": "bank_reference",
    "RTRN": "return_reason",
}
_SEPA_TAGS = "EREF KREF MREF CRED DEBT COAM OAMT SVWZ ABWA ABWE IBAN BIC BREF RREF PURP RTRN".split()
_SEPA = re.compile(rf"(?<!\S)({'|'.join(_SEPA_TAGS)})[+:] ?")
_TAGS = frozenset(f"{tag}{mark}" for tag in _SEPA_TAGS for mark in "+:")
# What begins a piece: the name of what follows, "" for what nobody asks for.
_HEADS = {f"{tag}{mark}": _SEPA_NAMES.get(tag, "") for tag in _SEPA_TAGS for mark in "+:" if len(tag) == 4}
_NUMBERS = frozenset(f"{n:02}" for n in range(100))
_REMITTANCE = frozenset(f"{n}" for n in (*range(20, 30), *range(60, 64)))
# Pieces in the order in which nearly every bank writes them.
_USUAL = re.compile(
    r"\?00([^?]*+)(?:\?10([^?]*+))?+((?:\?2\d[^?]*+)*+)(?:\?30([^?]*+))?+(?:\?31([^?]*+))?+(?:\?32([^?]*+))?+"
    r"(?:\?33([^?]*+))?+(?:\?34[^?]*+)?+((?:\?6[0-3][^?]*+)*+)"
)
_PIECE_NAMES = (("00", "booking_text"), ("10", "primary_note"), ("30", "bank"), ("31", "account"))
_KEYS = (
    "ACCW|ADDR|BENM|BIC|BO|CHGS?|CNTP|CSID|EREF|EXCH|IBAN|ID|INIT|IREF|ISDT|KREF|MARF|MREF|NAME|NRTX|OAMT|OCMT|ORDP|"
    "PREF|PURP|REFS|REMI|RTRN|SVCL|TRCD|TRTP|ULTB|ULTC|ULTD|UDTR|VALD"
)
_SLASHED = re.compile(rf"/({_KEYS})/")
_SLASH_NAMES = {
    "EREF": "end_to_end_id",
    "MARF": "mandate_id",
    "MREF": "mandate_id",
    "NAME": "name",
    "IBAN": "account",
    "BIC": "bank",
    "RTRN": "return_reason",
    "PREF": "customer_reference",
    "KREF": "customer_reference",
    "IREF": "bank_reference",
}
_IBAN = re.compile(r"[A-Z]{2}\d{2}[A-Z0-9]{11,30}")
_ACCOUNT = re.compile(r"\s*((?:[A-Z]{2}\d{2}[A-Z0-9]{8,30})|\d{7,16})\b\s*(.*)")
_WIDTH = 65
_PIECE = 27


def joined(lines: list[str]) -> str:
    """Lines of a field as one text: a full line was cut by its width and goes on at once."""
    text = ""
    for number, line in enumerate(lines):
        last = number == len(lines) - 1
        text += line if last or len(line) >= _WIDTH else line.rstrip() + " "
    return text.strip()


def read_information(fields: list[list[str]], dialect: Dialect) -> Found:
    """What the :86: fields of a line say: name, account, bank, remittance, end_to_end_id and so
    on; empty texts are left out."""
    lines = [line for field in fields for line in field]
    text = "".join(lines)
    shape = _STRUCTURED.match(text)
    if shape:
        return structured(text[shape.end(2) - 1 :], shape[2], shape[1])
    if _SLASHED.match(text.lstrip()[:8]):
        found = _slashed(joined_hard(lines))
    else:
        found = _free(lines, dialect, single=len(fields) == 1)
    return {name: bare for name, value in found.items() if (bare := value.strip())}


def joined_hard(lines: list[str]) -> str:
    """Lines of a slashed field: cut at the width wherever it fell; the first line shares its
    width with ":86:"."""
    text = ""
    for number, line in enumerate(lines):
        cut = len(line) >= _WIDTH - (5 if number == 0 else 1) or line.endswith("/")
        text += line if cut else line + " "
    return text


def structured(text: str, separator: str, code: str) -> Found:
    """What a structured :86: says: `text` from its first separator on, `code` before it; empty
    texts are left out."""
    usual = _USUAL.fullmatch(text) if separator == "?" else None
    if usual is not None:
        booking, primary, remittance, bank, account, name, more, last = usual.groups()
        pieces = (remittance + last).split("?") if last else remittance.split("?")
        found = _one_each(pieces)
        if found is None:
            tagged = _tagged([piece[2:] for piece in pieces[1:]])
            found = {key: bare for key, value in tagged.items() if (bare := value.strip())}
        if "" in found.values():
            found = {key: value for key, value in found.items() if value}
        found["code"] = code
        if booking and (bare := booking.strip()):
            found["booking_text"] = bare
        if primary and (bare := primary.strip()):
            found["primary_note"] = bare
        if bank and "bank" not in found and (bare := bank.strip()):
            found["bank"] = bare
        if account and "account" not in found and (bare := account.strip()):
            found["account"] = bare
        if name or more:
            whole = _glued([name or "", more]) if more else name.strip()
            if whole:
                found["name"] = whole
        return found
    return _pieced(text, separator, code)


def _pieced(text: str, separator: str, code: str) -> Found:
    """Pieces in whatever order, some of them twice."""
    pieces: dict[str, str] = {}
    remittance: list[str] = []
    for part in text.split(separator)[1:]:
        number = part[:2]
        if number in _REMITTANCE:
            remittance.append(part[2:])
        elif number in pieces:
            pieces[number] += part[2:]
        else:
            pieces[number] = part[2:]
    if not pieces.keys() <= _NUMBERS:
        # A separator stands inside a text: it is text where no number follows it.
        return _pieced(re.sub(rf"{re.escape(separator)}(?=[0-9]{{2}})", "\0", text), "\0", code)
    found = _tagged(remittance)
    found["code"] = code
    for number, name in _PIECE_NAMES:
        if number in pieces and not found.get(name):
            found[name] = pieces[number]
    if "32" in pieces or "33" in pieces:
        found["name"] = _glued([pieces.get("32", ""), pieces.get("33", "")])
    if "38" in pieces:
        found["account"] = "".join(pieces["38"].split())
    return {name: bare for name, value in found.items() if (bare := value.strip())}


def _glued(pieces: list[str]) -> str:
    """Pieces of a text that was cut every 27 characters: a full piece goes on at once, but not
    into a tag."""
    text = ""
    for piece in pieces:
        if text and (piece[:5] in _TAGS or piece[:4] in _TAGS) and text[-1] != " ":
            text += " "
        text += piece if len(piece) >= _PIECE else piece + " "
    return text.strip()


def _tagged(pieces: list[str]) -> Found:
    """SEPA tags of the remittance pieces; without any, all of it is remittance."""
    before, *parts = _SEPA.split(_glued(pieces))
    found: Found = {"remittance": before.strip()}
    for at in range(0, len(parts), 2):
        name, value = _SEPA_NAMES.get(parts[at]), parts[at + 1].strip()
        if name == "remittance":
            found["remittance"] = f"{found['remittance']} {value}".strip()
        elif name and value:
            found[name] = value.replace(" ", "") if name in ("account", "bank") else value
    return found


def _one_each(pieces: list[str]) -> Found | None:
    """The tags where each begins a piece (behind its number) and goes on until the next; None
    where it takes a closer look. Nothing stands before the first."""
    found: Found = {}
    name, value, wide = None, "", False
    for piece in pieces[1:]:
        begun = _HEADS.get(piece[2:7])
        if begun is not None:
            if name is not None and not _keep(found, name, value):
                return None
            name, text = begun, piece[7:]
            value = text
        elif name is not None:
            text = piece[2:]
            value += text if wide else " " + text
        else:
            return None
        if "+" in text or ":" in text:
            return None
        wide = len(piece) >= _PIECE + 2
    return found if name is None or _keep(found, name, value) else None


def _keep(found: Found, name: str, value: str) -> bool:
    """Note a tag's value; False where it was noted before, so that a closer look is needed."""
    if name in found or name == "":
        return name == ""
    found[name] = value.replace(" ", "") if name in ("account", "bank") else value.strip()
    return True


def _slashed(text: str) -> Found:
    hits = list(_SLASHED.finditer(text))
    found: Found = {}
    for number, hit in enumerate(hits):
        end = hits[number + 1].start() if number + 1 < len(hits) else len(text)
        value = text[hit.end() : end].strip()
        key = hit[1]
        if key == "CNTP":
            # account/bank/name/place
            parts = [*value.split("/"), "", "", ""]
            found["account"], found["bank"], found["name"] = parts[0], parts[1], parts[2]
        elif key == "REMI":
            found["remittance"] = re.sub(r"^(?:USTD//|STRD/(?:CUR/|ISO/)?)", "", value).rstrip("/")
        elif name := _SLASH_NAMES.get(key):
            found.setdefault(name, value.rstrip("/"))
    return found


def _free(lines: list[str], dialect: Dialect, single: bool) -> Found:
    if dialect.labels and (found := _labelled(" ".join(x.strip() for x in lines), dialect)):
        return found
    kept = [line.strip() for line in lines if line.strip()]
    if not kept:
        return {}
    if dialect.free == "account_name_text" and (first := _ACCOUNT.match(kept[0])):
        return {"account": first[1], "name": first[2], "remittance": " ".join(kept[1:])}
    # Several fields hold the bank's own notes as well: none of their lines is a name.
    if dialect.free == "text_name" and single and len(kept) > 1:
        return {"remittance": kept[0], "name": kept[1]}
    return {"remittance": joined(lines)}


def _labelled(text: str, dialect: Dialect) -> Found:
    """Values that stand behind a bank's own words; what stands before the first is remittance."""
    spots = sorted((text.find(label), label, name) for name, label in dialect.labels if text.find(label) >= 0)
    if not spots:
        return {}
    found: Found = {"remittance": text[: spots[0][0]].strip(" ;/")}
    for number, (at, label, name) in enumerate(spots):
        end = spots[number + 1][0] if number + 1 < len(spots) else len(text)
        value = text[at + len(label) : end].strip(" ;/")
        if name == "remittance":
            found[name] = f"{found.get(name, '')} {value}".strip()
        else:
            found[name] = "".join(value.split()) if name == "account" else value
    return found


def read_starmoney(rows: dict[str, str]) -> Found:
    """:NS: beneath a :61:: 01-14 remittance, 15-16 the other side's name, 17 booking text, 18
    the note, 32-34 bank codes and account."""
    remittance = " ".join(rows[n].strip() for n in sorted(rows) if "01" <= n <= "14" and rows[n].strip())
    found = {
        "remittance": remittance,
        "name": " ".join(rows[n].strip() for n in ("15", "16") if n in rows),
        "booking_text": rows.get("17", ""),
    }
    return {name: value.strip() for name, value in found.items() if value.strip()}
