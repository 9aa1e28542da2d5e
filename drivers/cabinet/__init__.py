"""The parts of the cabinet that are watched: power, door, temperature, the machine itself and its way to the network.

Belongs here: drivers for an uninterruptible power supply, an I/O board, and what the operating system tells; their codecs, the
judgement of what they tell (``*_health``, pure), and the far ends (``simulated_*``: for the rig and for tests, never for
production). Does not belong here: what a visit does about an open door. May know ``contract`` and ``transport``. To add a part,
write one driver module with its ``Settings``, one line in ``drivers.catalog``, and run the contract suite over it.
"""
