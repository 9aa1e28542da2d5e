"""The dashboard and the API: what the fleet knows, shown with its age.

Belongs here: routes, queries for pages, templates, the stream that tells a tab what changed. Does not belong here: storing,
deciding what is an alarm, talking to a broker; this room only reads. May know ``telemetry.fleet.store.schema`` and
``telemetry.wire``. To add a page: one query module, one template, one test; then a line in ``pages.py``.
"""
