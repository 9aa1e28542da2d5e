"""The language between kiosk and fleet: topics, messages, codec, versions. Sparkplug's semantics in JSON over MQTT 3.1.1.

Belongs here: every name of a topic and of a field, and what both sides mean by hours of service. Does not belong here:
storing, sending, deciding. Knows nobody. Published words: fields are added, never renamed, never reused; every version keeps its
golden file in ``tests/telemetry/golden`` for ever.
"""
