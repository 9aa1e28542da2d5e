"""Speech: pages are read aloud where a voice is installed, and quietly not where none is."""

import asyncio
import shutil
from collections.abc import Sequence

import structlog

BINARY = "espeak-ng"
VOICES = {"zh": "cmn-latn-pinyin", "en": "en"}
"""espeak-ng's plain ``cmn`` reads Mandarin with English sounds."""
LOUDNESS = (60, 100, 140, 190)
"""espeak-ng's amplitude (0 to 200) for the four volumes."""
WORDS_A_MINUTE = 150
"""Slow enough for a first hearing; espeak-ng's own default is 175."""

_log = structlog.get_logger(__name__)


def has_voice(binary: str = BINARY) -> bool:
    """Whether this machine can speak."""
    return shutil.which(binary) is not None


class Speech:
    """Says one page at a time; the next page interrupts.

    Args:
        language: One of ``VOICES``.
        binary: The program that speaks; it takes espeak-ng's options.
    """

    def __init__(self, *, language: str, binary: str = BINARY) -> None:
        self._voice = VOICES[language]
        self._binary = binary
        self._task: asyncio.Task[None] | None = None

    def say(self, sentences: Sequence[str], *, volume: int) -> None:
        """Say these sentences instead of whatever is being said."""
        self.be_quiet()
        text = "。".join(sentences)
        if text:
            self._task = asyncio.get_running_loop().create_task(self._speak(text, LOUDNESS[volume]))

    def be_quiet(self) -> None:
        """Stop speaking."""
        if self._task is not None:
            self._task.cancel()
            self._task = None

    async def _speak(self, text: str, loudness: int) -> None:
        try:
            voice = await asyncio.create_subprocess_exec(
                self._binary, "-v", self._voice, "-a", str(loudness), "-s", str(WORDS_A_MINUTE), "--stdin",
                stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
            )  # fmt: skip
        except OSError as error:
            _log.info("voice_missing", error=str(error))
            return
        try:
            # through stdin: what is said may be a person's, and a command line can be read by anyone
            await voice.communicate(text.encode())
        finally:
            if voice.returncode is None:
                voice.kill()
                await voice.wait()
