"""The terms that pages show, and what each means: a page of its own, to which headings lead. The meanings are those of docs/GLOSSARY.md,
which a test holds; their German stands in the catalogue."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tieout.console.language import marked


@dataclass(frozen=True)
class Term:
    """A word in small letters, as it is looked up, and what it means."""

    word: str
    means: str

    @property
    def key(self) -> str:
        """What a page's address says of it behind #."""
        return self.word.replace(" ", "-")


_TERMS = (
    Term(marked("entity"), marked("a legal company: an Odoo company with its currency and time zone; the cut-off is that zone's midnight")),
    Term(marked("interface"), marked("a governed one-way flow from a system's streams into an entity's ledger: owner, process, schedule, policies")),
    Term(marked("document"), marked("a canonical finance document made from a message")),
    Term(marked("delivery"), marked("an effect on its way, with a deterministic external id")),
    Term(marked("case"), marked("a business exception: cause, amount at risk, owner, due time, recovery")),
    Term(marked("cause"), marked("why something needs a person: declared once, with what it means and what recovers it")),
    Term(marked("reprocess"), marked("what is held is planned anew, by files and rules as they are now; what is posted is left alone.")),
    Term(marked("preview"), marked("what reprocessing would book now, in money; nothing is changed by it")),
    Term(marked("control total"), marked("a source's own figure, got apart from its messages")),
    Term(marked("residual"), marked("source total less posted, waiting, in exception and excluded")),
    Term(marked("ledger gap"), marked("what Odoo holds for posted documents less what they say")),
    Term(marked("governed account"), marked("an account that Tieout posts to: every entry on it has a source, a declaration or a reason")),
    Term(marked("bridge"), marked("what leads from a source's month to the ledger's: each document that counts in one and not in the other, with its amount")),
    Term(marked("bank in transit"), marked("what a provider has paid out and the bank has not booked yet")),
    Term(marked("match"), marked("a group that is applied in the ledger, or waits for it; undone, it is told again as that: our own partials go, others' stay")),
    Term(marked("suggestion"), marked("a group that a person decides on")),
    Term(marked("break"), marked("an item, or the open rest of one, that belongs to nothing yet")),
    Term(marked("lesson"), marked("a sentence that matches by hand teach: a name, a reference pattern, an account; used once somebody else approves")),
    Term(marked("approval"), marked("a decision of people, bound to the hash of what they saw; void on any edit")),
    Term(marked("policy"), marked("a condition, and the steps of people that it asks for")),
    Term(marked("maker"), marked("everybody who had a hand in a document: who prepared, submitted or decided it")),
    Term(marked("exposure"), marked("what a customer owes in all: what is open of invoices, less credits and unapplied payments, in the entity's currency; open orders are no part of it")),
    Term(marked("signature"), marked("two people's word for the digest of a task's figures; revoked when these change")),
    Term(marked("critical path"), marked("the chain of tasks that decides when a period will be closed")),
    Term(marked("late event"), marked("what belongs to a locked period and is booked in the first open one: of a prior period where it stands")),
    Term(marked("feeder"), marked("who writes into a ledger: a program, one of the ledger's own ways, or a person by hand; every entry that a survey read has one")),
    Term(marked("survey"), marked("what stood in a ledger that runs already when somebody looked: read whole, kept with its rows, nothing changed")),
    Term(marked("evidence"), marked("the append-only, sealed record of everything that touched a posting")),
)  # fmt: skip
TERMS: Mapping[str, Term] = {term.key: term for term in _TERMS}
