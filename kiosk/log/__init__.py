"""Logging: JSON lines in the state folder and on stderr, with everything personal taken out in one place.

Belongs here: where log lines go, how long they are kept, and what may not stand in them. Does not belong here: what is worth
logging (every room says that itself, as an event name and fields).
"""

from kiosk.log.redaction import redact as redact
from kiosk.log.writing import start_logging as start_logging
from kiosk.log.writing import stop_logging as stop_logging
