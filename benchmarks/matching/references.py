"""How payers write an invoice's number, and how it is spoilt on its way."""

from __future__ import annotations

import random


def number_of(serial: int) -> str:
    return f"INV-2026-{serial:06d}"


def spelled(draw: random.Random, number: str, habit: int) -> str:
    """A number as one payer writes it."""
    prefix, year, serial = number.split("-")
    short = serial.lstrip("0")
    return (
        number,
        number,
        f"Rechnung {number}",
        f"{prefix} {year} {serial}",
        f"{prefix}{year}{serial}",
        f"inv.{year}/{serial}",
        f"RE-Nr. {year}-{serial}",
        f"Invoice no {year}/{short}",
        f"Rg {serial} vom {draw.randrange(1, 29):02d}.{draw.randrange(1, 10):02d}.2026",
    )[habit]


def mistyped(draw: random.Random, number: str) -> str:
    """One digit of the serial is another, doubled, lost or changed places."""
    head, digits = number[:-6], number[-6:]
    at = draw.randrange(1, 6)
    way = draw.random()
    if way < 0.5:
        digits = digits[:at] + str((int(digits[at]) + draw.randrange(1, 10)) % 10) + digits[at + 1 :]
    elif way < 0.8 and digits[at] != digits[at - 1]:
        digits = digits[: at - 1] + digits[at] + digits[at - 1] + digits[at + 1 :]
    elif way < 0.9:
        digits = digits[:at] + digits[at + 1 :]
    else:
        digits = digits[:at] + digits[at] + digits[at:]
    return head + digits


def cut(draw: random.Random, number: str) -> str:
    """The bank's field ended before the number did, or began after it."""
    return number[: -draw.randrange(1, 4)] if draw.random() < 0.6 else number[draw.randrange(3, 9) :]


WORDS = (
    "Zahlung", "payment", "Überweisung", "thank you", "laut Vereinbarung", "Abschlag", "monthly payment",
    "Kd-Nr {customer}", "Lieferung vom {day}", "your invoice", "Rechnung {day}", "offene Posten",
)  # fmt: skip


def without(draw: random.Random, customer: int) -> str:
    """A text that names no invoice."""
    day = f"{draw.randrange(1, 29):02d}.{draw.randrange(7, 10):02d}.26"
    return draw.choice(WORDS).format(customer=10_000 + customer, day=day)
