"""The durable ledger of visits, submissions, payments and prints: what was meant, what was sent, what came of it.

Belongs here: intents, their one outcome, and settling what a crash left open. Does not belong here: anything personal (an
intent is named by a random key), what happens next (``visit``), telemetry's queue. May know ``drivers.transport`` for the
worker that runs SQLite. To add a kind of act, add one word to ``IntentKind`` and a migration.
"""

from kiosk.journal.journal import Journal as Journal
from kiosk.journal.ledger import IntentKind as IntentKind
from kiosk.journal.ledger import IntentOutcome as IntentOutcome
from kiosk.journal.ledger import InterruptedVisit as InterruptedVisit
from kiosk.journal.ledger import JournalError as JournalError
from kiosk.journal.ledger import OpenIntent as OpenIntent
from kiosk.journal.ledger import SettledIntent as SettledIntent
