"""The kiosk's end of releases: downloads at night, believes nobody but the officials' signatures, tries, and goes back by itself.

``trust`` says what is signed, ``download`` and ``install`` bring it into the idle slot, ``step`` decides, ``following`` does it.
The slots themselves are the launcher's (``provisioning.launcher``), which no release can change.
"""
