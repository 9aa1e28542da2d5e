"""The command line of the fleet, ``zhizhu-fleet``: the server's own verbs, and those of a trial, loaded when asked for."""

import importlib

import typer

from provisioning.server import app

TRIAL = "telemetry.simulation.commands"
"""Loaded by name, as drivers are by the catalog: a process that serves knows no simulator."""
PRETENDED = "provisioning.simulation.commands"

PASSED_ON = {"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}
"""Their options are their own, ``--help`` included."""


@app.command(context_settings=PASSED_ON)
def simulate(context: typer.Context) -> None:
    """Let a simulated fleet live: wear, cuts, visits, repairs, over real MQTT, with the truth on file."""
    _pass_on(TRIAL, "simulate", context)


@app.command(context_settings=PASSED_ON)
def score(context: typer.Context) -> None:
    """Compare what the service says with that truth: found, missed, late, phantom, false offline."""
    _pass_on(TRIAL, "score", context)


@app.command(context_settings=PASSED_ON)
def simulate_enrolment(context: typer.Context) -> None:
    """Let pretended machines enrol with their codes, over real HTTPS."""
    _pass_on(PRETENDED, "simulate-enrolment", context)


@app.command(context_settings=PASSED_ON)
def simulate_clone(context: typer.Context) -> None:
    """Let a copy of a pretended machine's disk come to the door beside the machine itself."""
    _pass_on(PRETENDED, "simulate-clone", context)


def main() -> None:
    """Run the command line."""
    app()


def _pass_on(room: str, verb: str, context: typer.Context) -> None:
    importlib.import_module(room).app([verb, *context.args], prog_name="zhizhu-fleet")


if __name__ == "__main__":
    main()
