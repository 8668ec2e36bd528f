"""A bank that takes pain.001 from a folder, pays, answers with pain.002, and sends money back."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

from lxml import etree

from tieout_sandbox.simulators.bankfile import Bank, BankLine


@dataclass
class PaymentBank:
    """Pays from `iban`. `closed` accounts are rejected at once; money to `bounces` comes back after so
    many days. `paid` lists what was paid: end-to-end id, account, minor units, day; `sent_back` what came back."""

    bank: Bank
    iban: str
    folder: Path
    closed: set[str] = field(default_factory=set)
    bounces: dict[str, int] = field(default_factory=dict)
    paid: list[tuple[str, str, int, date]] = field(default_factory=list)
    sent_back: list[int] = field(default_factory=list)
    _back: dict[date, list[BankLine]] = field(default_factory=dict)
    _taken: set[str] = field(default_factory=set)

    def take(self) -> list[Path]:
        """Files that came, oldest name first; each is taken once."""
        found = [p for p in sorted(self.folder.glob("*.xml")) if p.name not in self._taken]
        self._taken |= {p.name for p in found}
        return found

    def execute(self, path: Path, day: date) -> tuple[list[BankLine], bytes]:
        """Pay what a file asks for on `day`: the lines booked, and the answer."""
        root = etree.fromstring(path.read_bytes())

        def texts(parent: etree._Element, name: str) -> list[str]:
            return [(e.text or "").strip() for e in parent.iter(f"{{*}}{name}")]

        message, lines, answers = texts(root, "MsgId")[0], [], []
        batch = texts(root, "PmtInfId")[0]
        for payment in root.iter("{*}CdtTrfTxInf"):
            end, iban = texts(payment, "EndToEndId")[0], texts(payment, "IBAN")[-1]
            money = next(payment.iter("{*}InstdAmt"))
            minor = int(Decimal(money.text or "0").scaleb(2))
            name = texts(payment, "Nm")[-1]
            remittance = " ".join(texts(payment, "Ustrd"))
            status = "RJCT" if iban in self.closed else "ACSC"
            answers.append((end, status, str(money.text), money.get("Ccy") or ""))
            if status == "RJCT":
                continue
            lines.append(
                BankLine(
                    day, -minor, end, name, remittance, ("PMNT", "ICDT", "ESCT"), f"B{len(self.paid):06d}"
                )
            )
            self.paid.append((end, iban, minor, day))
            if iban in self.bounces:
                back = day + timedelta(days=self.bounces.pop(iban))
                line = BankLine(
                    back, minor, end, name, "RETURN AC04 account closed", ("PMNT", "RRTN", "ESCT")
                )
                self._back.setdefault(back, []).append(line)
        return lines, _answer(message, batch, day, answers)

    def returned(self, day: date) -> list[BankLine]:
        """Money that comes back on a day."""
        found = self._back.pop(day, [])
        self.sent_back += [x.amount for x in found]
        return found


def _answer(message: str, batch: str, day: date, answers: list[tuple[str, str, str, str]]) -> bytes:
    rows = "".join(
        f"<TxInfAndSts><OrgnlEndToEndId>{end}</OrgnlEndToEndId><TxSts>{status}</TxSts>"
        + ("<StsRsnInf><Rsn><Cd>AC04</Cd></Rsn></StsRsnInf>" if status == "RJCT" else "")
        + f'<OrgnlTxRef><Amt><InstdAmt Ccy="{currency}">{amount}</InstdAmt></Amt></OrgnlTxRef></TxInfAndSts>'
        for end, status, amount, currency in answers
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.002.001.10"><CstmrPmtStsRpt>'
        f"<GrpHdr><MsgId>ANS-{message}</MsgId><CreDtTm>{day.isoformat()}T18:00:00</CreDtTm></GrpHdr>"
        f"<OrgnlGrpInfAndSts><OrgnlMsgId>{message}</OrgnlMsgId><OrgnlMsgNmId>pain.001.001.09</OrgnlMsgNmId>"
        f"</OrgnlGrpInfAndSts><OrgnlPmtInfAndSts><OrgnlPmtInfId>{batch}</OrgnlPmtInfId>{rows}"
        "</OrgnlPmtInfAndSts></CstmrPmtStsRpt></Document>\n"
    ).encode()
