"""The rig: the far ends of all cables, on real ptys and sockets, with a console for their faults.

Belongs here: hosting far ends (bytes paced at the line's speed, plugs that can be pulled), keeping the paper that comes
out, the commands and the page by which a trainer, a technician or a test gives faults. Does not belong here: what a device
does with a byte (its ``simulated`` module). Nothing that runs in production imports it. To add a device, add its far end
in ``bench.build``.
"""
