"""Channels: how a release gets here, over the line or on a stick, each with its own chain of trust from its own first root."""

from collections.abc import Callable, Sequence
from pathlib import Path

import httpx

from drivers.contract.clock import Clock
from provisioning.agent.releases.bringing import Channel
from provisioning.agent.releases.line import LineFetcher, WheelLine
from provisioning.agent.releases.refusal import NotTrustedError, OutOfReachError
from provisioning.agent.releases.stick import BASE, StickFetcher, StickWheels
from provisioning.agent.releases.trust import TrustedRepository, first_root
from provisioning.launcher.whole_file import write_whole

LINE_BASE = "metadata/"
FIRST_ROOTS = {"line.json": f"{LINE_BASE}1.root.json", "courier.json": f"{BASE}1.root.json"}
"""Kept once, from the service whose CA this kiosk proved at its enrolment, or laid there with the machine's image."""


class Channels:
    """Opens them. What is kept of trust lies in the folder of the releases."""

    def __init__(self, folder: Path, *, clock: Clock, open_clients: Callable[[], Sequence[httpx.Client]]) -> None:
        """Prepare.

        Args:
            folder: Usually ``STATE/releases``.
            clock: The kiosk's.
            open_clients: Opens clients whose base is a repository, with the kiosk's certificate: mirrors first, the service last.
        """
        self._trust = folder / "trust"
        self._clock = clock
        self._open_clients = open_clients

    def line(self, bytes_per_s: Callable[[], int], may_go_on: Callable[[], bool]) -> Channel:
        """Return the way over the line."""
        clients = self._open_clients()
        fetcher = LineFetcher(clients[-1])

        def look() -> TrustedRepository:
            self._keep_first_roots(fetcher)
            return self._repository("line.json", LINE_BASE, fetcher)

        def close() -> None:
            for client in clients:
                client.close()

        wheels = WheelLine(clients, bytes_per_s=bytes_per_s, may_go_on=may_go_on)
        return Channel(look=look, download=wheels.download, close=close)

    def stick(self, mounted: Path, may_go_on: Callable[[], bool]) -> Channel:
        """Return the way from a stick."""
        return Channel(
            look=lambda: self._repository("courier.json", BASE, StickFetcher(mounted)),
            download=StickWheels(mounted, may_go_on=may_go_on).download,
            close=lambda: None,
        )

    def _repository(self, name: str, base: str, fetcher: LineFetcher | StickFetcher) -> TrustedRepository:
        try:
            root = (self._trust / name).read_bytes()
        except FileNotFoundError as error:
            raise OutOfReachError("the officials' first root is not known here; the kiosk must reach its bureau once") from error
        folder = self._trust / name.removesuffix(".json")
        return TrustedRepository(folder, root=root, base=base, fetcher=fetcher, clock=self._clock)

    def _keep_first_roots(self, fetcher: LineFetcher) -> None:
        """Keep the first roots; a service that has no courier yet is followed all the same."""
        self._trust.mkdir(parents=True, exist_ok=True)
        for name, url in FIRST_ROOTS.items():
            if not (self._trust / name).exists():
                try:
                    write_whole(self._trust / name, first_root(fetcher, url))
                except (NotTrustedError, OutOfReachError):
                    if url.startswith(LINE_BASE):
                        raise
