import asyncio
from collections.abc import Callable
from pathlib import Path

from screens.speech import Speech, has_voice

DEADLINE_S = 5.0


def voice(folder: Path, *, seconds: float = 0) -> Path:
    """A program that takes espeak-ng's options and keeps what it was told to say."""
    program = folder / "voice"
    lines = (
        "#!/bin/sh",
        f'printf "%s " "$@" >> "{folder}/options"',
        f'cat >> "{folder}/said"',
        f'echo >> "{folder}/said"',
        f"exec sleep {seconds}",
    )
    program.write_text("\n".join(lines))
    program.chmod(0o755)
    return program


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(DEADLINE_S):
        while not holds():  # noqa: ASYNC110 - what is waited for happens in another process
            await asyncio.sleep(0.01)


def said(folder: Path) -> list[str]:
    kept = folder / "said"
    return kept.read_text(encoding="utf-8").split("\n")[:-1] if kept.exists() else []


async def test_a_page_is_said_sentence_by_sentence_at_its_loudness(tmp_path: Path) -> None:
    speech = Speech(language="zh", binary=str(voice(tmp_path)))
    speech.say(("请稍等", "不用再点"), volume=3)
    await until(lambda: said(tmp_path) == ["请稍等。不用再点"])
    options = (tmp_path / "options").read_text()
    assert "-a 190" in options
    assert "cmn" in options
    assert "请" not in options
    speech.be_quiet()
    await until(lambda: len(asyncio.all_tasks()) == 1)


async def test_the_next_page_interrupts(tmp_path: Path) -> None:
    speech = Speech(language="zh", binary=str(voice(tmp_path, seconds=60)))
    speech.say(("第一页",), volume=1)
    await until(lambda: said(tmp_path) == ["第一页"])
    speech.say(("第二页",), volume=1)
    await until(lambda: said(tmp_path) == ["第一页", "第二页"])
    speech.be_quiet()
    await until(lambda: len(asyncio.all_tasks()) == 1)


async def test_a_machine_without_a_voice_stays_quiet(tmp_path: Path) -> None:
    missing = str(tmp_path / "no-such-voice")
    assert not has_voice(missing)
    speech = Speech(language="zh", binary=missing)
    speech.say(("听不见",), volume=2)
    await until(lambda: len(asyncio.all_tasks()) == 1)
