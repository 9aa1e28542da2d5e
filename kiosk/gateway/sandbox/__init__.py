"""A complete stand-in for the government service platform, so that the whole works unplugged from the world.

Belongs here: synthetic citizens, the documents they can get, the platform's side of its API, the page a phone opens to
check a document, and the switch that makes the platform slow or failing. Runs as a process of its own
(``python -m kiosk.gateway.sandbox serve``); nothing that runs in production imports it.
"""
