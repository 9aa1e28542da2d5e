"""Hostile printers: what receipt printers and IPP printers answer, and documents that are none."""

from itertools import accumulate
from zlib import crc32

from drivers.contract.receipt_printer import Align
from drivers.contract.status import Condition
from drivers.document_printer.document import from_page, only_page, pages_in
from drivers.document_printer.ipp_codec import IppSyntaxError, decode, encode
from drivers.document_printer.job_codec import our_jobs, read_job
from drivers.document_printer.message_codec import Delimiter
from drivers.document_printer.request_codec import (
    OUR_NAME,
    Ticket,
    cancel_job,
    job_attributes,
    jobs,
    print_job,
    printer_attributes,
    request,
)
from drivers.document_printer.simulated_ipp import Desk
from drivers.document_printer.simulated_works import Works
from drivers.document_printer.status_codec import read_printer
from drivers.receipt_printer import print_codec
from drivers.receipt_printer.command_codec import RealTimeFilter, next_command
from drivers.receipt_printer.print_codec import Codepage
from drivers.receipt_printer.simulated import SimulatedPrinter
from drivers.receipt_printer.status_codec import (
    ASK_ALL,
    ASK_IN_ORDER,
    AUTOMATIC_STATUS_ON,
    CLEAR_BUFFERS,
    NOISE_KEPT,
    RECOVER_AND_CLEAR,
    ReplyStream,
    reading_of,
    reading_of_automatic,
)
from tests.fakes.pdf import pdf_of
from tests.fuzz.corpus import said_by
from tests.fuzz.target import MB, Target, allowed, chunks, text_of

LARGEST_QR = 200
"""Characters of the longest code that is put on a receipt: an address for verification."""


def _receipt_printer_answers() -> tuple[bytes, ...]:
    found: list[bytes] = []
    for fault in SimulatedPrinter(on_paper=lambda _: None).givable_faults():
        printer = SimulatedPrinter(on_paper=lambda _: None, tells_changes=True, presents=True)
        printer.receive(AUTOMATIC_STATUS_ON, now_s=0)
        printer.give(fault.name, {}, now_s=0)
        found += said_by(printer, (ASK_ALL, ASK_IN_ORDER, CLEAR_BUFFERS, print_codec.ask_who(67), print_codec.ask_who(65)))
    return tuple(found)


def _receipts() -> tuple[bytes, ...]:
    """What the driver sends, piece by piece and all in one."""
    pieces = (
        print_codec.INITIALISE,
        print_codec.style(align=Align.CENTRE, scale=2, is_bold=True),
        print_codec.text("社保参保证明 No.1", Codepage.GB18030),
        print_codec.native_qr("https://verify.example/v/SAMPLE", dots_per_module=6),
        b"\x1dv0\x00\x02\x00\x08\x00" + bytes(range(16)),
        print_codec.feed(400),
        RECOVER_AND_CLEAR,
        ASK_ALL,
        print_codec.cut(is_partial=True),
    )
    return (*pieces, *accumulate(pieces))


def _feed_status(payload: bytes) -> None:
    stream = ReplyStream()
    for chunk in chunks(payload):
        stream.feed(chunk)
        assert len(stream.noise) <= NOISE_KEPT
    assert stream.automatic is None or stream.automatic.condition in Condition
    for four in (payload[:4], payload):
        with allowed(ValueError):
            assert reading_of_automatic(four).symptoms is not None
    if len(payload) >= 4:
        with allowed(ValueError):
            reading = reading_of(*payload[:4])
            assert reading.condition in Condition
            assert len(reading.supplies) == 1


def _feed_commands(payload: bytes) -> None:
    for is_chinese in (True, False):
        left = payload
        for _ in range(2000):
            command = next_command(left, is_chinese=is_chinese)
            if command is None:
                break
            assert command.size > 0
            left = left[command.size :]
    sorter, sorted_out = RealTimeFilter(), 0
    for chunk in chunks(payload):
        for piece in sorter.sort(chunk):
            sorted_out += len(piece) if isinstance(piece, bytes) else 3
    assert sorted_out <= len(payload)


def _feed_print(payload: bytes) -> None:
    line = text_of(payload)
    for codepage in Codepage:
        with allowed(ValueError):
            assert b"\x10\x05" not in print_codec.text(line, codepage)
    if code := "".join(letter for letter in line[:LARGEST_QR] if "!" <= letter <= "~"):
        print_codec.native_qr(code, dots_per_module=6)


def _ipp_answers() -> tuple[bytes, ...]:
    works = Works(page_s=1.0, on_sheet=lambda _: None, places=2, page_counter=1200)
    desk = Desk(works, counts_pages=True, has_counter=True)
    document = pdf_of(("一", "二", "three"))
    asked = (
        printer_attributes(),
        print_job(Ticket(job_name=f"{OUR_NAME}-1", media="iso_a4_210x297mm", is_one_sided=True)),
        job_attributes(1),
        jobs(are_over=False),
        jobs(are_over=True),
        cancel_job(1),
        cancel_job(99),
    )
    found = [request(each, uri="ipp://printer/ipp/print", request_id=at, document=document) for at, each in enumerate(asked, 1)]
    answered = [desk.answer(each, now_s=float(at)) for at, each in enumerate(found)]
    return tuple(encode(message) for message in (*found, *answered))


def _feed_ipp(payload: bytes) -> None:
    with allowed(IppSyntaxError):
        message = decode(payload)
        our_jobs(message)
        for group in message.groups:
            read_job(group)
            reading = read_printer(group, ignores=frozenset({"media-low"}))
            assert reading is None or (reading.evidence.isprintable() and reading.condition in Condition)
        message.group(Delimiter.PRINTER).word("printer-name")
        with allowed(ValueError):  # what was read with a strange tag need not be written
            encode(message)


def _feed_pdf(payload: bytes) -> None:
    with allowed(ValueError):
        match crc32(payload) % 3:  # each reads the whole file: all of them would be three inputs
            case 0:
                assert pages_in(payload) >= 1
            case 1:
                rest, pages = from_page(payload, 2)
                assert rest
                assert pages >= 1
            case _:
                only_page(payload, 1)


def targets() -> tuple[Target, ...]:
    """Every printer."""
    receipts, documents = "drivers/receipt_printer", "drivers/document_printer"
    return (
        Target(
            name="receipt printer's status",
            modules=(f"{receipts}/status_codec",),
            corpus=_receipt_printer_answers(),
            feed=_feed_status,
        ),
        Target(name="print commands", modules=(f"{receipts}/command_codec",), corpus=_receipts(), feed=_feed_commands),
        Target(
            name="text for a receipt",
            modules=(f"{receipts}/print_codec",),
            corpus=tuple(word.encode() for word in ("社会保险", "㙓𬱖 No. 1", "https://verify.example/v/8K3M?s=1")),
            feed=_feed_print,
            weight=1,
        ),
        Target(
            name="IPP",
            modules=tuple(f"{documents}/{part}_codec" for part in ("ipp", "message", "job", "status", "supplies", "request")),
            corpus=_ipp_answers(),
            feed=_feed_ipp,
        ),
        Target(
            name="PDF to print",
            modules=(f"{documents}/document",),
            corpus=(pdf_of(("one",)), pdf_of(("one", "two", "three"), filling=300)),
            feed=_feed_pdf,
            most_bytes=64 * MB,
            weight=1,
        ),
    )
