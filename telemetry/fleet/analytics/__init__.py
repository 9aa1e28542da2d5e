"""What the past says: availability, how long things last, what costs most, who knew first, what to bring where.

Belongs here: pure arithmetic over rows somebody has read (``availability``, ``survival``, ``pareto`` ...), and the question
modules that read those rows (``read_*``). Does not belong here: pages, words, charts (``web``), keeping the rows (``store``).
Whatever is a rate carries its interval and its n; whatever is not known is None and never a zero.
"""
