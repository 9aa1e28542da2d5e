"""Rollouts: how a release reaches many kiosks in rings, each ring watched before the next one begins.

Belongs here: who is in which ring (``plan``), where each kiosk is (``members``), the next step (``steps``), what a person may do
(``acts``), and the field-health gate: which kiosk is held against which (``matching``), what is watched and what follows from it
(``gate``), by which mathematics (``betting``). All of that is pure. Rows are met in ``rows`` and ``field_health``, time in
``runner``. What a rollout decides for a kiosk is a row of ``wanted_release``; how it reaches the kiosk is no concern of it.
"""
