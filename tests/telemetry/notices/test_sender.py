"""What goes out goes out, to a real webhook and through the real library; what does not is tried again and told."""

import asyncio
import contextlib
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, insert, select
from structlog.testing import capture_logs

from telemetry.fleet.metrics import Metrics
from telemetry.fleet.notices.carrier import Carrier
from telemetry.fleet.notices.channels import Channel, ChannelError
from telemetry.fleet.notices.sender import TOO_SLOW, UNKNOWN_CHANNEL, Carries, NoticeSender
from telemetry.fleet.store import schema
from telemetry.fleet.store.engine import open_engine, sqlite_url
from tests.telemetry.notices.webhook import KEY, PATIENCE_S, Webhook
from tests.telemetry.tickets.cases import MORNING

pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")  # apprise asks whether it is there


@pytest.fixture
def webhook() -> Iterator[Webhook]:
    hook = Webhook()
    hook.start()
    yield hook
    hook.stop()


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    opened = open_engine(sqlite_url(tmp_path / "fleet.sqlite3"))
    schema.metadata.create_all(opened)
    yield opened
    opened.dispose()


class Clock:
    """Ours, moved by hand."""

    def __init__(self) -> None:
        self.now = MORNING

    def __call__(self) -> Any:
        return self.now


def _queue(engine: Engine, channel: str = "county", *, subject: str = "新工单：石榴村", later_s: float = 0) -> None:
    with engine.begin() as connection:
        connection.execute(
            insert(schema.notice).values(
                county="lanxi", channel=channel, kind="news", subject=subject, body="T-12 屏幕画面停住。", composed_at=MORNING,
                not_before=MORNING + timedelta(seconds=later_s),
            )
        )  # fmt: skip


def _rows(engine: Engine) -> list[Any]:
    with engine.connect() as connection:
        return list(connection.execute(select(schema.notice).order_by(schema.notice.c.id)).all())


@contextlib.asynccontextmanager
async def _running(sender: NoticeSender) -> AsyncIterator[None]:
    task = asyncio.create_task(sender.run())
    try:
        yield
        assert not task.done(), task.exception()
    finally:
        task.cancel()
        await asyncio.wait({task})


async def _until(condition: Callable[[], bool], what: str) -> None:
    deadline_s = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline_s, f"not within {PATIENCE_S} s: {what}"
        await asyncio.sleep(0.02)


def _sender(engine: Engine, clock: Clock, metrics: Metrics, *channels: Channel, **others: Any) -> NoticeSender:
    return NoticeSender(engine, channels, outcomes=metrics.notices, now=clock, **({"deadline_s": 10.0} | others))


def _counted(metrics: Metrics, outcome: str) -> float:
    return metrics.registry.get_sample_value("zhizhu_notices_total", {"outcome": outcome}) or 0.0


async def test_a_notice_goes_out_through_the_real_library_once_its_time_has_come(engine: Engine, webhook: Webhook) -> None:
    clock, metrics = Clock(), Metrics()
    _queue(engine)
    _queue(engine, subject="明早的事", later_s=3_600)
    async with _running(_sender(engine, clock, metrics, Channel(name="county", address=webhook.address))):
        await _until(lambda: _counted(metrics, "sent") == 1, "sent and counted")
    assert [(one["title"], one["message"]) for one in webhook.heard] == [("新工单：石榴村", "T-12 屏幕画面停住。")]
    assert [row.sent_at for row in _rows(engine)] == [MORNING, None]


async def test_what_fails_is_told_on_its_row_and_tried_again_until_it_arrives(engine: Engine, webhook: Webhook) -> None:
    clock, metrics = Clock(), Metrics()
    webhook.status = 500
    _queue(engine)
    with capture_logs() as logs:
        async with _running(_sender(engine, clock, metrics, Channel(name="county", address=webhook.address))):
            await _until(lambda: _rows(engine)[0].tries == 1, "one try")
            [row] = _rows(engine)
            assert row.sent_at is None
            assert "500" in row.failed
            assert row.not_before == MORNING + timedelta(seconds=5)
            webhook.status = 200
            clock.now += timedelta(seconds=6)
            await _until(lambda: _rows(engine)[0].sent_at is not None, "sent")
    [row] = _rows(engine)
    assert (row.tries, row.failed) == (2, "")
    assert (_counted(metrics, "failed"), _counted(metrics, "sent")) == (1, 1)
    assert KEY not in str(logs) + str(row)


async def test_a_channel_that_hangs_or_is_gone_holds_up_nobody_else(engine: Engine, webhook: Webhook) -> None:
    clock, metrics = Clock(), Metrics()
    let_go = threading.Event()

    class Hanging:
        def tell(self, subject: str, body: str) -> str:
            let_go.wait(PATIENCE_S)
            return f"late {len(subject) + len(body)}"

    carriers: dict[str, Carries] = {
        "stuck": Hanging(),
        "county": Carrier(Channel(name="county", address=webhook.address)),
    }
    for channel in ("stuck", "stuck", "gone", "county"):
        _queue(engine, channel)
    async with _running(_sender(engine, clock, metrics, carriers=carriers, deadline_s=0.3)):
        await _until(lambda: _rows(engine)[3].sent_at is not None, "the last one")
        let_go.set()
    assert [row.failed for row in _rows(engine)] == [TOO_SLOW, TOO_SLOW, UNKNOWN_CHANNEL, ""]


def test_an_address_nobody_knows_is_refused_at_start_without_being_said() -> None:
    with pytest.raises(ChannelError) as refused:
        Carrier(Channel(name="county", address=f"nonsense://{KEY}"))
    assert KEY not in str(refused.value)


def test_a_mailbox_without_a_server_is_told_and_hides_its_password() -> None:
    people = "from=fleet@example.org&to=someone@example.org&mode=insecure"
    mailbox = Channel(name="mail", address=f"mailto://sender:pass-word-of-nobody@127.0.0.1:1?{people}")
    why = Carrier(mailbox).tell("subject", "body")
    assert why
    assert "pass-word-of-nobody" not in why
