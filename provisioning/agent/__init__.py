"""The kiosk's end of provisioning: proves who it is, takes what the bureau wants, verifies, applies, goes back when it fails.

Never interrupts a visit (``machine``). Decisions are pure; what is kept lies in the state folder and survives a power cut at any
write. Knows the kiosk's configuration and telemetry's agent; the fleet's side it knows by the wire alone.
"""
