"""The tables. Times are UTC; every row of a kiosk begins with (county, kiosk), so that the store can be split by kiosk."""

from telemetry.fleet.store.schema.accounts import account, audit, audit_anchor, audit_chain, browser, program, session
from telemetry.fleet.store.schema.alarms import alarm, equipment, incident, maintenance, occurrence
from telemetry.fleet.store.schema.columns import UtcDateTime, metadata
from telemetry.fleet.store.schema.commands import command, command_counter, command_kiosk, command_refusal
from telemetry.fleet.store.schema.desired import config_change, config_city, config_layer, desired
from telemetry.fleet.store.schema.history import condition_span, healing_day, health_day, roll_up, visit_day, watch_gap
from telemetry.fleet.store.schema.identities import certificate, enrolment, kiosk_identity, machine_serial, one_time_code
from telemetry.fleet.store.schema.keys import key_document, kiosk_key
from telemetry.fleet.store.schema.kiosks import device, kiosk, kiosk_now, message, pulse
from telemetry.fleet.store.schema.releases import kiosk_release, release
from telemetry.fleet.store.schema.rollouts import rollout, rollout_kiosk, rollout_line, wanted_release
from telemetry.fleet.store.schema.tickets import complaint, notice, notice_told, ticket, ticket_act, ticket_cause

__all__ = [
    "UtcDateTime",
    "account",
    "alarm",
    "audit",
    "audit_anchor",
    "audit_chain",
    "browser",
    "certificate",
    "command",
    "command_counter",
    "command_kiosk",
    "command_refusal",
    "complaint",
    "condition_span",
    "config_change",
    "config_city",
    "config_layer",
    "desired",
    "device",
    "enrolment",
    "equipment",
    "healing_day",
    "health_day",
    "incident",
    "key_document",
    "kiosk",
    "kiosk_identity",
    "kiosk_key",
    "kiosk_now",
    "kiosk_release",
    "machine_serial",
    "maintenance",
    "message",
    "metadata",
    "notice",
    "notice_told",
    "occurrence",
    "one_time_code",
    "program",
    "pulse",
    "release",
    "roll_up",
    "rollout",
    "rollout_kiosk",
    "rollout_line",
    "session",
    "ticket",
    "ticket_act",
    "ticket_cause",
    "visit_day",
    "wanted_release",
    "watch_gap",
]
