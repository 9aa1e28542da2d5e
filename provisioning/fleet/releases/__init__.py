"""Releases as the bureau keeps them: a TUF repository in the state folder, signed by officials, served to kiosks and mirrors.

``root`` and ``targets`` are signed offline by a threshold of officials' keys (``keys``); the service itself holds only the keys
that say what is newest today (``repository``). Does not decide which kiosk gets which release: that is a rollout's.
"""
