"""Evidence as sentences: what each kind of record says, in plain words. Pure: an entry in, its sentence out.

A kind has its wordings from the fullest to the barest; the first whose words are all there is said, so that an entry of an earlier
version, whose detail has less, has its sentence as well. A sentence is made of its own entry alone, so it holds nothing that whoever
may read the entry may not see; what no wording names is in the record, which is shown beside it.
"""

from __future__ import annotations

from collections.abc import Mapping
from string import Formatter
from typing import Any

from tieout.causes import cause_named
from tieout.console.language import gettext, marked, told

# Characters of one value: the whole of a long one is in the record.
_MOST = 160
# Names of a list that a sentence says.
_NAMES = 5
# By kind. `who` did it, `of` is what it is about, `where` is " (ENTITY)" or nothing; every other word is of its detail.
SENTENCES: dict[str, tuple[str, ...]] = {
    "access.refused": (
        marked("{who} was refused {operation}: {why}"),
        marked("{who} was refused {operation}: no role allows it"),
        marked("{who} was refused access"),
    ),
    "account.certified": (marked("{who} signed the certification of {of}"),),
    "account.certified_itself": (
        marked("{of} certified itself: {says}"),
        marked("{of} certified itself: it is within its limit"),
    ),
    "account.prepared": (marked("{who} prepared the certification of {of}"),),
    "account.refused": (
        marked("{who} was refused to certify {of}: {why}"),
        marked("{who} was refused to certify {of}"),
    ),
    "account.rejected": (
        marked("{who} rejected the certification of {of}: {why}"),
        marked("{who} rejected the certification of {of}"),
    ),
    "account.revoked": (
        marked("The certification of {of} was taken back: {why}"),
        marked("The certification of {of} was taken back"),
    ),
    "account.taken_back": (
        marked("{who} took their own preparation of {of} back: {why}"),
        marked("{who} took their own preparation of {of} back"),
    ),
    "alert.cleared": (marked("The alert {of} was cleared: what it was about is gone"),),
    "alert.raised": (
        marked("An alert was raised: {count} × {cause}, {amount} {currency}{where}"),
        marked("The alert {of} was raised"),
    ),
    "approval.approve": (
        marked("{who} approved {of}: {reason}"),
        marked("{who} approved {of}"),
    ),
    "approval.approved": (marked("{of} is approved: every step said yes"),),
    "approval.not_ours": (
        marked("The approval of {of} does not count: {why}"),
        marked("The approval of {of} does not count: it was not made by Tieout"),
    ),
    "approval.refused": (
        marked("{who} may not decide about {of}: {why}"),
        marked("{who} may not decide about {of}"),
    ),
    "approval.reject": (
        marked("{who} rejected {of}: {reason}"),
        marked("{who} rejected {of}"),
    ),
    "approval.rejected": (
        marked("{of} is rejected: {reason}"),
        marked("{of} is rejected"),
    ),
    "approval.requested": (
        marked("An approval of {of} was asked for, made by {makers}"),
        marked("An approval of {of} was asked for"),
    ),
    "approval.void": (
        marked("The request to approve {of} is void: {reason}"),
        marked("The request to approve {of} is void"),
    ),
    "authority.begin": (
        marked("{who} let the first people in: {people}"),
        marked("{who} let the first people in"),
    ),
    "authority.confirm": (
        marked("{who} confirmed change {no} of who may do what"),
        marked("{who} confirmed a change of who may do what"),
    ),
    "authority.delegate": (
        marked("{who} let {to} stand in for {name} from {since} to {until}"),
        marked("{who} let somebody stand in for another"),
    ),
    "authority.end": (
        marked("{who} ended the account of {name}"),
        marked("{who} ended an account"),
    ),
    "authority.grant": (
        marked("{who} gave {name} the role {role} for {entity}"),
        marked("{who} gave somebody a role"),
    ),
    "authority.invited": (
        marked("{who} invited {name}"),
        marked("{who} invited somebody"),
    ),
    "authority.joined": (
        marked("{name} joined, let in by {who}"),
        marked("Somebody joined, let in by {who}"),
    ),
    "authority.person": (
        marked("{who} made an account for {name}"),
        marked("{who} made an account"),
    ),
    "authority.recall": (
        marked("{who} ended the stand-in for {name}"),
        marked("{who} ended a stand-in"),
    ),
    "authority.refused": (
        marked("{who} was refused a change of who may do what: {why}"),
        marked("{who} was refused a change of who may do what"),
    ),
    "authority.reset": (
        marked("{who} reset how {name} signs in"),
        marked("{who} reset how somebody signs in"),
    ),
    "authority.revoke": (
        marked("{who} took the role {role} for {entity} from {name}"),
        marked("{who} took a role from somebody"),
    ),
    "authority.take": (
        marked("{who} took the role {role} for {environment}"),
        marked("{who} took a role"),
    ),
    "case.assigned": (
        marked("{who} assigned the case of {of} to {owner}"),
        marked("{who} assigned the case of {of}"),
    ),
    "case.changed": (
        marked("The case {cause} of {of} changed: {amount} {currency} are at risk"),
        marked("The case of {of} changed"),
    ),
    "case.decided": (
        marked("{who} decided the case of {of}: {action}, {reason}"),
        marked("{who} decided the case of {of}: {action}"),
        marked("{who} decided the case of {of}"),
    ),
    "case.escalated": (
        marked("The overdue case of {of} was taken to {to}, since {owner} did nothing"),
        marked("The overdue case of {of} was taken to {to}"),
        marked("The overdue case of {of} was taken further"),
    ),
    "case.noted": (marked("{who} wrote a note beside the case of {of}"),),
    "case.opened": (
        marked("A case was opened of {of}: {cause}, {amount} {currency} at risk"),
        marked("A case was opened of {of}"),
    ),
    "case.overdue": (
        marked("{to} was told that the case of {of} is overdue"),
        marked("The case of {of} is overdue"),
    ),
    "case.solved": (
        marked("{who} solved the case {cause} of {of}: {resolution}"),
        marked("{who} solved the case of {of}"),
    ),
    "case.watched": (
        marked("{who} changed whether {person} watches the case of {of}"),
        marked("{who} changed who watches the case of {of}"),
    ),
    "certify.rules": (marked("The rules by which accounts{where} are certified were kept as they are now"),),
    "close.book_asked": (
        marked("{who} asked to book what ends the month of {of}: {what}"),
        marked("{who} asked to book what ends the month of {of}"),
    ),
    "close.items": (marked("What stands on accounts on their way to zero was kept for the close of {of}"),),
    "close.kept": (
        marked("The sheet of the close of {of} was kept, number {sheet}"),
        marked("The sheet of the close of {of} was kept"),
    ),
    "close.lock_asked": (
        marked("{who} asked to lock the books of {of} ({kind}) until {until}"),
        marked("{who} asked to lock the books of {of}"),
    ),
    "close.locked": (
        marked("{who} locked the books of {of} ({kind}) until {until}"),
        marked("{who} locked the books of {of}"),
    ),
    "close.prepared": (
        marked("{who} prepared {task} of {of}: {why}"),
        marked("{who} prepared a task of the close of {of}"),
    ),
    "close.refused": (
        marked("{who} was refused a signature in the close of {of}: {why}"),
        marked("{who} was refused a signature in the close of {of}"),
    ),
    "close.revoked": (
        marked("The signature of {task} of {of} was taken back: {why}"),
        marked("A signature of the close of {of} was taken back"),
    ),
    "close.rules": (marked("What the close of {of} goes by was kept as it is now"),),
    "close.signed": (
        marked("{who} signed {task} of {of}: {why}"),
        marked("{who} signed a task of the close of {of}"),
    ),
    "close.waived": (marked("What was waived of {of} was kept as a list to be signed"),),
    "collection.event": (
        marked("{of} is {kind} now, by {who}"),
        marked("How {of} is collected changed, by {who}"),
    ),
    "control_total.taken": (marked("The source's own figures were taken for {of}"),),
    "database.restored": (marked("The database was put back to an earlier state by {who}"),),
    "delivery.absent": (marked("{of} was looked for in its target and is not there: it is sent again"),),
    "delivery.agrees": (marked("{of} was read back and is as it was sent"),),
    "delivery.confirmed": (
        marked("{of} stands in its target as record {target}"),
        marked("{of} stands in its target"),
    ),
    "delivery.differs": (
        marked("{of} was read back and is not as it was sent: {cause}"),
        marked("{of} was read back and is not as it was sent"),
    ),
    "delivery.held": (
        marked("{of} was not sent: {why}"),
        marked("{of} was not sent"),
    ),
    "delivery.not_ours": (marked("{of} was not sent: it was not written by Tieout"),),
    "delivery.refused": (
        marked("{of} was refused: {error}"),
        marked("{of} was refused by its target"),
    ),
    "delivery.replayed": (marked("{who} put {of} in line to be sent again"),),
    "delivery.undecided": (
        marked("Whether {of} reached its target is not known: {error}"),
        marked("Whether {of} reached its target is not known"),
    ),
    "delivery.unsent": (
        marked("{of} was not sent: {error}"),
        marked("{of} was not sent"),
    ),
    "document.excluded": (
        marked("{of} was left out by {who}: {reason}"),
        marked("{of} was left out by {who}"),
    ),
    "document.held": (
        marked("{of} waits for {reason}"),
        marked("{of} waits for a person"),
    ),
    "document.planned": (marked("It was planned what {of} becomes in the books"),),
    "document.posted": (marked("{of} is posted: everything of it stands in the ledger"),),
    "document.refused": (
        marked("{of} is in exception: {reason}"),
        marked("{of} is in exception"),
    ),
    "document.replayed": (marked("{who} had {of} planned anew"),),
    "document.stale": (marked("{of} was planned anew: it was changed meanwhile"),),
    "document.wait": (
        marked("{of} waits: {reason}"),
        marked("{of} waits for another document"),
    ),
    "entity.declared": (marked("{who} declared the entity {of}"),),
    "evidence.exported": (marked("{who} exported the sealed evidence for an auditor"),),
    "extract.made": (marked("{who} made an extract of {of}"),),
    "identity.invited": (marked("{who} handed {of} a link to sign in with"),),
    "identity.key_ended": (
        marked("{who} ended a key of {of}"),
        marked("A key of {of} was ended"),
    ),
    "identity.key_made": (marked("{who} made a key for {of}"),),
    "identity.passkey_removed": (marked("{who} removed a passkey of {of}"),),
    "identity.passkey_set": (marked("{who} set a passkey up"),),
    "identity.password_removed": (marked("{who} removed the password of {of}"),),
    "identity.password_set": (marked("{who} set a password"),),
    "identity.recovery_removed": (marked("{who} removed the recovery codes of {of}"),),
    "identity.recovery_set": (marked("{who} got new recovery codes"),),
    "identity.recovery_used": (marked("{who} signed in with a recovery code"),),
    "identity.refused": (
        marked("{who} was not let in: {why}"),
        marked("{who} was not let in"),
    ),
    "identity.sessions_ended": (marked("{who} ended every session of {of}"),),
    "identity.signed_in": (
        marked("{who} signed in by {via}"),
        marked("{who} signed in"),
    ),
    "identity.signed_out": (marked("{who} signed out"),),
    "identity.stopped": (marked("Tries to sign in as {of} were stopped for a while: there were too many"),),
    "identity.totp_removed": (marked("{who} removed the authenticator app of {of}"),),
    "identity.totp_set": (marked("{who} set an authenticator app up"),),
    "identity.totp_used": (marked("{who} gave a code of their authenticator app"),),
    "interface.declared": (marked("{who} declared the interface {of}"),),
    "interface.paused": (
        marked("{who} paused the interface {of}: {reason}"),
        marked("{who} paused the interface {of}"),
    ),
    "interface.replayed": (marked("{who} had a range of the interface {of} planned anew"),),
    "interface.resumed": (marked("{who} resumed the interface {of}"),),
    "interface.run": (marked("{who} had the interface {of} asked now"),),
    "late.booked": (
        marked("{of} belongs to a locked period and is booked on {booked_on}"),
        marked("{of} belongs to a locked period and is booked in an open one"),
    ),
    "late.decided": (
        marked("{who} decided what is late of {of}: {decision}, {reason}"),
        marked("{who} decided what is late of {of}"),
    ),
    "ledger.month": (marked("The ledger's month of {of} was read beside the sources' month"),),
    "ledger.split": (marked("What governed accounts of {of} moved by, and who moved them, was read"),),
    "lesson.approved": (
        marked("{who} approved the lesson that {key} is {value}"),
        marked("{who} approved {of}"),
    ),
    "lesson.ended": (
        marked("{who} ended the lesson that {key} is {value}"),
        marked("{who} ended {of}"),
    ),
    "lesson.proposed": (marked("{who} taught a lesson by the match {of}: it waits for another person"),),
    "lesson.rejected": (
        marked("{who} rejected the lesson that {key} is {value}"),
        marked("{who} rejected {of}"),
    ),
    "mapping.changed": (
        marked("{who} changed the mapping {of}: {reason}"),
        marked("{who} changed the mapping {of}"),
    ),
    "mapping.chosen": (marked("{who} chose the accounts of the mapping {of}"),),
    "mapping.kept": (
        marked("The mapping {of} was kept as it is now, {count} rows"),
        marked("The mapping {of} was kept as it is now"),
    ),
    "match.made": (
        marked("{who} matched {of} by {rule}"),
        marked("{who} booked {of} to {account}"),
        marked("{who} matched {of}"),
    ),
    "match.undone": (
        marked("{who} took the match {of} apart: {reason}"),
        marked("{who} took the match {of} apart"),
    ),
    "message.received": (marked("A message came by {who}: {of}"),),
    "message.replayed": (marked("{who} had the message {of} read anew"),),
    "opening.taken": (marked("What stood in the ledger of {of} before its first day was taken"),),
    "origin.changed": (marked("The declaration {of}{where} of what is made in the ledger was changed"),),
    "origin.declared": (marked("It was declared that {of}{where} is made in the ledger"),),
    "origin.ended": (marked("The declaration {of}{where} of what is made in the ledger ended"),),
    "payment_run.proposed": (
        marked("{who} proposed the payment run {of} with {payments} payments"),
        marked("{who} proposed the payment run {of}"),
    ),
    "persons.erased": (marked("The persons of {of} were erased for {who}"),),
    "persons.read": (marked("The persons of {of} were read by {who}"),),
    "persons.refused": (
        marked("Whoever wanted to read the persons of {of} was refused: {why}"),
        marked("Whoever wanted to read the persons of {of} was refused"),
    ),
    "reconciliation.run": (
        marked("What is open{where} was matched: {applied} applied, {suggested} suggested"),
        marked("What is open{where} was matched"),
    ),
    "release.activated": (marked("The project's files were put in force as {of}"),),
    "rules.kept": (
        marked("The rules of {of} were kept as they are now, {count} of them"),
        marked("The rules of {of} were kept as they are now"),
    ),
    "subscription.ended": (marked("{who} ended the subscription {of}"),),
    "subscription.made": (marked("{who} subscribed an address to events"),),
    "subscription.skipped": (
        marked("Events were skipped for the subscription {of}: its address did not answer"),
    ),
    "suggestion.accepted": (
        marked("{who} accepted the suggestion to match {of} by {rule}"),
        marked("{who} accepted the suggestion to match {of}"),
    ),
    "suggestion.rejected": (
        marked("{who} rejected the suggestion to match {of}: {reason}"),
        marked("{who} rejected the suggestion to match {of}"),
    ),
    "suggestion.to_approve": (marked("{who} wrote a difference of {of} off: it waits for another person"),),
    "suggestion.written_off": (
        marked("{who} wrote a difference of {of} off: {reason}"),
        marked("{who} wrote a difference of {of} off"),
    ),
    "survey.taken": (
        marked("{who} surveyed what stands in {system}{where} already: {entries} entries since {since}"),
        marked("{who} surveyed what stands in the books{where} already"),
    ),
    "system.connected": (
        marked("{who} connected the system {of} by {connector}"),
        marked("{who} connected the system {of}"),
    ),
    "system.disconnected": (marked("{who} disconnected the system {of}"),),
    "system.qualified": (marked("{who} held the system {of} against what is asked of it"),),
    "system.refused": (
        marked("The system {of} was refused: {why}"),
        marked("The system {of} was refused"),
    ),
    "system.tested": (marked("{who} tested the system {of} step by step"),),
    "system.tried": (
        marked("{who} tried to connect {of} by {connector}"),
        marked("{who} tried to connect {of}"),
    ),
    "tax.filed": (marked("{who} declared the return of {of} as filed"),),
    "tax.month": (marked("The taxes of {of} were read beside what the sources say"),),
    "webhook.failed": (
        marked("A push to {of} could not be kept: {why}"),
        marked("A push to {of} could not be kept"),
    ),
    "webhook.malformed": (
        marked("A push to {of} could not be read: {why}"),
        marked("A push to {of} could not be read"),
    ),
    "webhook.refused": (
        marked("A push to {of} was refused: {why}"),
        marked("A push to {of} was refused"),
    ),
}


def sentence_of(actor: str, action: str, subject: str, entity: str, detail: Mapping[str, Any]) -> str:
    """What an entry says in the page's language, without its instant and without an end mark. A kind that nobody worded is said by
    its own name, so that an entry of a later version is shown as well."""
    words = {k: _word(v) for k, v in detail.items()}
    words |= {"who": actor or "?", "of": subject or "?", "where": f" ({entity})" if entity else ""}
    words["entity"] = words.get("entity") or entity
    known = cause_named(words.get("cause", ""))
    if known is not None:
        words["cause"] = told(known.title)
    for wording in SENTENCES.get(action, ()):
        if all(words.get(name) or name == "where" for name in names_in(wording)):
            return gettext(wording).format_map(words)
    return f"{words['who']}: {action.replace('.', ' ').replace('_', ' ')}, {words['of']}"


def said_of(entry: Mapping[str, Any]) -> str:
    """The sentence of an entry as the API shows it (`actor`, `action`, `subject`, `entity`, `detail`)."""
    return sentence_of(entry["actor"], entry["action"], entry["subject"], entry["entity"], entry["detail"])


def names_in(wording: str) -> set[str]:
    """The named places of a wording."""
    return {name for _text, name, _form, _kind in Formatter().parse(wording) if name}


def _word(value: Any) -> str:
    """A value of a detail as a word of a sentence; "" for nothing, and for what is no word but a structure."""
    if isinstance(value, (list, tuple)):
        named = [str(x) for x in value if isinstance(x, str)]
        if len(named) != len(value):
            return ""
        return ", ".join(named[:_NAMES]) + (", …" if len(named) > _NAMES else "")
    if value is None or isinstance(value, (dict, bool)):
        return ""
    text = str(value)
    return text if len(text) <= _MOST else text[:_MOST] + "…"
