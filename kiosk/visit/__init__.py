"""One villager's visit, from the first touch until everything of it is wiped.

Belongs here: what a visit is (``model``), what can happen to it (``event``), what it asks for (``effect``), what comes next
(``machine``, pure), and the thin runner that does what is asked. Does not belong here: a device's make, a pixel, a word on
the screen, why a service is withdrawn. May know ``services``, ``gateway``'s and ``drivers``' contracts and the ``journal``;
never ``upkeep``, never ``display``. To add a step, add it to ``StepKind``, a stage to ``model`` and a module to ``stages``.
"""
