"""Invented customers, and how banks write their names down."""

from __future__ import annotations

import random

_OWNERS = (
    "Müller Schmidt Schröder Fischer Weber Wagner Becker Schäfer Koch Bauer Richter Klein Wolf Neumann Krüger "
    "Hofmann Hartmann Lange Krause Lehmann Köhler Maier Huber Mayr Gruber Steiner Moser Dubois Lefèvre Moreau "
    "Girard Rousseau Jansen Bakker Visser Smit Meijer Mulder Rossi Bianchi Ferrari Romano García Fernández "
    "López Núñez Kowalski Nowak Wiśniewska Novák Svoboda Horváth Nilsson Lindström Hansen Sørensen Berg Smith "
    "Jones Taylor Brown Evans Walker Wright Green Baker O'Brien Murphy Kelly"
).split()
_TRADES = (
    "Logistik Logistics Bau Elektro Medien Media Verlag Druck Textil Moden Möbel Holz Stahl Metall Maschinen "
    "Technik Systeme Systems Software Consulting Beratung Pharma Chemie Energie Solar Wasser Food Feinkost Wein "
    "Brauerei Gastro Hotel Reisen Sport Fahrrad Auto Reifen Optik Dental Labor Print Design Studio Foto Film "
    "Garten Agrar Immobilien Invest Handel Trading Import Export"
).split()
_FORMS = (
    "GmbH",
    "GmbH & Co. KG",
    "AG",
    "KG",
    "e.K.",
    "B.V.",
    "Ltd",
    "SARL",
    "S.r.l.",
    "S.L.",
    "Sp. z o.o.",
    "AB",
)
_PEOPLE = (
    "Anna Peter Maria Jan Sofia Lukas Emma Paul Marie Tom Julia Karl Eva Max Lena Felix Clara Erik".split()
)
_PLAIN = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue"})
_BARE = str.maketrans("äöüßÄÖÜéèíóúñśńěøåÅØ", "aousAOUeeiounsneoaAO")


def company_name(draw: random.Random) -> str:
    """A company's, which others resemble."""
    first = draw.choice(_OWNERS)
    if draw.random() < 0.25:
        first += f" & {draw.choice(_OWNERS)}"
    place = f" {draw.choice(_OWNERS)}" if draw.random() < 0.2 else ""
    return f"{first} {draw.choice(_TRADES)}{place} {draw.choice(_FORMS)}"


def person_name(draw: random.Random) -> str:
    return f"{draw.choice(_PEOPLE)} {draw.choice(_OWNERS)}"


def iban(draw: random.Random) -> str:
    """Digits of an account; invented, its check digits hold nothing."""
    return "DE" + "".join(draw.choice("0123456789") for _ in range(20))


def as_written(draw: random.Random, name: str) -> str:
    """The name as a bank passes it on: capitals, no umlauts, cut, without its legal form."""
    way = draw.random()
    if way < 0.45:
        return name
    if way < 0.60:
        name = name.upper()
    if way > 0.85:
        for form in _FORMS:
            name = name.removesuffix(" " + form)
    if draw.random() < 0.5:
        name = name.translate(_PLAIN if draw.random() < 0.7 else _BARE)
    if draw.random() < 0.3:
        name = name[:27]
    if draw.random() < 0.05:
        at = draw.randrange(1, max(2, len(name) - 1))
        name = name[:at] + name[at + 1 :]
    return name.strip()
