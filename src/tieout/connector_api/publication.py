"""What a connector was made from: the vendor's version, what was published, and what a person must set up there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

# How long before its end a version is warned of, in days.
WARN_DAYS = 90


@dataclass(frozen=True)
class ApiVersion:
    """The vendor's version that is asked for: its `name` as the vendor writes it, the first day on which the vendor no longer
    promises it (`ends`; None where nothing published says one), and the `source` that says so."""

    name: str
    source: str
    ends: date | None = None


@dataclass(frozen=True)
class Verified:
    """On which day a connector was held `against` what, published at `source`."""

    on: date
    against: str
    source: str


@dataclass(frozen=True)
class NeededRight:
    """A right that the account needs there, by the vendor's own name, and what for."""

    name: str
    needed_for: str


@dataclass(frozen=True)
class WebhookTopic:
    """An event that the vendor is told to push, by the vendor's own name, and what for."""

    name: str
    needed_for: str


def version_warning(version: ApiVersion, today: date) -> str:
    """What is to be known of a version on a day: that it ends within 90 days, or that it has ended. "" for nothing."""
    if version.ends is None or (version.ends - today).days > WARN_DAYS:
        return ""
    what = f"version {version.name}"
    if version.ends <= today:
        return (
            f"{what} ended on {version.ends}: the vendor may answer as another version does, or refuse. "
            "Install a Tieout that speaks a newer one"
        )
    left = (version.ends - today).days
    return f"{what} ends on {version.ends}, in {left} days: install a Tieout that speaks a newer one before"
