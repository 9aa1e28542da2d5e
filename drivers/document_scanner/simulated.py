"""The far end of a document scanner: an MJPEG server on this machine that shows a table, and fails as cameras fail."""

from drivers.document_scanner.simulated_sheets import SAMPLES
from drivers.transport.served_pictures import ServedPictures


class SimulatedTable(ServedPictures):
    """A camera over a table with nothing on it. Sheets are laid there as samples."""

    def __init__(self, *, name: str = "document-scanner", fps: float = 20.0) -> None:
        """Make one that is not plugged in yet; ``fps`` pictures a second."""
        super().__init__(name=name, title="高拍仪", samples=SAMPLES, nothing="nothing", label="台面上", fps=fps)
