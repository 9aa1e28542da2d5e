"""Intent: what a touch means. Carries no coordinates and decides nothing."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """点这里开始."""

    kind: Literal["start"] = "start"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChooseService:
    """A tile of the catalogue."""

    kind: Literal["choose_service"] = "choose_service"
    service: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnPage:
    """上一页 (-1) or 下一页 (+1)."""

    kind: Literal["turn_page"] = "turn_page"
    by: Literal[-1, 1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Proceed:
    """The primary button: 开始办理, 是我, 拍这一页, 再放一页, 都拿好了, 继续办理, 再打一次, 再试一次, 看好了, 已拍下来."""

    kind: Literal["proceed"] = "proceed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Decline:
    """The second choice: 不是我, 凭条没出来, 这次不评了, 不办了, 不要凭条了, 重拍这一页."""

    kind: Literal["decline"] = "decline"


@dataclass(frozen=True, slots=True, kw_only=True)
class GoBack:
    """返回."""

    kind: Literal["go_back"] = "go_back"


@dataclass(frozen=True, slots=True, kw_only=True)
class GoHome:
    """回首页."""

    kind: Literal["go_home"] = "go_home"


class Way(StrEnum):
    """Another way to say who one is, or to go on without the face."""

    ID_CARD = "id_card"
    SOCIAL_SECURITY_CARD = "social_security_card"
    PHONE_CODE = "phone_code"
    WITHOUT_FACE = "without_face"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChooseWay:
    """One of the other ways on the card page or the face page."""

    kind: Literal["choose_way"] = "choose_way"
    way: Way


@dataclass(frozen=True, slots=True, kw_only=True)
class FinishPages:
    """放完了: all sheets are in."""

    kind: Literal["finish_pages"] = "finish_pages"


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintRest:
    """只打剩下的: the sheets that did not come out."""

    kind: Literal["print_rest"] = "print_rest"


class PaperSeen(StrEnum):
    """What the villager says came out of the slot."""

    WHOLE = "whole"
    PART = "part"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerPaper:
    """The answer to 纸出来了吗."""

    kind: Literal["answer_paper"] = "answer_paper"
    seen: PaperSeen


@dataclass(frozen=True, slots=True, kw_only=True)
class GiveRating:
    """非常满意 is 5, 非常不满意 is 1."""

    kind: Literal["give_rating"] = "give_rating"
    level: Literal[1, 2, 3, 4, 5]


@dataclass(frozen=True, slots=True, kw_only=True)
class CallHelp:
    """叫人帮忙."""

    kind: Literal["call_help"] = "call_help"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportRepair:
    """报修."""

    kind: Literal["report_repair"] = "report_repair"


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenClerkTask:
    """The clerk's card was touched outside its buttons."""

    kind: Literal["open_clerk_task"] = "open_clerk_task"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClerkMended:
    """修好了: test the device."""

    kind: Literal["clerk_mended"] = "clerk_mended"
    device: str
    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ClerkGaveUp:
    """没修好: tell a technician."""

    kind: Literal["clerk_gave_up"] = "clerk_gave_up"
    device: str
    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenTextSizes:
    """大字."""

    kind: Literal["open_text_sizes"] = "open_text_sizes"


@dataclass(frozen=True, slots=True, kw_only=True)
class SetTextSize:
    """One of the four sizes."""

    kind: Literal["set_text_size"] = "set_text_size"
    size: Literal[0, 1, 2, 3]


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenVoice:
    """语音."""

    kind: Literal["open_voice"] = "open_voice"


@dataclass(frozen=True, slots=True, kw_only=True)
class SetVoice:
    """On or off, and how loud (0 to 3)."""

    kind: Literal["set_voice"] = "set_voice"
    is_on: bool
    volume: Literal[0, 1, 2, 3]


Intent = (
    Start
    | ChooseService
    | TurnPage
    | Proceed
    | Decline
    | GoBack
    | GoHome
    | ChooseWay
    | FinishPages
    | PrintRest
    | AnswerPaper
    | GiveRating
    | CallHelp
    | ReportRepair
    | OpenClerkTask
    | ClerkMended
    | ClerkGaveUp
    | OpenTextSizes
    | SetTextSize
    | OpenVoice
    | SetVoice
)
