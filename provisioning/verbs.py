"""The command line of the fleet, ``zhizhu-fleet``: each verb's room is loaded when it is asked for, and no other.

A process that serves knows no simulator, and who makes a code need not wait for the whole service to be read in.
"""

import importlib
import sys
from collections.abc import Mapping, Sequence

import typer

SERVICE = "provisioning.server"
"""``serve``, and everything of which ``--help`` tells."""

ROOMS: Mapping[str, str] = {
    "account": "telemetry.fleet.accounts.command_line:account_verbs",
    "report": "telemetry.fleet.reports.command_line:report_verbs",
    "equipment": "telemetry.fleet.equipment.command_line:equipment_verbs",
    "ca": "provisioning.fleet.authority.command_line:ca_verbs",
    "kiosk": "provisioning.fleet.registry.command_line:kiosk_verbs",
    "code": "provisioning.fleet.registry.command_line:code_verbs",
    "release": "provisioning.fleet.releases.command_line:release_verbs",
    "config": "provisioning.fleet.config.command_line:config_verbs",
    "rollout": "provisioning.fleet.rollouts.command_line:rollout_verbs",
    "command": "provisioning.fleet.commands.command_line:command_verbs",
    "audit": "provisioning.fleet.audit.command_line:audit_verbs",
    "key": "provisioning.fleet.keys.command_line:key_verbs",
}
"""The service's own groups of verbs, as its composition root joins them; a test compares the two."""

TRIALS: Mapping[str, tuple[str, str]] = {
    "simulate": (
        "telemetry.simulation.commands",
        "Let a simulated fleet live: wear, cuts, visits, repairs, over real MQTT, with the truth on file.",
    ),
    "score": (
        "telemetry.simulation.commands",
        "Compare what the service says with that truth: found, missed, late, phantom, false offline.",
    ),
    "simulate-enrolment": (
        "provisioning.simulation.commands",
        "Let pretended machines enrol with their codes, over real HTTPS.",
    ),
    "simulate-clone": (
        "provisioning.simulation.commands",
        "Let a copy of a pretended machine's disk come to the door beside the machine itself.",
    ),
}
"""Verbs of a trial, with what they do."""

NAME = "zhizhu-fleet"


def main() -> None:
    """Run the command line."""
    words = sys.argv[1:]
    first = words[0] if words else ""
    if first in ROOMS:
        alone = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
        alone.add_typer(_room(ROOMS[first]), name=first)
        alone(words, prog_name=NAME)
    elif first in TRIALS:
        _try(first, words[1:])
    else:
        _whole()(words, prog_name=NAME)


def _whole() -> typer.Typer:
    """Return everything: for ``serve``, for ``--help``, and for whoever mistypes."""
    service = _room(f"{SERVICE}:app")
    for verb, (_, told) in TRIALS.items():
        service.command(verb, help=told)(_is_told_of)
    return service


def _is_told_of() -> None:
    """Stand in the list of verbs; whoever asks for one is led past it."""


def _room(place: str) -> typer.Typer:
    module, _, name = place.partition(":")
    found = getattr(importlib.import_module(module), name)
    if not isinstance(found, typer.Typer):
        raise TypeError(f"{place} is no group of verbs")
    return found


def _try(verb: str, words: Sequence[str]) -> None:
    importlib.import_module(TRIALS[verb][0]).app([verb, *words], prog_name=NAME)


if __name__ == "__main__":
    main()
