"""Pretended kiosks that enrol: they know the wire alone, and what they learn lies in folders anybody can look into.

For manuals, training and tests. No process that serves imports this room; the command line loads it by name when asked for.
"""
