"""Statements of invented banks, written as files of several formats."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal


@dataclass(frozen=True)
class Entry:
    """A booked line: `amount` is signed, money in is positive; `text` is what tells it from others."""

    amount: Decimal
    text: str


@dataclass(frozen=True)
class Told:
    """One statement, or one page of one, as a bank tells it."""

    account: str
    currency: str
    identifier: str
    number: str
    day: date
    opening: Decimal
    entries: tuple[Entry, ...]
    page: int = 1
    last_page: bool = True

    @property
    def closing(self) -> Decimal:
        return self.opening + sum((e.amount for e in self.entries), Decimal(0))


def told(
    identifier: str, number: str, opening: str, *entries: tuple[str, str], account: str = "DE02120300000000202051",
    currency: str = "USD", day: date = date(2026, 10, 5), page: int = 1, last_page: bool = True,
) -> Told:  # fmt: skip
    lines = tuple(Entry(Decimal(amount), text) for amount, text in entries)
    return Told(account, currency, identifier, number, day, Decimal(opening), lines, page, last_page)


def _mark(amount: Decimal) -> str:
    return "C" if amount >= 0 else "D"


def _comma(amount: Decimal) -> str:
    return f"{abs(amount):.2f}".replace(".", ",")


def mt940(*statements: Told, tail: str = "") -> bytes:
    """One message a statement or page; pages carry over by intermediate balances (60M, 62M)."""
    found = []
    for s in statements:
        day = f"{s.day:%y%m%d}"
        first, last = ("F" if s.page == 1 else "M"), ("F" if s.last_page else "M")
        paged = s.page > 1 or not s.last_page
        found.append(
            f":20:{s.identifier}\r\n:25:{s.account}\r\n:28C:{s.number}{f'/{s.page}' if paged else ''}\r\n"
        )
        found.append(f":60{first}:{_mark(s.opening)}{day}{s.currency}{_comma(s.opening)}\r\n")
        found += [
            f":61:{day}{_mark(e.amount)}{_comma(e.amount)}NTRFNONREF\r\n:86:166?00X?20SVWZ+{e.text}\r\n"
            for e in s.entries
        ]
        found.append(f":62{last}:{_mark(s.closing)}{day}{s.currency}{_comma(s.closing)}\r\n-\r\n")
    return ("".join(found) + tail).encode()


def _balance(code: str, amount: Decimal, currency: str, on: date) -> str:
    return (
        f"<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp><Amt Ccy='{currency}'>{abs(amount):.2f}</Amt>"
        f"<CdtDbtInd>{'CRDT' if amount >= 0 else 'DBIT'}</CdtDbtInd><Dt><Dt>{on}</Dt></Dt></Bal>"
    )


def _sums(statement: Told) -> str:
    """A summary of both sides (TxsSummry)."""
    sides = {
        "Cdt": [e.amount for e in statement.entries if e.amount >= 0],
        "Dbt": [-e.amount for e in statement.entries if e.amount < 0],
    }
    said = "".join(
        f"<Ttl{side}Ntries><NbOfNtries>{len(found)}</NbOfNtries><Sum>{sum(found, Decimal(0)):.2f}</Sum></Ttl{side}Ntries>"
        for side, found in sides.items()
    )
    return f"<TxsSummry><TtlNtries><NbOfNtries>{len(statement.entries)}</NbOfNtries></TtlNtries>{said}</TxsSummry>"


def camt(*statements: Told, tail: str = "", summed: bool = False) -> bytes:
    """A camt.053.001.08; every page states its own booked balances, and where it is `summed` its lines' sums."""
    found = []
    for s in statements:
        entries = "".join(
            f"<Ntry><Amt Ccy='{s.currency}'>{abs(e.amount):.2f}</Amt><CdtDbtInd>{'CRDT' if e.amount >= 0 else 'DBIT'}"
            f"</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>{s.day}</Dt></BookgDt><BkTxCd/><NtryDtls><TxDtls><RmtInf>"
            f"<Ustrd>{e.text}</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>"
            for e in s.entries
        )
        found.append(
            f"<Stmt><Id>{s.identifier}</Id><StmtPgntn><PgNb>{s.page}</PgNb><LastPgInd>{str(s.last_page).lower()}"
            f"</LastPgInd></StmtPgntn><ElctrncSeqNb>{s.number}</ElctrncSeqNb><CreDtTm>2026-10-05T20:00:00</CreDtTm>"
            f"<Acct><Id><Othr><Id>{s.account}</Id></Othr></Id><Ccy>{s.currency}</Ccy></Acct>"
            f"{_balance('OPBD', s.opening, s.currency, s.day)}{_balance('CLBD', s.closing, s.currency, s.day)}"
            f"{_sums(s) if summed else ''}{entries}</Stmt>"
        )
    return (
        "<?xml version='1.0' encoding='UTF-8'?><Document xmlns='urn:iso:std:iso:20022:tech:xsd:camt.053.001.08'>"
        "<BkToCstmrStmt><GrpHdr><MsgId>M</MsgId><CreDtTm>2026-10-05T20:00:00</CreDtTm></GrpHdr>"
        f"{''.join(found)}</BkToCstmrStmt></Document>{tail}"
    ).encode()


def bai2(*statements: Told, tail: str = "") -> bytes:
    """A group a statement: the day of the group is all that BAI2 calls it."""

    def minor(amount: Decimal) -> int:
        return int(amount * 100)

    records, total = ["01,SENDER,RECEIVER,261006,0600,1,,,2/"], 0
    for s in statements:
        amounts = [minor(s.opening), minor(s.closing), *(abs(minor(e.amount)) for e in s.entries)]
        total += sum(amounts)
        records.append(f"02,RECEIVER,SENDER,1,{s.day:%y%m%d},,{s.currency},2/")
        records.append(f"03,{s.account},{s.currency},010,{amounts[0]},,,015,{amounts[1]},,/")
        records += [
            f"16,{'195' if e.amount >= 0 else '495'},{abs(minor(e.amount))},Z,,,{e.text}/" for e in s.entries
        ]
        records.append(f"49,{sum(amounts)},{len(s.entries) + 2}/")
        records.append(f"98,{sum(amounts)},1,{len(s.entries) + 4}/")
    records.append(f"99,{total},{len(statements)},{len(records) + 1}/")
    return ("\n".join(records) + "\n" + tail).encode()


def ofx(*statements: Told, tail: str = "") -> bytes:
    """An OFX 1 export of each; a line's FITID is the bank's own, the same in every export."""
    found = []
    for s in statements:
        lines = "".join(
            f"<STMTTRN><TRNTYPE>OTHER<DTPOSTED>{s.day:%Y%m%d}<TRNAMT>{e.amount}<FITID>{s.day:%d}-{s.identifier}-{s.number}-"
            f"{s.page}-{s.opening}-{n}<NAME>{e.text}</STMTTRN>\n"
            for n, e in enumerate(s.entries)
        )
        found.append(
            f"<STMTTRNRS><TRNUID>1<STATUS><CODE>0<SEVERITY>INFO</STATUS><STMTRS><CURDEF>{s.currency}<BANKACCTFROM><BANKID>1"
            f"<ACCTID>{s.account}<ACCTTYPE>CHECKING</BANKACCTFROM><BANKTRANLIST><DTSTART>{s.day:%Y%m%d}<DTEND>{s.day:%Y%m%d}\n"
            f"{lines}</BANKTRANLIST><LEDGERBAL><BALAMT>{s.closing}<DTASOF>{s.day:%Y%m%d}</LEDGERBAL></STMTRS></STMTTRNRS>"
        )
    head = "OFXHEADER:100\nDATA:OFXSGML\nVERSION:102\nSECURITY:NONE\nENCODING:USASCII\nCHARSET:1252\n\n"
    signed = "<SIGNONMSGSRSV1><SONRS><STATUS><CODE>0<SEVERITY>INFO</STATUS></SONRS></SIGNONMSGSRSV1>"
    return f"{head}<OFX>{signed}<BANKMSGSRSV1>{''.join(found)}</BANKMSGSRSV1></OFX>\n{tail}".encode()


def csv(*lines: tuple[date, str, str], account: str = "", tail: str = "") -> bytes:
    """A detected export: day, amount and text of each line; with its account beside each, or without."""
    head = "Date;Amount;Currency;Description" + (";IBAN" if account else "")
    rows = [
        f"{day:%Y-%m-%d};{amount};USD;{text}" + (f";{account}" if account else "")
        for day, amount, text in lines
    ]
    return ("\n".join((head, *rows)) + "\n" + tail).encode()


def ofx_lines(
    *lines: tuple[date, str, str, str], account: str = "DE02120300000000202051", tail: str = ""
) -> bytes:
    """An OFX 1 export: day, amount, FITID and text of each line."""
    said = "".join(
        f"<STMTTRN><TRNTYPE>OTHER<DTPOSTED>{day:%Y%m%d}<TRNAMT>{amount}<FITID>{fitid}<MEMO>{text}</STMTTRN>\n"
        for day, amount, fitid, text in lines
    )
    head = "OFXHEADER:100\nDATA:OFXSGML\nVERSION:102\nSECURITY:NONE\nENCODING:USASCII\nCHARSET:1252\n\n"
    return (
        f"{head}<OFX><SIGNONMSGSRSV1><SONRS><STATUS><CODE>0<SEVERITY>INFO</STATUS></SONRS></SIGNONMSGSRSV1><BANKMSGSRSV1>"
        "<STMTTRNRS><TRNUID>1<STATUS><CODE>0<SEVERITY>INFO</STATUS><STMTRS><CURDEF>USD<BANKACCTFROM><BANKID>1"
        f"<ACCTID>{account}<ACCTTYPE>CHECKING</BANKACCTFROM><BANKTRANLIST><DTSTART>20261001<DTEND>20261031\n{said}"
        f"</BANKTRANLIST></STMTRS></STMTTRNRS></BANKMSGSRSV1></OFX>\n{tail}"
    ).encode()
