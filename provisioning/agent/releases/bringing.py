"""Bringing: from a wish to a whole slot, over a line or from a stick. Blocking; used from a worker's thread."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from provisioning.agent.releases.install import Compile, clear, install, verify
from provisioning.agent.releases.line import Download
from provisioning.agent.releases.refusal import UnsuitableError
from provisioning.agent.releases.store import ReleaseStore
from provisioning.agent.releases.trust import TrustedRepository
from provisioning.launcher.slots import Slots
from provisioning.wire.release import Host, Release, is_newer, why_not


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """A way files come: whom to believe, and who carries.

    Attributes:
        look: Opens the repository as it is now.
        download: Brings a wheel.
        close: Lets go of what was opened.
    """

    look: Callable[[], TrustedRepository]
    download: Download
    close: Callable[[], None]


class Bringer:
    """Fills the idle slot."""

    def __init__(
        self, slots: Slots, store: ReleaseStore, *, python: Path, version: str, launcher: int, compile_: Compile
    ) -> None:
        """Prepare.

        Args:
            slots: Where to.
            store: What is there already.
            python: The machine's interpreter.
            version: Its version, e.g. ``3.11``.
            launcher: Version of the launcher that started this core.
            compile_: Makes byte code.
        """
        self._slots = slots
        self._store = store
        self._python = python
        self._version = version
        self._launcher = launcher
        self._compile = compile_

    def bring(self, channel: Channel, version: str | None, *, running: str, not_before: datetime) -> str:
        """Bring a release into the idle slot, verified and whole; returns its version.

        Args:
            channel: The way.
            version: Which; None takes the newest, and only if it is newer than what runs.
            running: The slot that serves.
            not_before: The present cannot be before this.

        Raises:
            NotTrustedError: Something is not what the officials signed.
            UnsuitableError: It is not for this machine, or nothing newer is there.
            OutOfReachError: It cannot be had now.
            PausedError: It may not go on now.
            OSError: The disk does not take it.
        """
        repository = channel.look()
        repository.refresh(not_before=not_before)
        wanted = version or repository.newest()
        now = self._store.version_of(running)
        if wanted is None or (version is None and not is_newer(wanted, now)):
            raise UnsuitableError(f"{wanted or 'nothing'} is there, {now} runs")
        release, payload = repository.manifest(wanted)
        self._check(release, running)
        self._store.make_room(release, for_wheels=True)
        for wheel in self._store.missing(release):
            channel.download(repository.wheel(wheel), self._store.place_of(wheel))
        slot = self._slots.idle
        if not slot or slot == running:
            raise UnsuitableError("no slot is idle until what is on trial has ended")
        clear(self._slots, slot)
        self._store.make_room(release, for_wheels=False)
        wheels = {wheel.sha256: self._store.place_of(wheel) for wheel in release.wheels}
        install(self._slots, slot, release, payload, wheels, python=self._python, compile_=self._compile)
        verify(self._slots, slot)
        return release.version

    def check_installed(self, slot: str, running: str) -> None:
        """Look once more whether what lies in a slot may be started: right before the switch.

        Raises:
            NotTrustedError: It is not as it was installed.
            UnsuitableError: It is not for this machine as it is now.
            OSError: The disk does not answer.
        """
        verify(self._slots, slot)
        release = self._store.manifest_of(slot)
        if release is None:
            raise UnsuitableError(f"slot {slot} has no manifest")
        self._check(release, running)

    def _check(self, release: Release, running: str) -> None:
        serving = self._store.manifest_of(running)
        host = Host(python=self._version, launcher=self._launcher, data=serving.data if serving is not None else None)
        if why := why_not(release, host):
            raise UnsuitableError(f"{release.version}: {why}")
