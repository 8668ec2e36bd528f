"""A bank that books on accounts and issues CAMT.053 files, one a day and account."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from xml.sax.saxutils import escape


@dataclass(frozen=True)
class BankLine:
    """`amount` in minor units of a two-digit currency, signed: money in is positive. `charge` is what the bank says that
    it kept of what was sent."""

    on: date
    amount: int
    end_to_end: str = ""
    counterparty: str = ""
    remittance: str = ""
    code: tuple[str, str, str] = ("PMNT", "RCDT", "ESCT")
    reference: str = "NONREF"
    charge: int = 0


class Bank:
    """Accounts by IBAN: currency, opening balance in minor units, lines."""

    def __init__(self) -> None:
        self.accounts: dict[str, tuple[str, int]] = {}
        self.lines: dict[str, list[BankLine]] = {}

    def open_account(self, iban: str, currency: str, opening: int) -> None:
        """An account whose balance before its first line is `opening`, in minor units."""
        self.accounts[iban] = (currency, opening)
        self.lines[iban] = []

    def book(self, iban: str, line: BankLine) -> None:
        """Book a line; it stands in the statement of its own day, in the order of booking."""
        self.lines[iban].append(line)

    def balance(self, iban: str, day: date) -> int:
        """The booked balance at the end of `day`, in minor units."""
        return self.accounts[iban][1] + sum(x.amount for x in self.lines[iban] if x.on <= day)

    def statement(self, iban: str, day: date) -> bytes:
        """The statement of one day."""
        currency, _ = self.accounts[iban]
        lines = [x for x in self.lines[iban] if x.on == day]
        opening = self.balance(iban, day - timedelta(days=1))
        credits = [x.amount for x in lines if x.amount >= 0]
        debits = [-x.amount for x in lines if x.amount < 0]
        entries = "".join(self._entry(x, currency) for x in lines)
        return (
            '<?xml version="1.0" encoding="UTF-8"?>\n'
            '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt>'
            f"<GrpHdr><MsgId>{iban[-6:]}-{day:%Y%m%d}</MsgId>"
            f"<CreDtTm>{day.isoformat()}T23:30:00</CreDtTm></GrpHdr>"
            f"<Stmt><Id>{day:%j}</Id><ElctrncSeqNb>{day:%j}</ElctrncSeqNb>"
            f"<CreDtTm>{day.isoformat()}T23:30:00</CreDtTm>"
            f"<Acct><Id><IBAN>{iban}</IBAN></Id><Ccy>{currency}</Ccy></Acct>"
            + self._balance("OPBD", opening, currency, day)
            + self._balance("CLBD", self.balance(iban, day), currency, day)
            + f"<TxsSummry><TtlNtries><NbOfNtries>{len(lines)}</NbOfNtries></TtlNtries>"
            f"<TtlCdtNtries><NbOfNtries>{len(credits)}</NbOfNtries><Sum>{_major(sum(credits))}</Sum>"
            f"</TtlCdtNtries><TtlDbtNtries><NbOfNtries>{len(debits)}</NbOfNtries>"
            f"<Sum>{_major(sum(debits))}</Sum></TtlDbtNtries></TxsSummry>"
            + entries
            + "</Stmt></BkToCstmrStmt></Document>\n"
        ).encode()

    @staticmethod
    def _balance(code: str, amount: int, currency: str, day: date) -> str:
        mark = "CRDT" if amount >= 0 else "DBIT"
        return (
            f"<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp>"
            f'<Amt Ccy="{currency}">{_major(abs(amount))}</Amt><CdtDbtInd>{mark}</CdtDbtInd>'
            f"<Dt><Dt>{day.isoformat()}</Dt></Dt></Bal>"
        )

    @staticmethod
    def _entry(line: BankLine, currency: str) -> str:
        mark, role = ("CRDT", "Dbtr") if line.amount >= 0 else ("DBIT", "Cdtr")
        domain, family, sub = line.code
        # CAMT.053.001.08: Chrgs of the entry, whose amount is without them (ChrgInclInd).
        charges = (
            f'<Chrgs><Rcrd><Amt Ccy="{currency}">{_major(line.charge)}</Amt><CdtDbtInd>DBIT</CdtDbtInd>'
            "<ChrgInclInd>true</ChrgInclInd></Rcrd></Chrgs>"
            if line.charge
            else ""
        )
        return (
            f'<Ntry><Amt Ccy="{currency}">{_major(abs(line.amount))}</Amt>'
            f"<CdtDbtInd>{mark}</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>"
            f"<BookgDt><Dt>{line.on.isoformat()}</Dt></BookgDt>"
            f"<ValDt><Dt>{line.on.isoformat()}</Dt></ValDt>"
            f"<AcctSvcrRef>{escape(line.reference)}</AcctSvcrRef>"
            f"<BkTxCd><Domn><Cd>{domain}</Cd><Fmly><Cd>{family}</Cd>"
            f"<SubFmlyCd>{sub}</SubFmlyCd></Fmly></Domn></BkTxCd>{charges}"
            f"<NtryDtls><TxDtls><Refs><EndToEndId>{escape(line.end_to_end or 'NOTPROVIDED')}"
            f"</EndToEndId></Refs><RltdPties><{role}><Pty><Nm>{escape(line.counterparty)}</Nm>"
            f"</Pty></{role}></RltdPties><RmtInf><Ustrd>{escape(line.remittance)}</Ustrd></RmtInf>"
            f"</TxDtls></NtryDtls></Ntry>"
        )


def _major(minor: int) -> str:
    return f"{minor // 100}.{minor % 100:02d}"
