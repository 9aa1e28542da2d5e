"""Composition root of the fleet service: ``zhizhu-fleet serve``. Builds every part, hands each what it needs, ends them all."""

import asyncio
import contextlib
import hashlib
import logging
import os
import signal
import socket
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Annotated
from urllib.parse import urlsplit

import structlog
import typer
import uvicorn
from sqlalchemy import Engine, make_url
from sqlalchemy.exc import ArgumentError

from provisioning import garbage, parts
from provisioning.bureau import Bureau
from provisioning.fleet.audit.command_line import audit_verbs
from provisioning.fleet.authority import AuthorityError
from provisioning.fleet.authority.command_line import ca_verbs
from provisioning.fleet.commands.command_line import command_verbs
from provisioning.fleet.config.command_line import config_verbs
from provisioning.fleet.keys.command_line import key_verbs
from provisioning.fleet.registry.command_line import code_verbs, kiosk_verbs
from provisioning.fleet.releases.command_line import release_verbs
from provisioning.fleet.rollouts.command_line import rollout_verbs
from provisioning.fleet.signing import SigningKeyError
from provisioning.parts import RefusedError
from telemetry.fleet.accounts.command_line import account_verbs, lasting
from telemetry.fleet.accounts.passwords import Passwords
from telemetry.fleet.broker_process import BrokerError
from telemetry.fleet.changes import Changes
from telemetry.fleet.equipment.command_line import equipment_verbs
from telemetry.fleet.ingest import Identity, Ingest
from telemetry.fleet.metrics import Metrics
from telemetry.fleet.notices.channels import ChannelError, open_channels
from telemetry.fleet.notices.sender import NoticeSender
from telemetry.fleet.opened import refuse, store_url
from telemetry.fleet.pruning import Pruning, keeping
from telemetry.fleet.reports.command_line import report_verbs
from telemetry.fleet.settings import FleetSettings, SettingsError
from telemetry.fleet.state_folder import HeldError, StateFolder
from telemetry.fleet.store.alarm_book import AlarmBook
from telemetry.fleet.store.command_line import store_verbs
from telemetry.fleet.store.engine import open_engine
from telemetry.fleet.store.health_roll_up import HealthRollUp
from telemetry.fleet.store.history_book import HistoryBook
from telemetry.fleet.store.notice_book import NoticeBook
from telemetry.fleet.store.retention import Retention
from telemetry.fleet.store.ticket_book import TicketBook
from telemetry.fleet.store.upgrade import UpgradeError
from telemetry.fleet.store.writer import Writer
from telemetry.fleet.web import fault_words
from telemetry.fleet.web.app import create_app
from telemetry.fleet.web.door import Rules
from telemetry.fleet.web.health import Pulse
from telemetry.fleet.web.notice_words import names_of, supply_name
from telemetry.fleet.web.serving import PartServer
from telemetry.mqtt import Address

log = structlog.get_logger()

SHORTEST_METRICS_TOKEN = 20
"""Characters; a shorter one is guessed."""
SWITCHES_S = 0.001
"""How long a thread waits for the interpreter while the loop is busy. A transaction is some thirty statements, each of which
gives the interpreter up: at five milliseconds a time, as Python has it, everybody would wait for the database's lock."""
WEB_FAREWELL_S = 3
"""Seconds an answer under way may take once the server is told to end."""

app = typer.Typer(
    add_completion=False, pretty_exceptions_enable=False, help="The fleet service: who is out of order, and who can mend it."
)
app.add_typer(account_verbs, name="account")
app.add_typer(report_verbs, name="report")
app.add_typer(equipment_verbs, name="equipment")
app.add_typer(ca_verbs, name="ca")
app.add_typer(kiosk_verbs, name="kiosk")
app.add_typer(code_verbs, name="code")
app.add_typer(release_verbs, name="release")
app.add_typer(config_verbs, name="config")
app.add_typer(rollout_verbs, name="rollout")
app.add_typer(command_verbs, name="command")
app.add_typer(audit_verbs, name="audit")
app.add_typer(key_verbs, name="key")
app.add_typer(store_verbs)


@app.callback()
def _verbs() -> None:
    """The fleet service."""


@app.command()
def serve(config: Annotated[Path, typer.Option(help="fleet.toml")]) -> None:
    """Serve dashboard, API and kiosks until SIGTERM."""
    _set_up_log()
    try:
        settings = FleetSettings.read(config)
        with StateFolder(Path(settings.server.state_dir)) as folder:
            asyncio.run(_serve(settings, folder.path))
    except SettingsError as error:
        refuse(*(f"{error.path}: {problem}" for problem in error.problems))
    except (HeldError, RefusedError, BrokerError, UpgradeError, ChannelError, AuthorityError, SigningKeyError) as error:
        refuse(str(error))
    except OSError as error:
        refuse(f"{error.filename or 'start'}: {error.strerror or error}")


def main() -> None:
    """Run the command line."""
    app()


async def _serve(settings: FleetSettings, folder: Path) -> None:
    told_to_end = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, told_to_end.set)
    garbage.look_seldom()
    sys.setswitchinterval(SWITCHES_S)
    log.info("starting", settings=_shown(settings), state_dir=str(folder))
    async with contextlib.AsyncExitStack() as stack:
        door = stack.enter_context(parts.listening(settings.server.host, settings.server.port))
        engine = _engine(settings)
        stack.callback(engine.dispose)
        if not await parts.bring_up(engine, told_to_end):
            return
        metrics = Metrics()
        changes = Changes(first_id=int(time.time() * 1000))
        channels = open_channels(settings.notices.channel, environment=os.environ)
        sender = NoticeSender(
            engine,
            channels,
            outcomes=metrics.notices,
            deadline_s=settings.notices.deadline_s,
            now=lambda: datetime.now(UTC),
        )
        bureau = await asyncio.to_thread(Bureau.open, settings, engine, folder, now=lambda: datetime.now(UTC))
        await stack.enter_async_context(parts.kiosk_door(settings, bureau))
        broker = await stack.enter_async_context(parts.broker(settings, metrics, bureau))
        scribe = await stack.enter_async_context(parts.scribe(store_url(settings), metrics))
        ingest = Ingest(
            identity=_identity(settings, folder, bureau),
            writer=Writer(
                engine,
                books=(
                    *bureau.books,
                    AlarmBook(
                        calendars=settings.hours.as_calendars(),
                        rules=settings.alarms.as_rules(),
                        terms=settings.incidents.as_terms(),
                    ),
                    TicketBook(
                        settings.tickets.as_rules(), settings.hours.as_calendars(), contacts=settings.tickets.as_contacts()
                    ),
                    NoticeBook(
                        channels,
                        terms=settings.notices.as_terms(link=settings.sign_in.public_url or ""),
                        calendars=settings.hours.as_calendars(),
                        names=names_of(fault_words.load()),
                        low_words=supply_name,
                    ),
                    HistoryBook(engine),
                    HealthRollUp(engine, calendars=settings.hours.as_calendars()),
                    *bureau.last_books,
                ),
            ),
            pulse_store=scribe,
            changes=changes,
            metrics=metrics,
            settings=settings,
            random=Random(),
            on_loaded=garbage.leave_everything,
        )
        web = create_app(
            engine=engine,
            changes=changes,
            metrics=metrics,
            pulse=lambda: Pulse(
                broker_connected=ingest.is_connected, queued=ingest.waiting, queue_size=settings.ingest.queue_size
            ),
            now=lambda: datetime.now(UTC),
            county_names=settings.county.names,
            calendars=settings.hours.as_calendars(),
            alarm_rules=settings.alarms.as_rules(),
            ticket_rules=settings.tickets.as_rules(),
            rules=_rules(settings),
            lasting=lasting(settings.sign_in),
            passwords=Passwords(),
            floods=lambda: ingest.floods,
            desk=bureau.desk,
        )
        await stack.enter_async_context(parts.running("ingest", ingest.run))
        await stack.enter_async_context(parts.running("notices", sender.run))
        for name, run in bureau.loops(ingest.tell, changed=changes.publish):
            await stack.enter_async_context(parts.running(name, run))
        if broker is not None:
            await stack.enter_async_context(parts.running("embedded broker", broker.keep))
        pruning = Pruning(
            Retention(engine, keeping(settings.retention)),
            metrics=metrics,
            every_s=settings.retention.every_h * 3_600,
            now=lambda: datetime.now(UTC),
        )
        await stack.enter_async_context(parts.running("pruning", pruning.run))
        server = PartServer(
            uvicorn.Config(web, log_config=None, access_log=False, lifespan="off", timeout_graceful_shutdown=WEB_FAREWELL_S)
        )
        serving = asyncio.create_task(server.serve([door]), name="web")
        told = asyncio.create_task(told_to_end.wait())
        log.info("serving", web=f"http://{settings.server.host}:{settings.server.port}")
        await asyncio.wait({serving, told}, return_when=asyncio.FIRST_COMPLETED)
        log.info("ending")
        web.state.streams.close()
        server.should_exit = True
        told.cancel()
        await serving


def _engine(settings: FleetSettings) -> Engine:
    try:
        return open_engine(store_url(settings))
    except (ImportError, ArgumentError) as error:
        raise RefusedError(f"store.url: {error}") from error


def _rules(settings: FleetSettings) -> Rules:
    sign_in, token = settings.sign_in, ""
    if sign_in.metrics_token_file is not None:
        token = Path(sign_in.metrics_token_file).read_text(encoding="ascii").strip()
        if len(token) < SHORTEST_METRICS_TOKEN:
            raise RefusedError(f"sign_in.metrics_token_file: the token must have at least {SHORTEST_METRICS_TOKEN} characters")
    return Rules(
        required=sign_in.required,
        public_host=urlsplit(sign_in.public_url or "").netloc,
        is_secure=sign_in.is_secure,
        metrics_token=token,
    )


def _identity(settings: FleetSettings, folder: Path, bureau: Bureau) -> Identity:
    if settings.broker.url is not None:
        address = Address.parse(settings.broker.url)
    else:
        address = Address(
            host=settings.broker.own_host, port=settings.broker.port, is_secure=settings.broker.requires_certificates
        )
    credentials = bureau.broker_credentials if address.is_secure else None
    if address.is_secure and credentials is None:
        raise RefusedError("broker.url: mqtts needs the CA this service goes by: zhizhu-fleet ca create")
    # Two servers on one broker must not push each other out; the same server must find its session again.
    name = hashlib.sha256(f"{socket.gethostname()}:{folder}".encode()).hexdigest()[:12]
    return Identity(
        address=address,
        client_id=f"zhizhu-fleet-{name}",
        is_shared=settings.broker.url is not None,
        credentials=credentials,
    )


def _shown(settings: FleetSettings) -> dict[str, object]:
    """Return the effective settings for the log; a database URL may carry a password."""
    told = settings.model_dump(mode="json")
    if settings.store.url is not None:
        told["store"]["url"] = make_url(settings.store.url).render_as_string(hide_password=True)
    return told


def _set_up_log() -> None:
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(levelname)s %(name)s %(message)s")
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )


if __name__ == "__main__":
    main()
