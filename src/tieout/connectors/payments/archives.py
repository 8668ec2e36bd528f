"""What a bank's answers come in: alone, or in an archive; and what they look like that nobody can read.

Banks report checks of payees in pain.002 files within a ZIP archive (EBICS order type VPZ; as a business transaction: REP, pain.002,
option VOP, container ZIP). What their web pages export besides (PDF, tables) has no form that is published.
"""

from __future__ import annotations

import io
import zipfile
import zlib

from tieout.formats import FormatError

_MOST_FILES, _MOST_BYTES = 1_000, 64 << 20
_OTHERS = (
    (b"%PDF", "a PDF, for people to read"),
    (b"{", "JSON"),
    (b"[", "JSON"),
    (b"\xd0\xcf\x11\xe0", "a workbook"),
)


def unpacked(content: bytes) -> list[bytes]:
    """The files of an archive, in their order; a file that is none by itself. Raises FormatError for an archive that is empty, too
    large, damaged, locked or holds a workbook, and for what is no XML at all."""
    if not content.startswith(b"PK\x03\x04"):
        _is_xml(content)
        return [content]
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return _members(archive)
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError) as error:
        raise FormatError(f"the archive cannot be read: {error}") from None


def _members(archive: zipfile.ZipFile) -> list[bytes]:
    members = [m for m in archive.infolist() if not m.is_dir()]
    if any(m.filename.startswith(("xl/", "word/")) for m in members):
        raise FormatError(f"this is a workbook or a text, {_EXPECTED}")
    if not members or len(members) > _MOST_FILES or sum(m.file_size for m in members) > _MOST_BYTES:
        raise FormatError(
            f"the archive holds {len(members)} files of {sum(m.file_size for m in members)} bytes: 1 to {_MOST_FILES} of "
            f"{_MOST_BYTES >> 20} MiB together are read"
        )
    found = []
    for member in members:
        with archive.open(member) as stream:
            content = stream.read(member.file_size + 1)
        if len(content) != member.file_size:
            raise FormatError(f"{member.filename} in the archive is not as long as it says")
        _is_xml(content)
        found.append(content)
    return found


_EXPECTED = (
    "and the bank's answer as pain.002 is expected (XML, or a ZIP archive of them): ask the bank for that"
)


def _is_xml(content: bytes) -> None:
    head = content.lstrip(b"\xef\xbb\xbf \t\r\n")
    what = next((what for begin, what in _OTHERS if head.startswith(begin)), "")
    if what or not head.startswith((b"<", b"\xff\xfe", b"\xfe\xff")):
        raise FormatError(f"this is {what or 'a table or a text'}, {_EXPECTED}")
