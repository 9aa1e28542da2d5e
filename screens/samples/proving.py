"""Samples of the pages of a living face, papers and a payment."""

from kiosk.display.vocabulary import view
from screens.samples.parts import MOST_STEPS, frame

BOTH_WAYS = (view.FaceWay.PHONE_CODE, view.FaceWay.WITHOUT_FACE)


def views(text_size: int) -> dict[str, view.View]:
    """By the name of the picture."""
    return _face(text_size) | _scan(text_size) | _pay(text_size)


def _face(text_size: int) -> dict[str, view.View]:
    found: dict[str, view.View] = {}

    def face(prompt: view.FacePrompt, ways: tuple[view.FaceWay, ...] = (view.FaceWay.WITHOUT_FACE,)) -> view.Face:
        steps = ("guide", "identify", "confirm", "face", "print")
        return view.Face(frame=frame(text_size=text_size, at_step=3, steps=steps), prompt=prompt, other_ways=ways, remaining_s=25)

    for prompt in view.FacePrompt:
        state = "" if prompt is view.FacePrompt.NO_FACE else f"-{prompt.value.replace('_', '-')}"
        found[f"face{state}"] = face(prompt)
    found["face-two-ways"] = face(view.FacePrompt.COME_CLOSER, BOTH_WAYS)
    found["face-by-phone"] = face(view.FacePrompt.LOOK_STRAIGHT, BOTH_WAYS[:1])
    found["face-no-other-way"] = face(view.FacePrompt.GOOD, ())
    found["face-not-matched-two-ways"] = face(view.FacePrompt.NOT_MATCHED, BOTH_WAYS)
    return found


def _scan(text_size: int) -> dict[str, view.View]:
    found: dict[str, view.View] = {}
    now = frame(text_size=text_size, at_step=4, steps=MOST_STEPS)

    def scan(state: view.ScanState, pages: int, problem: view.ScanProblem | None = None) -> view.Scan:
        return view.Scan(frame=now, hint="医院发票", pages=pages, at_most=10, state=state, problem=problem)

    for name, state, pages in (
        ("scan", view.ScanState.WAITING, 0),
        ("scan-next", view.ScanState.WAITING, 2),
        ("scan-taking", view.ScanState.TAKING, 2),
        ("scan-taken", view.ScanState.TAKEN, 3),
        ("scan-full", view.ScanState.TAKEN, 10),
        ("scan-refused", view.ScanState.REFUSED, 0),
    ):
        found[name] = scan(state, pages)
    for problem in view.ScanProblem:
        found[f"scan-{problem.value.replace('_', '-')}"] = scan(view.ScanState.REFUSED, 2, problem)
    return found


def _pay(text_size: int) -> dict[str, view.View]:
    found: dict[str, view.View] = {}
    now = frame(text_size=text_size, at_step=5, steps=MOST_STEPS)
    for name, state, said, fen in (
        ("pay", view.PayState.SHOW_CODE, "", 38000),
        ("pay-with-fen", view.PayState.SHOW_CODE, "", 126550),
        ("pay-asking", view.PayState.ASKING, "", 38000),
        ("pay-refused", view.PayState.REFUSED, "余额不够", 38000),
        ("pay-refused-unsaid", view.PayState.REFUSED, "", 38000),
        ("pay-scanner-away", view.PayState.SCANNER_AWAY, "", 38000),
    ):
        found[name] = view.Pay(frame=now, title="2027 年城乡居民医保", amount_fen=fen, state=state, said=said, remaining_s=48)
    return found
