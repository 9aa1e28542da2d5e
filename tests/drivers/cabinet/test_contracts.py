"""The parts of the cabinet that are on a wire keep the contract of their class."""

from typing_extensions import override

from drivers.cabinet.board import Board, BoardSettings
from drivers.cabinet.simulated_board import SimulatedBoard
from drivers.cabinet.simulated_ups import SimulatedMegatecUps, SimulatedNutUps
from drivers.cabinet.ups_megatec import MegatecUps, MegatecUpsSettings
from drivers.cabinet.ups_nut import NutUps, NutUpsSettings
from drivers.contract.cabinet import CabinetPart
from drivers.contract.clock import Clock
from drivers.transport.far_end import FarEnd
from drivers.transport.wire import Wire
from tests.drivers.contract_suite.cabinet import CabinetPartContract


class TestNutUpsKeepsTheContract(CabinetPartContract):
    @override
    def far_end(self) -> FarEnd:
        return SimulatedNutUps()

    @override
    def driver(self, wire: Wire, clock: Clock) -> CabinetPart:
        return NutUps(name="ups", wire=wire, settings=NutUpsSettings(), clock=clock)


class TestMegatecUpsKeepsTheContract(CabinetPartContract):
    @override
    def far_end(self) -> FarEnd:
        return SimulatedMegatecUps()

    @override
    def driver(self, wire: Wire, clock: Clock) -> CabinetPart:
        return MegatecUps(name="ups", wire=wire, settings=MegatecUpsSettings(), clock=clock)


class TestBoardKeepsTheContract(CabinetPartContract):
    @override
    def far_end(self) -> FarEnd:
        return SimulatedBoard()

    @override
    def driver(self, wire: Wire, clock: Clock) -> CabinetPart:
        return Board(name="cabinet-board", wire=wire, settings=BoardSettings(), clock=clock)
