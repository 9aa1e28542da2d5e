"""Everything that touches hardware, and nothing that knows a villager.

``contract`` says what the rest of the house may know of a device; ``transport`` carries bytes; each device class has a
room of its own (driver, codec, far end). A new driver is one file in its class's room and one line in ``catalog``.
"""
