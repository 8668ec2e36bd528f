"""CAMT documents for tests, put together from what a test wants to say. All of it is invented."""

from __future__ import annotations

NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:camt.053.001."


def amount(text: str, mark: str = "CRDT", currency: str = "EUR", name: str = "Amt") -> str:
    return f'<{name} Ccy="{currency}">{text}</{name}><CdtDbtInd>{mark}</CdtDbtInd>'


def balance(
    code: str, text: str, day: str = "2026-10-02", mark: str = "CRDT", currency: str = "EUR", sub: str = ""
) -> str:
    subtype = f"<SubTp><Cd>{sub}</Cd></SubTp>" if sub else ""
    return (
        f"<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry>{subtype}</Tp>{amount(text, mark, currency)}"
        f"<Dt><Dt>{day}</Dt></Dt></Bal>"
    )


def entry(text: str, mark: str = "CRDT", more: str = "", currency: str = "EUR", status: str = "BOOK") -> str:
    """`more` is what stands behind the days."""
    return (
        f"<Ntry>{amount(text, mark, currency)}<Sts><Cd>{status}</Cd></Sts><BookgDt><Dt>2026-10-02</Dt></BookgDt>"
        f"<ValDt><Dt>2026-10-02</Dt></ValDt>{more}</Ntry>"
    )


def batch(*details: str, count: str = "", total: str = "") -> str:
    head = (f"<NbOfTxs>{count}</NbOfTxs>" if count else "") + total
    return f"<NtryDtls>{f'<Btch>{head}</Btch>' if head else ''}{''.join(details)}</NtryDtls>"


def detail(text: str, mark: str = "CRDT", end_to_end: str = "", more: str = "", currency: str = "EUR") -> str:
    refs = f"<Refs><EndToEndId>{end_to_end}</EndToEndId></Refs>" if end_to_end else ""
    return f"<TxDtls>{refs}{amount(text, mark, currency)}{more}</TxDtls>"


def statement(*parts: str, currency: str = "EUR", pages: str = "", name: str = "S1") -> str:
    """`parts` are balances, a summary and entries, in that order."""
    account = f"<Acct><Id><IBAN>DE89370400440532013000</IBAN></Id>{f'<Ccy>{currency}</Ccy>' if currency else ''}</Acct>"
    return f"<Stmt><Id>{name}</Id>{pages}{account}{''.join(parts)}</Stmt>"


def camt(*statements: str, version: str = "08", header: str = "") -> bytes:
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<Document xmlns="{NAMESPACE}{version}"><BkToCstmrStmt>'
        f"<GrpHdr><MsgId>M1</MsgId>{header}</GrpHdr>{''.join(statements)}</BkToCstmrStmt></Document>"
    ).encode()


def proven(*parts: str, opening: str = "1000.00", closing: str, currency: str = "EUR") -> bytes:
    """A document of one statement from an opening to a closing balance."""
    balances = (
        balance("OPBD", opening, "2026-10-01", currency=currency),
        balance("CLBD", closing, currency=currency),
    )
    return camt(statement(*balances, *parts, currency=currency))
