"""The server's end of provisioning: who belongs to the bureau, what each kiosk should be, how it gets there, who said so.

Decisions (merging, rollout steps, verdicts on health) are pure; rows are met in one module a room; every act is in the audit.
Tables lie beside all others in ``telemetry.fleet.store.schema``: one database, one way to upgrade, back up and restore it.
"""
