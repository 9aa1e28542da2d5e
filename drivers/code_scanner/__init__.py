"""Readers of bar and QR codes on a serial line.

Belongs here: the driver for engines that send codes as text, their control languages, the makers' differences as data, and the
far end of the cable (``simulated``, ``samples``: for the rig and for tests, never for production). Does not belong here: what
a code means, or what a visit does with it. May know ``contract`` and ``transport``. To add a model that speaks one of the
known languages, add an entry to ``models.py``; to add a language, write one codec and its place in ``scan_line``.
"""
