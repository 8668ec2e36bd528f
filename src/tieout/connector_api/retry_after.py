"""How long a busy system asks to be left alone: the header Retry-After, read in this one place.

RFC 9110, section 10.2.3: whole seconds, or an HTTP date in one of the three forms of section 5.6.7. Seconds with a
fraction are taken too, since Shopify writes "2.0". Nothing a system says is waited for longer than an hour.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime

LONGEST_S = 3600.0

_SECONDS = re.compile(r"[0-9]+(\.[0-9]+)?")
_TIME = r"(?P<H>[0-2][0-9]):(?P<M>[0-5][0-9]):(?P<S>[0-6][0-9])"
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_MONTH = f"(?P<m>{'|'.join(_MONTHS)})"
_FORMS = tuple(
    re.compile(form)
    for form in (
        rf"[A-Z][a-z]{{2}}, (?P<d>[0-9]{{2}}) {_MONTH} (?P<Y>[0-9]{{4}}) {_TIME} GMT",
        rf"[A-Z][a-z]{{5,8}}, (?P<d>[0-9]{{2}})-{_MONTH}-(?P<y>[0-9]{{2}}) {_TIME} GMT",
        rf"[A-Z][a-z]{{2}} {_MONTH} (?P<d>[0-9 ][0-9]) {_TIME} (?P<Y>[0-9]{{4}})",
    )
)


def retry_after_s(text: str | None, now: datetime) -> float | None:
    """Seconds to wait as the header says, from 0 to `LONGEST_S`; None where there is none or it is nonsense.

    `now` has a zone. A day that is past is no wait.
    """
    text = (text or "").strip(" \t")
    if _SECONDS.fullmatch(text):
        # More digits than an hour has are more than an hour; a long text is never converted.
        whole = text.partition(".")[0].lstrip("0")
        return LONGEST_S if len(whole) > 4 else min(float(text[:40]), LONGEST_S)
    at = http_date(text, now)
    return None if at is None else min(max((at - now).total_seconds(), 0.0), LONGEST_S)


def wait_asked(headers: Mapping[str, str]) -> float | None:
    """Seconds to wait as an answer's headers say; None where they don't: a guess is never taken for the system's word.

    A date is held against the answer's own Date, where it has one: both are of the clock there, which may differ
    from ours.
    """
    now = datetime.now(UTC)
    return retry_after_s(headers.get("retry-after"), http_date(headers.get("date", ""), now) or now)


def http_date(text: str, now: datetime) -> datetime | None:
    """The instant of an HTTP date; None where it is none. `now` tells the century of a year of two digits: one that
    seems more than 50 years ahead is past (RFC 9110, section 5.6.7)."""
    for form in _FORMS:
        if found := form.fullmatch(text):
            part = found.groupdict()
            year = int(part["Y"]) if part.get("Y") else _century(int(part["y"]), now)
            try:
                return datetime(
                    year,
                    _MONTHS.index(part["m"]) + 1,
                    int(part["d"]),
                    int(part["H"]),
                    int(part["M"]),
                    # A leap second is the one before it here.
                    min(int(part["S"]), 59),
                    tzinfo=UTC,
                )
            except ValueError:
                return None
    return None


def _century(year: int, now: datetime) -> int:
    near = now.year - now.year % 100 + year
    return near - 100 if near > now.year + 50 else near
