"""Sitting: one person's way from standing before the camera to one good picture of a living face. Pure.

What it can hold against a cheat, and what not. A picture held before the camera cannot turn its head to the side it is asked
for, so it fails, as does one that is swapped for another while prompts are being followed: a face that vanished or jumped
begins anew. A film of the very person turning both ways at the right moments passes: whoever needs more asks the platform's
own liveness check. Without prompts nothing is claimed. When in doubt there is no picture.
"""

from dataclasses import dataclass

from drivers.camera.faces import Seen
from drivers.camera.pose import Face, Pose
from drivers.contract.camera import FaceRefusal, Guidance, LivenessPrompt

NARROWEST = 0.19
"""Share of the picture's width below which a face is too small to be compared: 120 of 640 pixels; ISO/IEC 19794-5 wants 90
between the eyes for a passport, the platform's service takes half of that."""

WIDEST = 0.52
"""Above, the face does not fit into the picture while it turns."""

OFF_MIDDLE_X = 0.2
OFF_MIDDLE_Y = 0.22
"""How far from the middle a face may be, in shares of the picture."""

BYSTANDER = 0.5
"""A second face smaller than this share of the first stands behind and does not count."""

DARK_FACE = 55.0
BRIGHT_FACE = 225.0
"""Brightness of a face outside which its features are lost."""

LEAST_SHARPNESS = 45.0
"""Of a face scaled to 96 pixels. Drawn faces have 200 to 900, out of focus 10; not yet seen with a real lens."""

MOVED = 0.05
"""How far a face may have moved since the last look, in shares of the picture, to count as held still."""

JUMPED = 0.3
"""A face that is this far from where it was is another one."""

GAP_S = 1.6
"""Seconds a face may be out of sight while it turns; a cascade loses a head on its way from the front to the side."""

FOLLOWED_LOOKS = 2
"""Looks that must see a prompt followed, so that one chance find is not enough."""

GOOD_LOOKS = 2
"""Good looks in a row before the picture is taken."""

IN_VAIN_S = 2.5
"""Seconds for which a prompt was shown to a face that did not follow it, from which running out of time is a refusal."""

LONGEST_STEP_S = 1.0
"""What one look may add to the time a prompt was shown: pictures may have stood still in between."""

_ASKED = {
    LivenessPrompt.LOOK_STRAIGHT: Guidance.LOOK_STRAIGHT,
    LivenessPrompt.TURN_LEFT: Guidance.TURN_LEFT,
    LivenessPrompt.TURN_RIGHT: Guidance.TURN_RIGHT,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What to do after a look: show ``guidance``; take this picture, or refuse, or go on."""

    guidance: Guidance
    is_taken: bool = False
    refusal: FaceRefusal | None = None


class Sitting:
    """Is shown what was seen, look by look, and says what the person is to do. Brings no time of its own."""

    def __init__(self, prompts: tuple[LivenessPrompt, ...], *, prompt_s: float, useless_s: float, is_mirrored: bool) -> None:
        """Begin with the first prompt.

        Args:
            prompts: What is asked, in order.
            prompt_s: Seconds a prompt may be shown to a face before it counts as not followed.
            useless_s: Seconds a picture may be black, over-exposed or upside-down before that is told: a hand may pass the lens.
            is_mirrored: Whether the camera shows a mirror picture, so that a person's left is on the left.
        """
        self._prompts = prompts
        self._prompt_s = prompt_s
        self._useless_s = useless_s
        left, right = (Pose.PICTURE_LEFT, Pose.PICTURE_RIGHT) if is_mirrored else (Pose.PICTURE_RIGHT, Pose.PICTURE_LEFT)
        self._wanted = {
            LivenessPrompt.LOOK_STRAIGHT: Pose.STRAIGHT,
            LivenessPrompt.TURN_LEFT: left,
            LivenessPrompt.TURN_RIGHT: right,
        }
        self._next = 0
        self._followed_looks = 0
        self._shown_s = 0.0
        self._in_vain_s = 0.0
        self._useless_since_s: float | None = None
        self._was_upside_down = False
        self._face: Face | None = None
        self._face_s = 0.0
        self._last_s: float | None = None
        self._good_looks = 0

    @property
    def was_in_vain(self) -> bool:
        """Whether a face was asked long enough to do something and did not."""
        return self._in_vain_s >= IN_VAIN_S

    def saw(self, seen: Seen, *, now_s: float) -> Verdict:
        """Take what a picture shows and say what follows."""
        step_s = min(now_s - self._last_s, LONGEST_STEP_S) if self._last_s is not None else 0.0
        self._last_s = now_s
        if (useless := self._useless(seen, now_s=now_s)) is not None:
            return useless
        faces = tuple(face for face in seen.faces if face.width >= BYSTANDER * seen.faces[0].width)
        if not faces:
            self._good_looks = 0
            if now_s - self._face_s > GAP_S:
                self._begin_anew()
                return Verdict(guidance=Guidance.NO_FACE)
            return Verdict(guidance=self._asked() or Guidance.LOOK_STRAIGHT)
        if len(faces) > 1:
            self._begin_anew()
            return Verdict(guidance=Guidance.SEVERAL_FACES)
        face, before = faces[0], self._face
        self._face, self._face_s = face, now_s
        if before is not None and _apart(face, before) > JUMPED:
            self._begin_anew()
        if (guidance := self._misplaced(face, seen)) is not None:
            self._good_looks = 0
            return Verdict(guidance=guidance)
        if self._next < len(self._prompts):
            return self._prompted(face, step_s=step_s)
        return self._posing(face, before)

    def _useless(self, seen: Seen, *, now_s: float) -> Verdict | None:
        if seen.light.is_black:
            guidance = Guidance.TOO_DARK
        elif seen.light.is_overexposed:
            guidance = Guidance.TOO_BRIGHT
        elif seen.is_upside_down or (self._was_upside_down and not _looks_straight(seen)):
            guidance = Guidance.NO_FACE
            self._was_upside_down = True
        else:
            self._useless_since_s = None
            self._was_upside_down = False
            return None
        self._begin_anew()
        if self._useless_since_s is None:
            self._useless_since_s = now_s
        is_for_good = now_s - self._useless_since_s >= self._useless_s
        return Verdict(guidance=guidance, refusal=FaceRefusal.NOT_USABLE if is_for_good else None)

    def _misplaced(self, face: Face, seen: Seen) -> Guidance | None:
        if seen.face_light < DARK_FACE:
            return Guidance.TOO_DARK
        if seen.face_light > BRIGHT_FACE:
            return Guidance.TOO_BRIGHT
        if face.pose is Pose.STRAIGHT:  # a profile's box says little about size
            if face.width < NARROWEST:
                return Guidance.COME_CLOSER
            if face.width > WIDEST:
                return Guidance.STEP_BACK
            if abs(face.middle_x - 0.5) > OFF_MIDDLE_X or abs(face.middle_y - 0.5) > OFF_MIDDLE_Y:
                return Guidance.TO_THE_MIDDLE
            if seen.face_sharpness < LEAST_SHARPNESS:
                return Guidance.HOLD_STILL
        return None

    def _prompted(self, face: Face, *, step_s: float) -> Verdict:
        prompt = self._prompts[self._next]
        asked = _ASKED[prompt]
        if face.pose is self._wanted[prompt]:
            self._followed_looks += 1
            if self._followed_looks >= FOLLOWED_LOOKS:
                self._next += 1
                self._followed_looks = 0
                self._shown_s = 0.0
                self._in_vain_s = 0.0
                asked = self._asked() or Guidance.LOOK_STRAIGHT
            return Verdict(guidance=asked)
        self._followed_looks = 0
        self._shown_s += step_s
        self._in_vain_s += step_s
        is_too_long = self._shown_s >= self._prompt_s
        return Verdict(guidance=asked, refusal=FaceRefusal.NOT_ALIVE if is_too_long else None)

    def _posing(self, face: Face, before: Face | None) -> Verdict:
        if face.pose is not Pose.STRAIGHT:
            self._good_looks = 0
            return Verdict(guidance=Guidance.LOOK_STRAIGHT)
        if before is None or _apart(face, before) > MOVED:
            self._good_looks = 0
            return Verdict(guidance=Guidance.HOLD_STILL)
        self._good_looks += 1
        return Verdict(guidance=Guidance.GOOD, is_taken=self._good_looks >= GOOD_LOOKS)

    def _asked(self) -> Guidance | None:
        return _ASKED[self._prompts[self._next]] if self._next < len(self._prompts) else None

    def _begin_anew(self) -> None:
        """Nothing seen so far says anything about the face that comes next; the time that was in vain is kept."""
        self._next = 0
        self._followed_looks = 0
        self._shown_s = 0.0
        self._good_looks = 0
        self._face = None


def _looks_straight(seen: Seen) -> bool:
    return any(face.pose is Pose.STRAIGHT for face in seen.faces)


def _apart(face: Face, other: Face) -> float:
    return max(abs(face.middle_x - other.middle_x), abs(face.middle_y - other.middle_y))
