"""The page of configuration: what it shows, who may do what on it, and that it never does by halves."""

import html
import re
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI, Request, Response
from sqlalchemy import Engine, select, update
from starlette.middleware.base import RequestResponseEndpoint

from provisioning.fleet.config import rows
from provisioning.fleet.config.changes import State
from provisioning.fleet.web import config_pages
from provisioning.fleet.web.desk import ROOM
from provisioning.fleet.web.words import desk_words
from telemetry.fleet.accounts.person import Person
from telemetry.fleet.store.schema import audit, desired
from telemetry.fleet.web.render import Pages, Supplement
from tests.provisioning.config.county import LI, LOOKER, NOW, OF_LANXI, WANG
from tests.provisioning.config.served import seeded
from tests.telemetry.web.county import open_store


class Desk:
    """Somebody at the desk."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.person: Person = WANG
        app = FastAPI()
        pages = Pages(
            {"demo": "示例县"},
            supplement=Supplement(templates=ROOM / "templates", static=ROOM / "static", words=desk_words()),
        )
        pages.lead_to(lambda path: path == "/config")

        @app.middleware("http")
        async def door(request: Request, call_next: RequestResponseEndpoint) -> Response:
            request.state.person, request.state.csrf = self.person, "synthetic"
            return await call_next(request)

        app.include_router(config_pages.router(engine, pages, seen=lambda: 1, now=lambda: NOW + timedelta(minutes=1)))
        self._client = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://desk")

    async def get(self, path: str, *, status: int = 200) -> str:
        """What a page says, without its tags."""
        answer = await self._client.get(path)
        assert answer.status_code == status, answer.text
        return html.unescape(re.sub(r"<[^>]+>", " ", answer.text))

    async def post(self, path: str, *, status: int = 303, **fields: str) -> str:
        """Press a button; returns where it leads, or what the page says."""
        answer = await self._client.post(path, data=fields)
        assert answer.status_code == status, answer.text
        return answer.headers.get("location") or html.unescape(re.sub(r"<[^>]+>", " ", answer.text))


@pytest.fixture(scope="module")
def only_desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    return Desk(seeded(tmp_path_factory.mktemp("desk")))


@pytest.fixture
def desk(only_desk: Desk) -> Desk:
    only_desk.person = WANG
    return only_desk


async def test_what_waits_for_a_second_person_is_what_one_sees_first(desk: Desk) -> None:
    said = " ".join((await desk.get("/config")).split())
    assert "差异预览 C-5 待第二人" in said
    assert "影响 12 / 12 台" in said
    assert "以第二人批准" in said
    assert "screen.text_size 一开始的字号，0 到 3 2 → 3 4 乡镇 C-5 盖过 2" in said


async def test_whoever_asked_is_not_offered_to_approve_and_is_refused(desk: Desk) -> None:
    desk.person = LI
    assert "以第二人批准" not in await desk.get("/config?change=5")
    assert "没有批准" in await desk.post("/config/changes/5/approve", status=409)
    with desk.engine.connect() as connection:
        assert connection.execute(
            select(audit.c.by).where(audit.c.result == "refused", audit.c.about == "C-5")
        ).scalars().all() == ["li"]


async def test_a_value_says_which_layer_it_comes_from_over_which(desk: Desk) -> None:
    said = " ".join((await desk.get("/config?kiosk=demo/K2&change=3")).split())
    assert "device.receipt-printer.port" in said
    assert "platform.retries 平台不应时再试几次 3 1 省 已锁定" in said
    assert "screen.volume 音量，0 到 3 3 6 单机 盖过 2" in said


async def test_why_a_kiosk_is_not_there_yet_stands_beside_it(desk: Desk) -> None:
    said = " ".join((await desk.get("/config")).split())
    assert "not proven within 60 s: receipt-printer" in said
    assert "等村民办完" in said


async def test_who_waits_for_a_release_on_trial_is_not_said_to_wait_for_a_villager(desk: Desk) -> None:
    of_villager = "等村民办完 "  # with what follows in a row; a step of the explanation says it with a comma before
    assert of_villager in " ".join((await desk.get("/config")).split())
    with desk.engine.begin() as connection:
        waits = update(desired).where(desired.c.said_state == "waiting")
        connection.execute(waits.values(said_reason="waits for release 0.2.0, which is on trial"))
    said = " ".join((await desk.get("/config")).split())
    assert "等新版本试完" in said
    assert of_villager not in said.replace("核对，等村民办完 ", "")


async def test_a_layer_is_written_as_text_and_what_it_does_is_shown_before_anything_happens(desk: Desk) -> None:
    where = await desk.post("/config/drafts", layer="kiosk:demo/K4", text="[screen]\nvolume = 0\n", note="夜里安静")
    assert where == "/config?change=6"
    assert "不超过 10 台，一人即可" in await desk.get(where)
    assert await desk.post("/config/changes/6/submit") == "/config?change=6"
    assert "还没轮到" in await desk.get("/config?change=6")
    assert await desk.post("/config/changes/6/roll-back") == "/config?change=7"
    assert await desk.post("/config/changes/7/reject", why="不退了") == "/config?change=7"
    with desk.engine.connect() as connection:
        assert [each.state for each in rows.changes(connection, limit=2)] == [State.REJECTED, State.APPROVED]


async def test_what_no_kiosk_could_use_comes_back_as_it_was_typed_with_what_is_wrong(desk: Desk) -> None:
    said = await desk.post("/config/drafts", status=422, layer="kiosk:demo/K4", text="[display]\nwidth_px = 0\n")
    assert "display.width_px: 0 is less than the minimum of 320" in said
    assert "width_px = 0" in said
    assert "is not TOML" in await desk.post("/config/drafts", status=422, layer="kiosk:demo/K4", text="[display")


async def test_it_reads_in_english_and_as_a_table(desk: Desk) -> None:
    said = " ".join((await desk.get("/config?lang=en")).split())
    assert "What C-5 changes" in said
    assert "Approve as second person" in said
    assert "screen.text_size,2,county,1," in await desk.get("/config?kiosk=demo/K2&format=csv")


async def test_nobody_sees_or_touches_what_is_not_theirs(desk: Desk) -> None:
    desk.person = LOOKER
    await desk.get("/config", status=403)
    desk.person = OF_LANXI
    assert "光明村" not in await desk.get("/config")
    await desk.get("/config?kiosk=demo/K2", status=404)
    await desk.get("/config?change=5", status=404)
    await desk.get("/config?layer=county:demo", status=404)
    assert await desk.post("/config/drafts", status=404, layer="county:demo", text="")
    await desk.post("/config/changes/5/approve", status=404)


@pytest.mark.parametrize(
    "path", ["/config?layer=planet:x", "/config?change=99", "/config?layer=province:x", "/config?kiosk=demo/K99"]
)
async def test_what_is_not_there_is_not_found(desk: Desk, path: str) -> None:
    await desk.get(path, status=404)


async def test_an_empty_desk_says_so(tmp_path: Path) -> None:
    assert "还没有终端" in await Desk(open_store(tmp_path / "empty.sqlite3")).get("/config")
