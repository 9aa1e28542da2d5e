"""Cameras that see the person before the kiosk.

Belongs here: drivers for a way of finding faces, what is judged of a picture (pure modules: ``faces``, ``sitting``,
``pose``), the comparison of two faces on this machine, and the far end (``simulated``: for the rig and for tests, never
for production). Does not belong here: what a visit does with a picture, and how pictures travel (``transport``). May know
``contract`` and ``transport``. To add a way of finding faces, write a ``FaceFinder`` in ``faces``.

Nothing of a person is kept: pictures are wiped as soon as they have been looked at, and none is ever written down.
"""
