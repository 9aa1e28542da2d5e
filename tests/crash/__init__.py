"""Ten thousand deaths: whenever the core dies, nothing acknowledged is lost, nothing is done twice, every intent has one outcome.

A real core (runner, acts, journal, reporter, outbox, a life of telemetry) is forked, serves villagers, and dies: killed at a
random moment, at a message, or at the n-th act on its files; or the power goes, and what was not synced is lost or torn.
Platform, printers and fleet live in the process that outlives it (``world``) and remember who was asked for what.
``python -m tests.crash --points 10000 --seed 1`` runs as many deaths as are asked for; the suite runs a slice.

Belongs here: deaths, and the judgement after them. Does not belong here: what the visit decides (``tests/kiosk/visit``).
"""
