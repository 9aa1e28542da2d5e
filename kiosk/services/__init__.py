"""What a villager can get done, as data: one file a service, and the step types the visit knows.

Belongs here: the shape of a service, reading and checking the files, and what "offered" means. Does not belong here: what
happens next (``visit.machine``), what a device is doing (``upkeep``). To add a service, add one TOML file.
"""
