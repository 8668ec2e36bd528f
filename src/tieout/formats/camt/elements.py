"""Which elements of CAMT.052, .053 and .054 are read, and under which name.

One table serves versions 02 to 14, and later ones: where a version writes a thing in another way (a status as
text or as a code, a party's name directly or inside Pty, BIC or BICFI, charges with or without
records) both ways stand here. What no table names is listed as unread.
Source: ISO 20022 message definition reports, Bank-to-Customer Cash Management.
"""

from __future__ import annotations

from typing import Any

Table = dict[str, Any]

_CODE: Table = {"Cd": "code", "Prtry": "code"}


def _day(name: str) -> Table:
    return {"Dt": name, "DtTm": name}


def _party(name: str) -> Table:
    # Since version 08 a party may be an agent (Party40Choice): a bank that pays for itself.
    agent = {"FinInstnId": {"Nm": name, "BIC": f"{name}_bic", "BICFI": f"{name}_bic"}}
    return {"Nm": name, "Pty": {"Nm": name}, "Agt": agent}


def _account(name: str) -> Table:
    return {"Id": {"IBAN": name, "Othr": {"Id": name}}}


def _agent(name: str) -> Table:
    return {"FinInstnId": {"BIC": name, "BICFI": name}}


BANK_CODE: Table = {
    "Domn": {"Cd": "domain", "Fmly": {"Cd": "family", "SubFmlyCd": "subfamily"}},
    "Prtry": {"Cd": "proprietary", "Issr": "proprietary_issuer"},
}


def _exchange(name: str) -> Table:
    return {"XchgRate": name, "SrcCcy": f"{name}_source", "TrgtCcy": f"{name}_target"}


AMOUNT_DETAILS: Table = {
    "InstdAmt": {"Amt": ("money", "instructed"), "CcyXchg": _exchange("instructed_rate")},
    "TxAmt": {"Amt": ("money", "transaction_amount"), "CcyXchg": _exchange("transaction_rate")},
}
CHARGE: Table = {
    "Amt": ("money", "amount"),
    "CdtDbtInd": "mark",
    "ChrgInclInd": "included",
    "Tp": {"Cd": "code", "Prtry": {"Id": "code"}},
    "TtlChrgsAndTaxAmt": ("money", "total"),
    "Rcrd": ("each", "records"),
}
STRUCTURED: Table = {
    "CdtrRefInf": {"Tp": {"CdOrPrtry": _CODE, "Issr": "issuer"}, "Ref": "reference"},
    "AddtlRmtInf": ("texts", "additional"),
    "RfrdDocInf": {"Nb": ("texts", "documents")},
}
TRANSACTION: Table = {
    "Refs": {
        "EndToEndId": "end_to_end_id",
        "InstrId": "instruction_id",
        "TxId": "transaction_id",
        "MndtId": "mandate_id",
        "MsgId": "message_id",
        "PmtInfId": "payment_information_id",
        "AcctSvcrRef": "bank_reference",
    },
    "Amt": ("money", "amount"),
    "CdtDbtInd": "mark",
    "AmtDtls": AMOUNT_DETAILS,
    "BkTxCd": BANK_CODE,
    "Chrgs": ("each", "charges"),
    "RltdPties": {
        "Dbtr": _party("debtor"),
        "DbtrAcct": _account("debtor_account"),
        "UltmtDbtr": _party("ultimate_debtor"),
        "Cdtr": _party("creditor"),
        "CdtrAcct": _account("creditor_account"),
        "UltmtCdtr": _party("ultimate_creditor"),
    },
    "RltdAgts": {"DbtrAgt": _agent("debtor_bank"), "CdtrAgt": _agent("creditor_bank")},
    "RmtInf": {"Ustrd": ("texts", "remittance"), "Strd": ("each", "structured")},
    "RtrInf": {"Rsn": {"Cd": "return_reason", "Prtry": "return_reason"}},
    "AddtlTxInf": "additional",
}
ENTRY: Table = {
    "NtryRef": "reference",
    "Amt": ("money", "amount"),
    "CdtDbtInd": "mark",
    "RvslInd": "reversal",
    "Sts": ("text_or_code", "status"),
    "BookgDt": _day("booked"),
    "ValDt": _day("value"),
    "AcctSvcrRef": "bank_reference",
    "BkTxCd": BANK_CODE,
    "AmtDtls": AMOUNT_DETAILS,
    "Chrgs": ("each", "charges"),
    "NtryDtls": ("each", "groups"),
    "AddtlNtryInf": "additional",
}
# An entry has any number of these, each with a batch of its own.
ENTRY_DETAILS: Table = {
    "Btch": {
        "NbOfTxs": "count",
        "TtlAmt": ("money", "amount"),
        "CdtDbtInd": "mark",
        "PmtInfId": "payment_information_id",
        "MsgId": "message_id",
    },
    "TxDtls": ("each", "details"),
}
_COUNTS: Table = {"NbOfNtries": "count", "Sum": "sum"}
BALANCE: Table = {
    "Tp": {"CdOrPrtry": _CODE, "SubTp": {"Cd": "subtype", "Prtry": "subtype"}},
    "Amt": ("money", "amount"),
    "CdtDbtInd": "mark",
    "Dt": _day("on"),
}
STATEMENT: Table = {
    "Id": "id",
    "ElctrncSeqNb": "electronic_sequence",
    "LglSeqNb": "legal_sequence",
    "StmtPgntn": {"PgNb": "page", "LastPgInd": "last_page"},
    "RptPgntn": {"PgNb": "page", "LastPgInd": "last_page"},
    "CreDtTm": "created",
    "FrToDt": {"FrDtTm": "from", "ToDtTm": "to"},
    "Acct": {
        "Id": {"IBAN": "account", "Othr": {"Id": "account"}},
        "Ccy": "currency",
        "Ownr": {"Nm": "owner"},
        "Svcr": _agent("bank"),
    },
    "Bal": ("each", "balances"),
    "TxsSummry": {
        "TtlNtries": {
            "NbOfNtries": "total_count",
            "Sum": "total_sum",
            # Until version 03 the net stands beside its mark, since 04 both stand in an element.
            "TtlNetNtryAmt": "total_net",
            "CdtDbtInd": "total_mark",
            "TtlNetNtry": {"Amt": "total_net", "CdtDbtInd": "total_mark"},
        },
        "TtlCdtNtries": ("each", "credits"),
        "TtlDbtNtries": ("each", "debits"),
    },
}
NESTED: dict[str, Table] = {
    "Chrgs": CHARGE,
    "Rcrd": CHARGE,
    "Strd": STRUCTURED,
    "NtryDtls": ENTRY_DETAILS,
    "TxDtls": TRANSACTION,
    "Bal": BALANCE,
    "TtlCdtNtries": _COUNTS,
    "TtlDbtNtries": _COUNTS,
}
