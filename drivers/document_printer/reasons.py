"""What printers call their troubles, and which fault code each is: data, from RFC 8011 section 5.4.12 and PWG 5100.9."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class DocumentPrinterCode(StrEnum):
    """The fault codes a document printer's own answers can show, worst first."""

    JOB_STUCK = "document_printer.job_stuck"
    """A job of ours was cancelled and does not end: its pages may come out as soon as they can."""
    NO_PDF = "document_printer.no_pdf"
    JAM = "document_printer.jam"
    DOOR_OPEN = "document_printer.door_open"
    TRAY_MISSING = "document_printer.tray_missing"
    PAPER_OUT = "document_printer.paper_out"
    OUTPUT_FULL = "document_printer.output_full"
    TONER_EMPTY = "document_printer.toner_empty"
    WASTE_FULL = "document_printer.waste_full"
    TOO_HOT = "document_printer.too_hot"
    PAUSED = "document_printer.paused"
    OFFLINE = "document_printer.offline"
    STOPPED = "document_printer.stopped"
    """It says that it has stopped, and not why, or by a word we do not know."""
    PAPER_LOW = "document_printer.paper_low"
    TONER_LOW = "document_printer.toner_low"
    WASTE_NEAR_FULL = "document_printer.waste_near_full"


DEGRADED_CODES = frozenset({DocumentPrinterCode.PAPER_LOW, DocumentPrinterCode.TONER_LOW, DocumentPrinterCode.WASTE_NEAR_FULL})
"""Codes with which printing goes on."""

REASONS: Mapping[str, DocumentPrinterCode] = MappingProxyType(
    {
        "media-empty": DocumentPrinterCode.PAPER_OUT,
        "media-needed": DocumentPrinterCode.PAPER_OUT,
        "media-low": DocumentPrinterCode.PAPER_LOW,
        "media-jam": DocumentPrinterCode.JAM,
        "media-path-media-jam": DocumentPrinterCode.JAM,
        "input-media-feed-jam": DocumentPrinterCode.JAM,
        "fuser-media-jam": DocumentPrinterCode.JAM,
        "door-open": DocumentPrinterCode.DOOR_OPEN,
        "cover-open": DocumentPrinterCode.DOOR_OPEN,
        "interlock-open": DocumentPrinterCode.DOOR_OPEN,
        "input-tray-missing": DocumentPrinterCode.TRAY_MISSING,
        "output-area-full": DocumentPrinterCode.OUTPUT_FULL,
        "output-tray-missing": DocumentPrinterCode.OUTPUT_FULL,
        "toner-empty": DocumentPrinterCode.TONER_EMPTY,
        "marker-supply-empty": DocumentPrinterCode.TONER_EMPTY,
        "marker-supply-missing": DocumentPrinterCode.TONER_EMPTY,
        "marker-ink-empty": DocumentPrinterCode.TONER_EMPTY,
        "marker-toner-empty": DocumentPrinterCode.TONER_EMPTY,
        "marker-cartridge-missing": DocumentPrinterCode.TONER_EMPTY,
        "marker-toner-cartridge-missing": DocumentPrinterCode.TONER_EMPTY,
        "developer-empty": DocumentPrinterCode.TONER_EMPTY,
        "opc-life-over": DocumentPrinterCode.TONER_EMPTY,
        "toner-low": DocumentPrinterCode.TONER_LOW,
        "marker-supply-low": DocumentPrinterCode.TONER_LOW,
        "marker-ink-low": DocumentPrinterCode.TONER_LOW,
        "marker-toner-low": DocumentPrinterCode.TONER_LOW,
        "developer-low": DocumentPrinterCode.TONER_LOW,
        "opc-near-eol": DocumentPrinterCode.TONER_LOW,
        "marker-waste-full": DocumentPrinterCode.WASTE_FULL,
        "marker-waste-toner-receptacle-full": DocumentPrinterCode.WASTE_FULL,
        "marker-waste-ink-receptacle-full": DocumentPrinterCode.WASTE_FULL,
        "marker-waste-almost-full": DocumentPrinterCode.WASTE_NEAR_FULL,
        "marker-waste-toner-receptacle-almost-full": DocumentPrinterCode.WASTE_NEAR_FULL,
        "marker-waste-ink-receptacle-almost-full": DocumentPrinterCode.WASTE_NEAR_FULL,
        "fuser-over-temp": DocumentPrinterCode.TOO_HOT,
        "paused": DocumentPrinterCode.PAUSED,
        "moving-to-paused": DocumentPrinterCode.PAUSED,
        "offline": DocumentPrinterCode.OFFLINE,
        "shutdown": DocumentPrinterCode.OFFLINE,
        "timed-out": DocumentPrinterCode.OFFLINE,
        "stopped-partly": DocumentPrinterCode.STOPPED,
        "spool-area-full": DocumentPrinterCode.STOPPED,
    }
)
"""A reason without its severity -> the code. Words not among them are shown as evidence; see ``code_of_reason``."""

SEVERITIES = ("-report", "-warning", "-error")


def code_of_reason(reason: str) -> DocumentPrinterCode | None:
    """Say which fault a word of ``printer-state-reasons`` is, if any.

    The severity behind a known word is not trusted: the reference printer of CUPS calls an empty tray a ``-report`` while
    idle, a ``-warning`` while a job waits for paper and an ``-error`` when stopped (seen on ippeveprinter 2.4). Behind an
    unknown word it is all there is: an ``-error`` means that nothing is printed.
    """
    word = reason
    for severity in SEVERITIES:
        word = word.removesuffix(severity)
    known = REASONS.get(word)
    if known is None and reason.endswith("-error"):
        return DocumentPrinterCode.STOPPED
    return known
