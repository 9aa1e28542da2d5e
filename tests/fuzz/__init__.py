"""The fuzzer: hostile bytes for everything that reads what a cable, a network or a disk brings.

Belongs here: what is fed (``corpus``: what the far ends really say), how it is spoiled (``mutation``), to whom
(``card_targets``, ``printer_targets`` ...), and what counts as a finding (``hunt``). Does not belong here: what a codec makes
of good bytes; that is its own test. ``python -m tests.fuzz --seconds 600 --seed 1`` hunts; a slice of it is a test.
"""
