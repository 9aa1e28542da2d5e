"""Receipt printers on thermal paper: the driver, its codecs, the makers' differences as data, and the far end.

Belongs here: everything that knows ESC/POS. Does not belong here: what stands on a receipt, or what a villager is asked
when a print broke off. May know ``contract`` and ``transport``. To add a model, add an entry to ``models.py``; to add
another language of printers, write one driver beside ``escpos.py`` and one line in the catalog.
"""
