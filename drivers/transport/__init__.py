"""How bytes travel: serial ports, sockets, memory; and the one place that starts threads.

Belongs here: whatever opens, reads or closes something of the operating system. Does not belong here: the meaning of a
byte. May know ``contract`` alone. To add a way for bytes to travel, write one module with a ``Wire`` and one line in
``port_url``.
"""
