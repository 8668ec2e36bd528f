"""Writes invented CAMT.053 files of a size, for the benchmark."""

from __future__ import annotations

from pathlib import Path

_HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt><GrpHdr><MsgId>M1</MsgId><CreDtTm>2026-10-05T20:00:00</CreDtTm></GrpHdr><Stmt><Id>S1</Id><ElctrncSeqNb>1</ElctrncSeqNb><Acct><Id><IBAN>DE02120300000000202051</IBAN></Id><Ccy>EUR</Ccy></Acct><Bal><Tp><CdOrPrtry><Cd>OPBD</Cd></CdOrPrtry></Tp><Amt Ccy="EUR">0.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>2026-10-05</Dt></Dt></Bal><Bal><Tp><CdOrPrtry><Cd>CLBD</Cd></CdOrPrtry></Tp><Amt Ccy="EUR">{closing}</Amt><CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>2026-10-05</Dt></Dt></Bal>
"""
_ENTRY = """<Ntry><NtryRef>{n}</NtryRef><Amt Ccy="EUR">{amount}</Amt><CdtDbtInd>{mark}</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>2026-10-05</Dt></BookgDt><ValDt><Dt>2026-10-05</Dt></ValDt><AcctSvcrRef>REF{n:012d}</AcctSvcrRef><BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>RCDT</Cd><SubFmlyCd>ESCT</SubFmlyCd></Fmly></Domn></BkTxCd><NtryDtls><TxDtls><Refs><EndToEndId>E2E-{n:09d}</EndToEndId><MndtId>MANDATE-{n}</MndtId></Refs><Amt Ccy="EUR">{amount}</Amt><CdtDbtInd>{mark}</CdtDbtInd><RltdPties><Dbtr><Pty><Nm>Müller &amp; Söhne {n}</Nm></Pty></Dbtr><DbtrAcct><Id><IBAN>DE89370400440532013000</IBAN></Id></DbtrAcct><Cdtr><Pty><Nm>Meridian Supply</Nm></Pty></Cdtr></RltdPties><RltdAgts><DbtrAgt><FinInstnId><BICFI>COBADEFFXXX</BICFI></FinInstnId></DbtrAgt></RltdAgts><RmtInf><Ustrd>Invoice INV-{n:07d} of October, thank you</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>
"""


def write_camt(path: Path, megabytes: float) -> int:
    """A file of about that size whose statement holds; how many entries it has."""
    size = len(_ENTRY.format(n=1, amount="100.00", mark="CRDT").encode())
    count = int(megabytes * 1_000_000) // size
    cents = sum((10_000 + n % 997) * (1 if n % 3 else -1) for n in range(count))
    with path.open("w", encoding="utf-8") as file:
        file.write(_HEAD.format(closing=f"{cents // 100}.{cents % 100:02d}"))
        for n in range(count):
            amount = 10_000 + n % 997
            file.write(
                _ENTRY.format(
                    n=n, amount=f"{amount // 100}.{amount % 100:02d}", mark="CRDT" if n % 3 else "DBIT"
                )
            )
        file.write("</Stmt></BkToCstmrStmt></Document>\n")
    return count
