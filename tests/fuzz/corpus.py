"""What the far ends really say: good bytes to begin with. Every person, card and code in them is invented."""

from collections.abc import Iterable

from drivers.transport.far_end import FarEnd

MOST_BYTES = 4096
"""Of one answer: an engine that reads all the time says the same for ever."""


def said_by(far_end: FarEnd, questions: Iterable[bytes]) -> tuple[bytes, ...]:
    """Ask a far end one question after the other; its answers, the silent ones left out."""
    now_s = 0.0
    answers: list[bytes] = []
    for question in questions:
        far_end.receive(question, now_s=now_s)
        answer = bytearray()
        while len(answer) < MOST_BYTES:
            due_s = far_end.next_due_s(now_s=now_s)
            if due_s is None or due_s > now_s + 2:
                break
            now_s = max(now_s, due_s)
            answer += far_end.transmit(now_s=now_s)
        now_s += 3
        if answer:
            answers.append(bytes(answer))
    return tuple(answers)
