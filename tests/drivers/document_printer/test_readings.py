"""What a printer says about itself and its jobs, as readings: reasons, supplies, counters, identity."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.contract.device import Identity
from drivers.contract.status import Condition
from drivers.document_printer.ipp_codec import IppSyntaxError, decode
from drivers.document_printer.job_codec import JobReading, JobState, our_jobs, read_job
from drivers.document_printer.message_codec import Attribute, Delimiter, Group, Message, Tag, attribute
from drivers.document_printer.reasons import DEGRADED_CODES, REASONS, DocumentPrinterCode, code_of_reason
from drivers.document_printer.request_codec import (
    JOB_ATTRIBUTES,
    PRINTER_ATTRIBUTES,
    Operation,
    Ticket,
    cancel_job,
    job_attributes,
    jobs,
    print_job,
    printer_attributes,
    request,
)
from drivers.document_printer.status_codec import PrinterReading, PrinterState, read_printer

PDF_AND_MORE = attribute("document-format-supported", Tag.MIME_TYPE, "application/octet-stream", "application/pdf")
IDLE = attribute("printer-state", Tag.ENUM, 3)


def reading(*more: Attribute, state: int = 3, reasons: tuple[str, ...] = ("none",), **ignored: frozenset[str]) -> PrinterReading:
    said = (attribute("printer-state", Tag.ENUM, state), attribute("printer-state-reasons", Tag.KEYWORD, *reasons))
    found = read_printer(Group(Delimiter.PRINTER, (*said, PDF_AND_MORE, *more)), **ignored)
    assert found is not None
    return found


@pytest.mark.parametrize("severity", ["", "-report", "-warning", "-error"])
@pytest.mark.parametrize("reason", REASONS)
def test_a_known_reason_is_its_code_whatever_stands_behind_it(reason: str, severity: str) -> None:
    assert code_of_reason(reason + severity) is REASONS[reason]


def test_an_unknown_reason_is_shown_and_stops_only_as_an_error() -> None:
    assert reading(reasons=("x-flux-drift-warning",)).condition is Condition.READY
    assert "x-flux-drift-warning" in reading(reasons=("x-flux-drift-warning",)).evidence
    stopped = reading(reasons=("x-flux-drift-error",))
    assert (stopped.condition, stopped.codes) == (Condition.FAILED, (DocumentPrinterCode.STOPPED,))


def test_several_reasons_are_named_worst_first() -> None:
    found = reading(state=5, reasons=("toner-low-warning", "media-empty-error", "cover-open-error"))
    assert found.codes == (DocumentPrinterCode.DOOR_OPEN, DocumentPrinterCode.PAPER_OUT, DocumentPrinterCode.TONER_LOW)
    assert found.stops == (DocumentPrinterCode.DOOR_OPEN, DocumentPrinterCode.PAPER_OUT)
    assert {symptom.code for symptom in found.symptoms} == set(found.codes)
    assert "media-empty-error" in found.symptoms[0].detail


def test_a_printer_that_stopped_without_a_word_has_stopped() -> None:
    assert reading(state=5).codes == (DocumentPrinterCode.STOPPED,)
    assert reading(state=5, reasons=("toner-low",)).stops == (DocumentPrinterCode.STOPPED,)


def test_a_printer_at_work_is_ready_for_our_job() -> None:
    assert reading(state=4).condition is Condition.READY


def test_a_printer_that_takes_no_jobs_is_paused() -> None:
    assert reading(attribute("printer-is-accepting-jobs", Tag.BOOLEAN, False)).codes == (DocumentPrinterCode.PAUSED,)


def test_a_printer_without_pdf_has_to_be_configured_away() -> None:
    only = attribute("document-format-supported", Tag.MIME_TYPE, "image/urf")
    found = read_printer(Group(Delimiter.PRINTER, (IDLE, only)))
    assert found is not None
    assert found.codes == (DocumentPrinterCode.NO_PDF,)


def test_a_reason_without_meaning_on_this_printer_can_be_ignored() -> None:
    found = reading(reasons=("media-empty-warning",), ignores=frozenset({"media-empty"}))
    assert (found.condition, found.reasons) == (Condition.READY, ("media-empty-warning",))


def test_no_state_is_no_reading_and_an_unheard_of_state_is_unknown() -> None:
    assert read_printer(Group(Delimiter.PRINTER, (PDF_AND_MORE,))) is None
    assert reading(state=77).state is PrinterState.UNKNOWN


def test_every_code_that_goes_on_printing_is_told_from_those_that_stop() -> None:
    for code in DocumentPrinterCode:
        assert code.startswith("document_printer.")
    assert {code.rpartition(".")[2] for code in DEGRADED_CODES} == {"paper_low", "toner_low", "waste_near_full"}


def test_supplies_come_from_the_markers() -> None:
    found = reading(
        attribute("marker-types", Tag.KEYWORD, "toner-cartridge", "waste-toner", "opc", "banana"),
        attribute("marker-colors", Tag.NAME, "#000000", "none", "none", "none"),
        attribute("marker-levels", Tag.INTEGER, 7, 60, -3, 5),
        attribute("marker-low-levels", Tag.INTEGER, 10, 10, 10, 10),
    )
    told = {supply.name: (supply.remaining, supply.is_low) for supply in found.supplies}
    assert told == {
        "a4_paper": (None, False),
        "toner": (0.07, True),
        "waste_toner": (0.6, False),
        "drum": (None, False),
    }


def test_several_toners_are_told_apart_by_colour() -> None:
    found = reading(
        attribute("marker-types", Tag.KEYWORD, "toner", "toner"),
        attribute("marker-colors", Tag.NAME, "black", "cyan"),
        attribute("marker-levels", Tag.INTEGER, 50, 40),
        reasons=("toner-low",),
    )
    assert [(supply.name, supply.is_low) for supply in found.supplies[1:]] == [("toner_black", False), ("toner_cyan", False)]


def test_supplies_come_from_the_printer_mib_where_there_are_no_markers() -> None:
    found = reading(
        attribute(
            "printer-supply",
            Tag.OCTETS,
            b"index=1;class=receptacleThatIsFilled;type=wasteToner;unit=percent;maxcapacity=100;level=25;",
            b"index=2;class=supplyThatIsConsumed;type=toner;unit=impressions;maxcapacity=4000;level=1000;colorantname=black;",
            b"level=x;;=;type",
        ),
        attribute(
            "printer-input-tray",
            Tag.OCTETS,
            b"type=sheetFeedAutoRemovableTray;maxcapacity=250;level=100;status=0;name=main",
            b"type=sheetFeedManual;maxcapacity=1;level=-2;name=manual",
        ),
        reasons=("media-low-report",),
    )
    told = {supply.name: (supply.remaining, supply.is_low) for supply in found.supplies}
    assert told == {"a4_paper": (0.4, True), "waste_toner": (0.25, False), "toner": (0.25, False)}


def test_who_it_is_comes_from_its_own_words_or_its_device_id() -> None:
    said = reading(
        attribute("printer-make-and-model", Tag.TEXT, "Example 3100"),
        attribute("printer-serial-number", Tag.TEXT, "E3100-7"),
        attribute("printer-firmware-string-version", Tag.TEXT, "2.1\x1b[31m"),
    )
    assert said.identity == Identity(model="Example 3100", serial="E3100-7", firmware="2.1?[31m")
    id_only = reading(attribute("printer-device-id", Tag.TEXT, "MFG:Example;MDL:3100;SN:77;CMD:PDF;"))
    assert id_only.identity == Identity(model="Example 3100", serial="77", firmware="")


def test_a_counter_below_nothing_is_no_counter() -> None:
    assert reading(attribute("printer-impressions-completed", Tag.INTEGER, -2)).page_counter is None
    assert reading(attribute("printer-impressions-completed", Tag.INTEGER, 0)).page_counter == 0


def job(number: int, name: str, user: str, *more: Attribute) -> Group:
    said = (
        attribute("job-id", Tag.INTEGER, number),
        attribute("job-name", Tag.NAME, name),
        attribute("job-originating-user-name", Tag.NAME, user),
        attribute("job-state", Tag.ENUM, 5),
    )
    return Group(Delimiter.JOB, (*said, *more))


def test_of_everybodys_jobs_only_ours_are_taken() -> None:
    answer = Message(
        code=0,
        request_id=1,
        groups=(job(1, "letter", "somebody"), job(2, "zhizhu-1f", "anonymous"), job(3, "", "zhizhu"), Group(Delimiter.JOB)),
    )
    assert [each.number for each in our_jobs(answer)] == [2, 3]


def test_the_smaller_count_of_pages_is_what_is_known_to_lie_in_the_tray() -> None:
    counts = (
        attribute("job-impressions-completed", Tag.INTEGER, 3),
        attribute("job-media-sheets-completed", Tag.INTEGER, 2),
    )
    found = read_job(job(7, "zhizhu-1", "zhizhu", *counts))
    assert found == JobReading(number=7, name="zhizhu-1", state=JobState.PROCESSING, reasons=(), pages=2)
    uncounted = read_job(job(7, "zhizhu-1", "zhizhu"))
    assert uncounted is not None
    assert uncounted.pages is None


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=400))
def test_whatever_a_printer_sends_reading_it_fails_only_as_a_message(payload: bytes) -> None:
    try:
        message = decode(b"\x01\x01\x00\x00\x00\x00\x00\x01\x04" + payload)
    except IppSyntaxError:
        return
    for group in message.groups:
        read_printer(group)
        read_job(group)
    our_jobs(message)


words = st.text(max_size=12)
anything = st.one_of(
    st.builds(
        lambda name, some: attribute(name, Tag.KEYWORD, *some), st.sampled_from(PRINTER_ATTRIBUTES), st.lists(words, min_size=1)
    ),
    st.builds(
        lambda name, some: attribute(name, Tag.INTEGER, *some),
        st.sampled_from([*PRINTER_ATTRIBUTES, *JOB_ATTRIBUTES]),
        st.lists(st.integers(-(1 << 31), (1 << 31) - 1), min_size=1),
    ),
    st.builds(lambda name, some: attribute(name, Tag.OCTETS, some), st.sampled_from(PRINTER_ATTRIBUTES), st.binary(max_size=40)),
)


@settings(max_examples=200, deadline=None)
@given(st.lists(anything, max_size=12))
def test_attributes_of_any_kind_give_a_reading_or_none(some: list[Attribute]) -> None:
    group = Group(Delimiter.PRINTER, (IDLE, *some))
    found = read_printer(group)
    assert found is not None
    for supply in found.supplies:
        assert supply.remaining is None or 0.0 <= supply.remaining <= 1.0
    assert found.evidence.isprintable()
    read_job(group)


def test_a_request_begins_as_the_standard_demands_and_names_nobody() -> None:
    ticket = Ticket(job_name="zhizhu-0a", media="iso_a4_210x297mm", is_one_sided=True)
    for asked in (printer_attributes(), print_job(ticket), job_attributes(7), jobs(are_over=False), cancel_job(7)):
        operation = request(asked, uri="ipp://h/ipp/print", request_id=9).group(Delimiter.OPERATION)
        order = [each.name for each in operation.attributes]
        assert order[:3] == ["attributes-charset", "attributes-natural-language", "printer-uri"]
        if asked[0] in {Operation.CANCEL_JOB, Operation.GET_JOB_ATTRIBUTES}:
            assert order[3] == "job-id"
        assert operation.word("requesting-user-name") == "zhizhu"
    job_group = request(print_job(ticket), uri="ipp://h/ipp/print", request_id=9).group(Delimiter.JOB)
    assert (job_group.integer("copies"), job_group.word("sides"), job_group.word("media")) == (1, "one-sided", "iso_a4_210x297mm")
