"""The words that banks' exports use, by language: of columns, of the money's way, of a line's state.

A word stands here where it has one meaning on an account statement, whatever the bank. Single letters do
not (C is credit in English and cargo, a debit, in Spanish): they count as pairs, and only where the
column's name says what they are. Sources of the names: OCA bank-statement-import (sheet_file), firefly-iii
import-configurations, hledger's example rules, and banks' own help pages.
"""

from __future__ import annotations

import re

# By these an earlier release knew a column. What a line is known again by (counterparty, remittance,
# reference, account) hangs on them: in a file that has such a header, no column becomes one of those that
# was none before, or every line of an old export would be a new one.
FIRST_WORDS: dict[str, tuple[str, ...]] = {
    "booked_on": ("booking date", "date", "transaction date", "posting date", "buchungstag", "buchungsdatum", "datum",
                  "fecha", "data", "bokföringsdag", "bogført", "kirjauspäivä", "date opération"),
    "value_on": ("value date", "valuta", "valutadatum", "wertstellung", "fecha valor", "data valuta", "date valeur"),
    "amount": ("amount", "betrag", "bedrag", "importe", "importo", "montant", "belopp", "beløb", "kwota", "umsatz",
               "amount (eur)", "amount (usd)", "betrag (eur)"),
    "credit": ("credit", "money in", "paid in", "haben", "deposit", "abono", "accrediti", "crédit", "credit amount"),
    "debit": ("debit", "money out", "paid out", "soll", "withdrawal", "cargo", "addebiti", "débit", "debit amount"),
    "balance": ("balance", "saldo", "kontostand", "solde", "running balance", "balance after"),
    "currency": ("currency", "währung", "waehrung", "valuta code", "divisa", "devise", "ccy"),
    "account": ("account", "account number", "iban", "konto", "kontonummer", "rekening"),
    "remittance": ("description", "verwendungszweck", "omschrijving", "concepto", "descrizione", "libellé", "memo",
                   "details", "narrative", "payment reference", "reference text", "text"),
    "counterparty": ("payee", "name", "counterparty", "empfänger", "auftraggeber", "beneficiary", "tegenpartij"),
    "reference": ("reference", "referenz", "kenmerk", "referencia", "transaction id", "id"),
}  # fmt: skip

# Further words, for headers that no earlier release could read.
MORE_WORDS: dict[str, tuple[str, ...]] = {
    "booked_on": ("date booked", "post date", "posted date", "posted on", "booked on", "completed date", "entry date",
                  "boekdatum", "boekingsdatum", "transactiedatum", "buchung", "buchungs datum", "valutastellung",
                  "fecha operación", "fecha operacion", "fecha de operación", "fecha movimiento", "f. operación",
                  "data contabile", "data operazione", "data movimento", "data mov.", "data lançamento",
                  "data do movimento", "data da operação", "date de comptabilisation", "date comptable",
                  "date de l'opération", "date operation", "dateop", "data operacji", "data księgowania",
                  "data transakcji", "datum zaúčtování", "datum provedení", "datum transakce", "datum pohybu",
                  "bokförd", "bokföringsdatum", "transaktionsdag", "transaktionsdatum", "bogføringsdato", "dato",
                  "bokført", "bokføringsdato", "bokført dato", "utført dato", "tapahtumapäivä", "pvm",
                  "könyvelés dátuma", "könyvelési dátum", "tranzakció dátuma", "data tranzacției",
                  "data tranzactie", "ημερομηνία", "tarih", "işlem tarihi"),
    "value_on": ("valuedate", "valuta datum", "valuta-datum", "valutagegevens", "rentedatum", "f. valor",
                 "fecha de valor", "data-valor", "data valor", "data waluty", "datum valuty", "valör", "valutadag",
                 "valørdato", "rentedato", "arvopäivä", "értéknap", "data valutei", "wertstellungstag"),
    "amount": ("transaction amount", "booked amount", "gross", "gross amount", "brutto", "bruto", "lordo", "brut",
               "betrag in eur", "umsatzbetrag",
               "buchungsbetrag", "bedrag (eur)", "transactiebedrag", "transactie bedrag", "importe eur", "monto",
               "cantidad", "importo eur", "ammontare", "valor", "montante", "quantia", "montant (eur)",
               "montant en euros", "montant de l'opération", "kwota operacji", "kwota transakcji", "částka",
               "castka", "objem", "suma", "čiastka", "summa", "beløp", "määrä", "summa eur", "összeg", "valoare",
               "ποσό", "tutar"),
    "credit": ("credits", "deposits", "receipts", "credit amt", "money received", "incoming", "gutschrift",
               "gutschriften", "haben (eur)", "bij", "bijschrijving", "abonos", "haber", "ingresos", "ingreso",
               "depósito", "avere", "accredito", "entrate", "crédito", "créditos", "a crédito", "entradas",
               "encaissement", "crédit (eur)", "crédits", "uznanie", "uznania", "wpływy", "kredit", "příjem",
               "příchozí", "insättning", "insättningar", "inn på konto", "inn", "indsat", "ind", "pano", "jóváírás",
               "πίστωση", "alacak"),
    "debit": ("debits", "withdrawals", "payments", "debit amt", "money spent", "outgoing", "belastung",
              "belastungen", "lastschrift", "soll (eur)", "af", "afschrijving", "cargos", "debe", "gastos", "gasto",
              "retiro", "dare", "addebito", "uscite", "débito", "débitos", "a débito", "saídas", "décaissement",
              "débit (eur)", "débits", "obciążenie", "obciążenia", "wydatki", "debet", "výdej", "odchozí", "uttag",
              "ut fra konto", "ut", "hævet", "ud", "otto", "terhelés", "χρέωση", "borç"),
    "balance": ("closing balance", "account balance", "running bal.", "available balance", "ledger balance",
                "saldo (eur)", "guthaben", "saldo nach buchung", "kontosaldo", "saldo na mutatie", "saldo na trn", "saldo na boeking",
                "saldo después", "saldo disponible", "saldo contabile", "saldo após", "saldo contabilístico",
                "solde (eur)", "saldo po operacji", "saldo po transakcji", "zůstatek", "zostatok", "saldo efter",
                "bokfört saldo", "egyenleg", "sold", "υπόλοιπο", "bakiye", "saldo po"),
    "currency": ("curr", "cur", "account currency", "currency code", "iso", "munt", "muntsoort", "valuta-code", "valutacode", "valiuta", "valūta",
                 "moneda", "moeda", "monnaie", "waluta", "měna", "mena", "valutakod", "valuttakode", "valuutta",
                 "devizanem", "deviza", "valută", "νόμισμα", "para birimi", "kontowährung"),
    "account": ("account iban", "auftragskonto", "iban/bban", "rekeningnummer", "cuenta", "conto", "conta", "compte",
                "numéro de compte", "numer rachunku", "rachunek", "číslo účtu", "kontonr"),
    "remittance": ("label", "particulars", "buchungstext", "mededelingen", "mededeling", "descripción", "descripcion",
                   "causale", "descrição", "descricao", "libelle", "libellé de l'opération", "opis", "opis operacji",
                   "tytuł", "tytuł operacji", "popis", "zpráva", "zpráva pro příjemce", "beskrivning", "rubrik",
                   "tekst", "forklaring", "beskrivelse", "viesti", "selite", "közlemény", "közlemény/cél", "detalii",
                   "περιγραφή", "açıklama"),
    "counterparty": ("partner name", "counterparty name", "payer", "naam / omschrijving", "naam tegenpartij",
                     "naam tegenrekening", "tegenrekeninghouder", "begünstigter / auftraggeber", "beguenstigter/zahlungspflichtiger",
                     "name zahlungsbeteiligter", "zahlungsbeteiligter", "zahlungsempfänger", "beneficiario",
                     "ordenante", "controparte", "beneficiário", "contrepartie", "tiers", "nadawca / odbiorca",
                     "kontrahent", "název protistrany", "název protiúčtu", "protistrana", "mottagare", "modtager",
                     "mottaker", "saaja/maksaja", "saaja", "partner", "partner neve", "beneficiar"),
    "counterparty_account": ("partner iban", "counterparty account", "counterparty iban", "tegenrekening", "tegenrekeningnummer",
                             "iban zahlungsbeteiligter", "kontonummer/iban", "iban / kontonummer", "protiúčet",
                             "číslo protiúčtu", "rachunek nadawcy / odbiorcy", "saajan tilinumero", "partner számla"),
    "reference": ("transaction number", "transaction reference", "bank reference", "operation number",
                  "kundenreferenz", "referentie", "volgnr", "referência", "référence", "referencja", "viite",
                  "viitenumero"),
}  # fmt: skip

FEE_WORDS = frozenset((
    "fee", "fees", "fee amount", "transaction fee", "charge", "charges", "commission", "gebühr", "gebühren",
    "gebuehr", "entgelt", "kosten", "transactiekosten", "comisión", "comision", "comisiones", "commissione",
    "commissioni", "spese", "comissão", "frais", "frais bancaires", "opłata", "prowizja", "poplatek", "poplatky",
    "avgift", "gebyr", "palvelumaksu", "kulu", "jutalék", "díj", "comision bancar", "masraf",
))  # fmt: skip
NET_WORDS = frozenset(
    ("net", "net amount", "netto", "nettobetrag", "neto", "importe neto", "netto bedrag", "nettó")
)

# What a column is named that tells of a line whether it is booked.
STATUS_NAMES = frozenset((
    "status", "state", "transaction status", "transactional status", "booking status", "info", "zustand",
    "buchungsstatus", "umsatzstatus", "estado", "stato", "situação", "statut", "état", "stav", "tila", "állapot",
    "stare", "κατάσταση", "durum",
))  # fmt: skip
BOOKED = frozenset((
    "booked", "posted", "completed", "complete", "cleared", "settled", "executed", "processed", "success",
    "successful", "succeeded", "done", "final", "confirmed", "book", "gebucht", "umsatz gebucht", "verbucht",
    "ausgeführt", "abgeschlossen", "geboekt", "verwerkt", "uitgevoerd", "comptabilisé", "comptabilisée", "exécuté",
    "contabilizado", "contabilizada", "completado", "completada", "realizado", "contabilizzato", "contabilizzata",
    "eseguito", "efetuado", "efetuada", "concluído", "zaksięgowana", "zaksięgowano", "rozliczona", "zrealizowana",
    "zaúčtováno", "zaúčtovaná", "zúčtované", "bokförd", "bokfört", "bogført", "bokført", "utförd", "udført", "utført",
    "kirjattu", "könyvelt", "teljesült", "finalizat", "procesat",
))  # fmt: skip
PENDING = frozenset((
    "pending", "reserved", "reservation", "authorised", "authorized", "authorisation", "authorization", "on hold",
    "hold", "held", "uncleared", "processing", "in progress", "in process", "scheduled", "planned", "not posted",
    "unposted", "waiting", "pdng", "vorgemerkt", "umsatz vorgemerkt", "vormerkung", "vorläufig", "reserviert",
    "ausstehend", "offen", "in bearbeitung", "gereserveerd", "reservering", "in behandeling", "openstaand",
    "en attente", "en cours", "à venir", "pendiente", "retenido", "retenida", "en proceso", "in sospeso",
    "in attesa", "autorizzato", "autorizzata", "non contabilizzato", "non contabilizzata", "da contabilizzare",
    "pendente", "em processamento", "cativo", "oczekująca", "oczekujące", "oczekuje", "w trakcie", "blokada",
    "nierozliczona", "čeká", "čekající", "rezervace", "blokace", "nezaúčtováno", "blokácia", "reserverad",
    "reserverat", "preliminär", "väntande", "reserveret", "reservert", "venter", "afventer", "under behandling",
    "varaus", "odottaa", "függő", "zárolt", "foglalás", "in asteptare", "în așteptare", "in curs", "εκκρεμεί",
    "beklemede",
))  # fmt: skip
NEVER_BOOKED = frozenset((
    "declined", "reverted", "failed", "cancelled", "canceled", "rejected", "expired", "voided", "denied", "abgelehnt",
    "abgebrochen", "fehlgeschlagen", "geweigerd", "geannuleerd", "refusé", "refusée", "échoué", "rechazado",
    "rechazada", "cancelado", "cancelada", "rifiutato", "rifiutata", "annullato", "recusado", "recusada", "odrzucona",
    "odrzucone", "anulowana", "zamítnuto", "zrušeno", "zamietnuté", "avvisad", "avbruten", "afvist", "avvist",
    "hylätty", "peruttu", "elutasítva", "respins",
))  # fmt: skip
# A column of yes and no that is named for what is pending.
YES = frozenset(
    ("yes", "true", "1", "y", "x", "ja", "j", "sí", "si", "sì", "oui", "tak", "ano", "kyllä", "sim")
)
NO = frozenset(("no", "false", "0", "n", "nein", "nee", "non", "nie", "ne", "nej", "nei", "ei", "não"))

# Words that say which way the money went, in whatever column they stand.
DEBIT_MARKS = frozenset((
    "debit", "dbit", "dr", "debits", "withdrawal", "money out", "paid out", "outgoing", "out", "sent", "soll",
    "belastung", "ausgang", "auszahlung", "ausgabe", "af", "afschrijving", "debet", "debetas", "deebet", "debets", "uit", "débit", "sortie", "cargo",
    "débito", "debito", "debe", "adeudo", "gasto", "egreso", "salida", "retiro", "dare", "addebito", "uscita",
    "saída", "obciążenie", "obciazenie", "wydatek", "wypłata", "wychodząca", "wychodzące", "wn", "výdaj", "odchozí",
    "odchozí platba", "na vrub", "odpis", "uttag", "ut", "utgift", "ud", "hævet", "udgift", "utbetaling", "otto",
    "meno", "terhelés", "kiadás", "cheltuială", "χρέωση", "borç", "дебет", "расход", "списание",
))  # fmt: skip
CREDIT_MARKS = frozenset((
    "credit", "crdt", "cr", "credits", "deposit", "money in", "paid in", "incoming", "in", "received", "haben",
    "gutschrift", "eingang", "einzahlung", "einnahme", "bij", "bijschrijving", "crédit", "entrée", "abono", "crédito",
    "credito", "haber", "ingreso", "entrada", "depósito", "avere", "accredito", "entrata", "uznanie", "wpływ", "kreditas", "kreedit", "kredīts",
    "wpłata", "przychodząca", "przychodzące", "ma", "příjem", "příchozí", "příchozí platba", "ve prospěch", "připsání",
    "kredit", "insättning", "inkomst", "inn", "ind", "indsat", "indtægt", "innbetaling", "pano", "tulo", "jóváírás",
    "bevétel", "venit", "πίστωση", "alacak", "кредит", "приход", "зачисление",
))  # fmt: skip
# Cargo and abono: beside it C alone is no credit, but where the column's name is of another language.
SPANISH_PAIR = ("c", "a")
SPANISH_NAMES = frozenset(("tipo", "signo", "indicador", "indicatore"))
# (debit, credit) letters, which mean something as a pair alone.
LETTER_PAIRS = (("d", "c"), ("s", "h"), ("d", "k"), ("d", "h"), ("d", "a"), SPANISH_PAIR, ("o", "u"), ("t", "j"), ("b", "a"),
                ("χ", "π"), ("-", "+"))  # fmt: skip
# What a column is named that may hold such marks, without saying which.
MARK_NAMES = frozenset((
    "type", "sign", "indicator", "direction", "mark", "transaction type", "kennzeichen", "kz", "vorzeichen",
    "richtung", "sens", "signe", "tipo", "signo", "segno", "sinal", "znak", "strona", "richting", "tegn", "tecken",
    "+/-", "-/+", "+-", "debit credit indicator", "creditdebitindicator", "indicatore", "indicador", "smer", "směr", "előjel", "yön",
))  # fmt: skip
# What a row says of itself that is a balance or a total among the movements.
TOTALS = frozenset((
    "opening balance", "closing balance", "starting balance", "ending balance", "beginning balance",
    "balance brought forward", "brought forward", "balance b/f", "b/f", "balance carried forward", "carried forward",
    "balance c/f", "previous balance", "totals", "grand total", "sub total", "subtotal", "turnover",
    "anfangssaldo", "endsaldo", "anfangsbestand", "endbestand", "alter kontostand", "neuer kontostand", "alter saldo",
    "neuer saldo", "saldovortrag", "schlusssaldo", "startsaldo", "summe", "gesamtsumme", "umsatzsumme",
    "beginsaldo", "eindsaldo", "vorig saldo", "nieuw saldo", "solde initial", "solde final", "ancien solde",
    "nouveau solde", "solde précédent", "saldo inicial", "saldo final", "saldo anterior", "saldo actual", "totales",
    "saldo iniziale", "saldo finale", "saldo precedente", "totali", "saldo do dia", "saldo anterior",
    "saldo początkowe", "saldo końcowe", "saldo poprzednie", "suma obrotów", "razem", "počáteční zůstatek",
    "konečný zůstatek", "celkem", "ingående saldo", "utgående saldo", "ingående balans", "utgående balans",
    "primo saldo", "ultimo saldo", "inngående saldo", "alkusaldo", "loppusaldo", "yhteensä", "nyitó egyenleg",
    "záró egyenleg", "sold initial", "sold final", "total rulaj", "algsaldo", "lõppsaldo", "käive", "likutis pradžiai",
    "likutis pabaigai", "apyvarta", "sākuma atlikums", "beigu atlikums", "apgrozījums", "αρχικό υπόλοιπο", "devreden bakiye",
))  # fmt: skip
_ON_A_DAY = re.compile(r"[\s:(]+(?:(?:at|on|as of|per|am|vom|op|au|al|em|dne|pr)\s+)?\d[\d./-]*\)?:?$")
# A balance by these words with a whole date behind them; alone they may be what a payment is for (saldo, balance).
_BALANCES = frozenset((
    "balance", "account balance", "bank balance", "ledger balance", "kontostand", "kontosaldo", "saldo", "solde", "stan konta",
    "zůstatek", "egyenleg", "sold", "υπόλοιπο", "bakiye",
))  # fmt: skip
_WHOLE_DAY = re.compile(r"\d{1,4}[./-]\d{1,2}[./-]\d{2,4}\)?:?$")
_TEXTS = frozenset(word for field in ("remittance", "counterparty", "counterparty_account", "reference", "account")
                   for words in (FIRST_WORDS, MORE_WORDS) for word in words.get(field, ())) - {"buchungstext"}  # fmt: skip
_BRACKETED = re.compile(r"\s*[(\[]\s*[^\W\d]{0,3}[€£$]?\s*[)\]]$")


def plain(text: str) -> str:
    """A word as the lists have it: small, without a byte order mark, marks of lists, double blanks."""
    return " ".join(text.strip("\ufeff#* \t\xa0").casefold().split())


def named(text: str) -> str:
    """A column's name as the lists have it: as `plain`, and without a currency in brackets at its end."""
    return _BRACKETED.sub("", plain(text)).rstrip(":.").rstrip()


def is_text(column: str) -> bool:
    """Whether a column of this name holds texts about a line: who, what for, which number."""
    return named(column) in _TEXTS


def is_total(text: str) -> bool:
    """Whether a text is what a row of a balance or of a total says of itself, on a day perhaps."""
    said = plain(text)
    words = _ON_A_DAY.sub("", said).rstrip(": ")
    return words in TOTALS or (words in _BALANCES and _WHOLE_DAY.search(said) is not None)


def is_heading_of_pending(text: str) -> bool:
    """Whether a text is what stands over lines that are not booked yet: Pending transactions, Vorgemerkte Umsätze."""
    words = plain(text).rstrip(": ").split()
    stem = re.compile(r"(pending|uncleared|unposted|scheduled|upcoming|authoris|authoriz|vorgemerkt|ausstehend|gereserveerd|"
                      r"pendiente|pendente|oczekując|blokad|reserver|čekající|väntande|függő)")  # fmt: skip
    return 1 <= len(words) <= 4 and any(stem.match(word) for word in words)


def marked(text: str) -> str:
    """A mark as the lists have it: DR. and Cr are dr and cr."""
    return plain(text).rstrip(".:").strip("()[] ")
