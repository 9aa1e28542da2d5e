"""Readers of ID cards: residents', and those for foreigners and for Hong Kong, Macau and Taiwan.

Belongs here: drivers for a make or a protocol, their codecs, what stands on the chip, and the far end of the cable
(``simulated``, ``samples``: for the rig and for tests, never for production). Does not belong here: what a visit does
with a person's data. May know ``contract`` and ``transport``. To add a reader, write one driver module with its
``Settings``, one line in ``drivers.catalog``, and run the contract suite over it.
"""
