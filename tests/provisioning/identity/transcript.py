"""Reads a manual's transcripts: the lines that are typed, and what they are said to answer."""

import re
from dataclasses import dataclass
from pathlib import Path

BLOCK = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
ANY = "…"
PROMPT = "$ "


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """One line, and what it answers; ``…`` in an answer stands for anything on that line."""

    line: str
    answer: tuple[str, ...]

    def is_answered_by(self, said: str) -> bool:
        """Whether that is what it answered."""
        lines = said.splitlines()
        return len(lines) == len(self.answer) and all(
            re.fullmatch(".*".join(re.escape(part) for part in wanted.split(ANY)), found)
            for wanted, found in zip(self.answer, lines, strict=True)
        )


def read_transcript(manual: Path) -> tuple[Typed, ...]:
    """Return every line that is typed in a manual, in order."""
    typed: list[Typed] = []
    for block in BLOCK.findall(manual.read_text(encoding="utf-8")):
        for line in block.splitlines():
            if line.startswith(PROMPT):
                typed.append(Typed(line=line.removeprefix(PROMPT), answer=()))
            else:
                typed[-1] = Typed(line=typed[-1].line, answer=(*typed[-1].answer, line))
    return tuple(typed)
