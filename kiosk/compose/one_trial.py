"""One trial, read from where the two sides keep theirs in the state folder."""

from collections.abc import Callable, Mapping
from pathlib import Path

from drivers.contract.clock import Clock
from kiosk.compose.desired_settings import FOLDER as DESIRED
from kiosk.compose.releases import RELEASES, launcher_version
from provisioning.agent.desired_folder import DesiredFolder
from provisioning.agent.one_trial import Kind, OneTrial
from provisioning.launcher.slots import Slots


def one_trial_of(state: Path, *, clock: Clock, variables: Mapping[str, str]) -> OneTrial:
    """Return what keeps a document and a release of this kiosk from being on trial together.

    Args:
        state: The state folder.
        clock: The kiosk's clock.
        variables: What this process was started with: where no launcher did, no release is tried here, and nobody would
            ever settle what is left of an old trial.
    """
    documents, slots = DesiredFolder(state / DESIRED), Slots(state / RELEASES)

    def document() -> str:
        on_trial = documents.read().on_trial
        return "" if on_trial is None else f"document {on_trial.version}"

    def release() -> str:
        trial = slots.trial()
        return "" if trial is None else f"release {trial.trial.candidate}"

    on_trial: dict[Kind, Callable[[], str]] = {Kind.DOCUMENT: document}
    if launcher_version(variables) is not None:
        on_trial[Kind.RELEASE] = release
    return OneTrial(on_trial=on_trial, clock=clock)
