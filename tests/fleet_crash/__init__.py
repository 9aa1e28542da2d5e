"""The fleet dies again and again under load: rows exactly once, no half ticket, acknowledgements never ahead of storage.

The real service, mosquitto and PostgreSQL are processes that are killed with SIGKILL, one or several at a time, at random
moments, while kiosks with real outboxes go on speaking. ``python -m tests.fleet_crash --times 200 --store postgresql`` runs as
many deaths as are asked for; the suite runs a slice.

Belongs here: deaths of the server side, and the judgement after them. Does not belong here: deaths of a kiosk (``tests/crash``).
"""
