"""Finding out what this machine is and whether it is ready, without any screen: checks, self-test, discovery.

Belongs here: harmless checks of a device with their evidence, the self-test at dawn and its records, recognising what is
plugged in. Does not belong here: keeping devices well (``upkeep``), bytes (``drivers``), pages. May know upkeep and the
drivers' catalogue, never the visit and never the display. To add a check for a class of device, add one line in ``check``.
"""
