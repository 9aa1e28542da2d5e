from typing_extensions import override

from drivers.contract.clock import Clock
from drivers.contract.id_card_reader import IdCardReader
from drivers.id_card_reader.sam import SamReader, SamSettings
from drivers.id_card_reader.simulated import SimulatedReader
from drivers.transport.wire import Wire
from tests.drivers.contract_suite.id_card_reader import CardFarEnd, IdCardReaderContract


class TestSamReaderKeepsTheContract(IdCardReaderContract):
    @override
    def far_end(self) -> CardFarEnd:
        return SimulatedReader()

    @override
    def driver(self, wire: Wire, clock: Clock) -> IdCardReader:
        return SamReader(name="id-card-reader", wire=wire, settings=SamSettings(), clock=clock)
