"""Document scanners: a camera over a table that sees sheets of paper.

Belongs here: drivers, what is judged of a sheet (pure modules: ``sheet``, ``judgement``, ``stillness``), the PDF they end in
(``pdf_codec``, ``binding``), and the far end (``simulated``: for the rig and for tests, never for production). Does not
belong here: what the papers are for, and how pictures travel (``transport``). May know ``contract`` and ``transport``.

Nothing of a paper is kept: pictures are wiped as soon as they have been looked at, and none is ever written down.
"""
