"""What comes next, stage by stage: pure functions from a visit and what happened to the next visit and its effects.

Belongs here: one module a group of neighbouring stages, and ``entrances``, the ways into a stage that several share. Does
not belong here: dispatch (``machine``), doing anything (``runner``). A touch that means nothing on a stage changes nothing.
"""
