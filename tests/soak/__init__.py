"""Two thousand visits with random faults over one life of the shipping core: nothing stuck, nothing leaked, nobody left behind.

The whole core runs over every far end; the byte cables are wires in memory, and the loop's time runs fast whenever everybody
waits (``loop``). Villagers (``villager``) come one after the other with random matters, ways and tempers; troubles
(``trouble``) come from the far ends' own lists, from cables, platform and broker. ``reckoning`` counts at the end.
``python -m tests.soak --visits 2000 --seed 1`` runs as many as are asked for; the suite runs a slice.
"""
