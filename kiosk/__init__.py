"""One visit at a time, and the health of this machine.

Rooms: ``visit`` (what a villager's matter does next), ``services`` (matters as data), ``gateway`` (the government
platform), ``upkeep`` (devices kept alive), ``display`` (the core's end of the screen), ``journal`` (the ledger).
``compose`` introduces them to each other.
"""
