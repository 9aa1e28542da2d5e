"""The fleet service's knowledge of health: ingest, store, liveness, alarms, and the dashboard over them.

Knows ``telemetry.wire`` and nothing of kiosks, drivers or screens. Decisions (liveness, alarms) are pure functions of data with
an argument ``now``; ingest and store act on them.
"""
