"""Readers of smart cards with contacts: the social-security card, and no other.

Belongs here: drivers for a kind of card, their codecs, what stands on the chip in which region, and the far end (``simulated``,
``virtual_card``, ``samples``, ``private_pcsc``: for the rig and for tests, never for production). Does not belong here: PC/SC
itself, which is ``transport.pcsc``; a PIN; a bank card's content. May know ``contract`` and ``transport``. To add a region's
way of storing things, add a row to ``regions``; to add a kind of card, write one driver module with its ``Settings``, one
line in ``drivers.catalog``, and run the contract suite over it.
"""
