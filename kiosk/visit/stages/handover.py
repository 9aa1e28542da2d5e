"""Handover: from the platform's yes to what she goes home with, on whatever paper or screen can give it now."""

from kiosk.services.service import Capability, Paper, StepKind
from kiosk.visit.effect import Effect, Print, RenewDocument
from kiosk.visit.model import Case, PreparingPrint, Rating, Renewing, Showing, ShowingCode, Visit, VisitOutcome
from kiosk.visit.stages.entrances import Step, next_job, say_goodbye, turn_to
from kiosk.visit.ways import print_ways


def enter_after(visit: Visit, case: Case, done: StepKind, *effects: Effect) -> Step:
    """Go to the step that follows ``done``, or say goodbye when it was the last."""
    steps = case.service.steps
    following = steps[steps.index(done) + 1 :]
    match following[0] if following else None:
        case StepKind.SHOW:
            return turn_to(visit, Showing(case=case), *effects)
        case StepKind.PRINT:
            visit, more = enter_paper(visit, case)
            return visit, (*effects, *more)
        case _:
            return enter_rating(visit, case, VisitOutcome.DONE, *effects)


def enter_paper(visit: Visit, case: Case, *, but_not: Paper | None = None) -> Step:
    """Give it to her in the first way that works now; the usual printer is asked when none seems to."""
    ways = print_ways(visit, case.service, case.document)
    usable = [way for way in ways if but_not is None or way is not but_not.capability]
    chosen = usable[0] if usable else case.service.paper.capability
    if chosen is Capability.SHOW_ON_SCREEN:
        return turn_to(visit, ShowingCode(case=case, instead_of=case.service.paper))
    return enter_print(visit, case, 0, paper=Paper(chosen.value))


def enter_print(visit: Visit, case: Case, reprint: int, *, paper: Paper, first_page: int = 1) -> Step:
    """Print once. Called for the original by what came before it, for any other by the person's own touch alone."""
    visit, job = next_job(visit)
    effect = Print(job=job, key=case.key, document=case.document, reprint=reprint, paper=paper, first_page=first_page)
    stage = PreparingPrint(case=case, job=job, reprint=reprint, paper=paper, first_page=first_page)
    return turn_to(visit, stage, effect)


def enter_renewing(visit: Visit, case: Case, reprint: int) -> Step:
    """Have the document declared void of which a part came out, before it is printed whole: no two papers bear one number."""
    visit, job = next_job(visit)
    effect = RenewDocument(job=job, key=case.key, number=case.document.number)
    return turn_to(visit, Renewing(case=case, job=job, reprint=reprint), effect)


def can_show_code(case: Case) -> bool:
    """Whether this service lets its paper be taken along as a code, and the document has one."""
    allowed = case.service.stand_ins.get(case.service.paper.capability, ())
    return Capability.SHOW_ON_SCREEN in allowed and bool(case.document.verify_url)


def enter_rating(visit: Visit, case: Case, outcome: VisitOutcome, *effects: Effect) -> Step:
    """Let go of the document; ask how it was, where the service asks."""
    if StepKind.RATE not in case.service.steps:
        return say_goodbye(visit, outcome, *effects, steps=len(case.service.steps))
    return turn_to(visit, Rating(service=case.service, key=case.key, outcome=outcome), *effects)
