"""What a start of the kiosk runs by: counts a trial before anything of it is read, and goes back where it must. Blocking."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeVar

import structlog

from provisioning.agent.desired_folder import DesiredFolder
from provisioning.agent.desired_standing import Standing, counted, gone_back, refused, settings_of
from provisioning.agent.trial import PROBE_WITHIN_S, Moment, Verdict, begin_start, fail, prove_within_s
from provisioning.wire.desired_state import Document
from provisioning.wire.layering import Tree

log = structlog.get_logger(__name__)

ConfigT = TypeVar("ConfigT")


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """What this life runs by.

    Attributes:
        version: Of the document; 0 when it is the kiosk's own file alone.
        settings: What the document lays over the file.
        is_trial: Whether it still has to prove itself.
        prove_within_s: Seconds it has for that.
        went_back: Whether this start is a way back from one that did not.
    """

    version: int = 0
    settings: Tree = field(default_factory=dict)
    is_trial: bool = False
    prove_within_s: float = PROBE_WITHIN_S
    went_back: bool = False


class DesiredStart:
    """One start. ``begin`` first, before a setting is read; whatever cannot be used then is skipped for what was good before."""

    def __init__(self, folder: Path, *, now: Moment) -> None:
        """Start by the documents in ``STATE/desired``.

        Args:
            folder: That one.
            now: When this start is.
        """
        self._folder = DesiredFolder(folder)
        self._now = now

    def begin(self) -> Running:
        """Decide what to run by, and count the start of what is on trial.

        A disk that cannot be written cannot count: then nothing is tried, and what was in force serves on.
        """
        standing = self._folder.read()
        if standing.on_trial is None or standing.trial is None:
            return _running(standing.in_force)
        first, within_s = self._time_left(standing)
        held = standing.trial if within_s > 0 else fail(standing.trial, "had not proven itself in its time")
        trial, verdict = begin_start(held)
        if verdict is Verdict.GO_BACK:
            return self._go_back(standing, trial.failure)
        try:
            self._folder.write(counted(standing, trial, first_start=first))
        except OSError as error:
            log.warning("desired.start_not_counted", why=error.strerror)
            return _running(standing.in_force)
        log.info("desired.on_trial", version=standing.on_trial.version, start=trial.starts)
        return replace(_running(standing.on_trial, is_trial=True), prove_within_s=within_s)

    def cannot(self, running: Running, why: str) -> Running:
        """Return what to run by instead, now that this cannot be; in the end the kiosk's own file alone."""
        standing = self._folder.read()
        if running.is_trial:
            return self._go_back(standing, why)
        log.error("desired.cannot_be_used", version=running.version, why=why)
        try:
            self._folder.write(refused(standing, running.version, f"in force, and this release cannot use it: {why}"))
        except OSError as error:
            log.warning("desired.not_kept", why=error.strerror)
        previous = standing.previous
        return _running(previous) if previous is not None and previous.version < running.version else Running()

    def first_usable(
        self, read: Callable[[Tree], ConfigT], unusable: type[Exception], *, running: Running
    ) -> tuple[ConfigT, Running]:
        """Return the first configuration that can be read, with what it is.

        Args:
            read: Reads the kiosk's file with these settings over it.
            unusable: What ``read`` raises where they cannot be used; of the file alone it is passed on.
            running: What ``begin`` said, or ``cannot``.
        """
        while True:
            try:
                return read(running.settings), running
            except unusable as error:
                if not running.version:
                    raise
                running = self.cannot(running, str(error))

    def _time_left(self, standing: Standing) -> tuple[Moment, float]:
        """Return when what is on trial was first started since the machine is on, and the seconds it has left."""
        before, now = standing.first_start, self._now
        since_s = None if before is None else now.since_s(before)
        first = now if before is None or since_s is None else before
        way_s = None if standing.switched is None else first.since_s(standing.switched)
        return first, prove_within_s(way_s, since_s or 0.0)

    def _go_back(self, standing: Standing, why: str) -> Running:
        log.error("desired.went_back", to=standing.in_force_version, why=why)
        try:
            self._folder.write(gone_back(standing, why))
        except OSError as error:  # the next start comes to the same end
            log.warning("desired.not_kept", why=error.strerror)
        return _running(standing.in_force, went_back=True)


def _running(document: Document | None, *, is_trial: bool = False, went_back: bool = False) -> Running:
    version = 0 if document is None else document.version
    return Running(version=version, settings=settings_of(document), is_trial=is_trial, went_back=went_back)
