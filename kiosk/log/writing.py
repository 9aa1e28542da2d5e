"""Where log lines go: JSON, one a line, to bounded files in the state folder and to stderr."""

import json
import logging
import logging.handlers
import sys
import threading
import types
from datetime import UTC, datetime
from pathlib import Path

import structlog
from structlog.typing import EventDict, ProcessorReturnValue, WrappedLogger

from kiosk.log.personal_text import mask, mask_stranger
from kiosk.log.redaction import described, redact_fields

FILE = "kiosk.log"

TALKATIVE = ("httpx", "httpcore", "asyncio", "PIL", "urllib3", "charset_normalizer")
"""Libraries that tell of every request or every image at info: heard from warning on."""

_crash = structlog.get_logger("kiosk.crash")


def start_logging(folder: Path, *, level: str, file_bytes: int, files: int) -> None:
    """Send everything that is logged from now on, by us or by a library, through redaction to ``folder`` and to stderr.

    Args:
        folder: Made when it is not there, readable by this user alone.
        level: ``debug``, ``info``, ``warning`` or ``error``.
        file_bytes: Size at which a file is set aside and a new one begun.
        files: How many are kept, the current one included.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    stop_logging()
    formatter = structlog.stdlib.ProcessorFormatter(
        processors=[_one_line], foreign_pre_chain=[_from_a_stranger], keep_exc_info=False, keep_stack_info=False
    )
    to_file = logging.handlers.RotatingFileHandler(
        folder / FILE, maxBytes=file_bytes, backupCount=files - 1, encoding="utf-8", errors="backslashreplace"
    )
    to_stderr = logging.StreamHandler(sys.stderr)
    root = logging.getLogger()
    for handler in [each for each in root.handlers if type(each) is logging.StreamHandler]:
        root.removeHandler(handler)  # a library's basicConfig (python-escpos calls it on import) would write past redaction
    for handler in (to_file, to_stderr):
        handler.setFormatter(formatter)
        root.addHandler(handler)
    root.setLevel(level.upper())
    for name in TALKATIVE:
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))
    # A line that cannot be written (a full disk) is lost quietly: the library would print its arguments to stderr.
    logging.raiseExceptions = False
    logging.captureWarnings(capture=True)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.contextvars.merge_contextvars,
            structlog.stdlib.add_logger_name,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    sys.excepthook = _on_crash
    threading.excepthook = _on_thread_crash


def stop_logging() -> None:
    """Close the files and let go of every hook."""
    root = logging.getLogger()
    for handler in list(root.handlers):
        if isinstance(handler.formatter, structlog.stdlib.ProcessorFormatter):
            root.removeHandler(handler)
            if isinstance(handler, logging.FileHandler):
                handler.close()
    logging.captureWarnings(capture=False)
    structlog.reset_defaults()
    sys.excepthook = sys.__excepthook__
    threading.excepthook = threading.__excepthook__


def _from_a_stranger(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    record: logging.LogRecord = event["_record"]
    event["logger"] = record.name
    event["event"] = mask_stranger(str(event["event"]))
    return event


def _one_line(_logger: WrappedLogger, method: str, event: EventDict) -> ProcessorReturnValue:
    record: logging.LogRecord = event.pop("_record")
    event.pop("_from_structlog", None)
    event.pop("stack_info", None)
    error = _error_of(event.pop("exc_info", None))
    head: dict[str, object] = {
        "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
        "level": "error" if method == "exception" else record.levelname.lower(),
        "event": mask(str(event.pop("event", ""))),
        "logger": mask(str(event.pop("logger", record.name))),
    }
    line = head | redact_fields(event)
    if error is not None:
        line["exception"] = described(error)
    return json.dumps(line, ensure_ascii=False)


def _error_of(found: object) -> BaseException | None:
    match found:
        case BaseException():
            return found
        case (_, BaseException() as error, _):
            return error
        case True:
            return sys.exc_info()[1]
        case _:
            return None


def _on_crash(_kind: type[BaseException], error: BaseException, _traceback: types.TracebackType | None) -> None:
    _crash.critical("program.crashed", exc_info=error)


def _on_thread_crash(crash: threading.ExceptHookArgs) -> None:
    _crash.critical("thread.crashed", exc_info=crash.exc_value)
