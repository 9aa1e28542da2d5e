"""What bureau and kiosk agree on: enrolment, desired state, release, command, and how each is signed.

Only types, their bounds and pure readings of bytes: no file, no network, no clock. Everything that changes a machine comes in a
signed envelope (``signatures``) and is strict: an unknown key or a silly value is refused whole. What a kiosk answers travels as
an ``Event`` of the telemetry wire, through the same outbox as everything else it says.
"""
