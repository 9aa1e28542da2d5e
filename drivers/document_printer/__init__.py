"""Document printers on A4 paper: the driver for IPP, its codecs, cutting a PDF into pages, and the far end.

Belongs here: everything that knows IPP or a PDF's pages. Does not belong here: how HTTP carries it (``transport``), what a
document says, or what a villager is asked when a print broke off. May know ``contract`` and ``transport``. A printer that
calls a trouble by a word of its own is a line in ``reasons.py``; another language of printers is one driver beside
``ipp.py`` and one line in the catalog.
"""
