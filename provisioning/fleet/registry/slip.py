"""The slip a technician takes along: serial number, address, code as letters and as QR. Pure.

The QR code holds no address a browser would open: a code must not end in some web server's log.
"""

import html
import io
from dataclasses import dataclass
from datetime import datetime

import segno

from provisioning.wire.enrolment import scanned, show_code
from telemetry.wire.service_hours import CHINA

QR_SIDE_MM = 42
STYLE = f"""
@page {{ size: A6; margin: 8mm }}
body {{ font: 11pt/1.45 "Noto Sans CJK SC", "WenQuanYi Micro Hei", sans-serif; color: #111; margin: 0 }}
main {{ border: .4mm solid #111; border-radius: 2mm; padding: 6mm; width: 88mm; box-sizing: border-box }}
main + main {{ page-break-before: always }}
h1 {{ font-size: 14pt; margin: 0 0 1mm }}
p {{ margin: 0 }}
.where {{ color: #444; margin-bottom: 4mm }}
.code {{ font: 700 17pt/1.2 "DejaVu Sans Mono", monospace; letter-spacing: .04em; text-align: center; margin: 3mm 0 1mm }}
.qr {{ text-align: center }}
.qr svg {{ width: {QR_SIDE_MM}mm; height: {QR_SIDE_MM}mm }}
dl {{ display: grid; grid-template-columns: auto 1fr; gap: 0 3mm; margin: 3mm 0 0; font-size: 9pt }}
dt {{ color: #444 }} dd {{ margin: 0; word-break: break-all }}
.once {{ margin-top: 3mm; padding-top: 2mm; border-top: .2mm solid #999; font-size: 8.5pt; color: #444 }}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Slip:
    """What stands on one slip. ``kiosk`` is ``county/kiosk``, or the county alone while nobody has said which it becomes."""

    serial: str
    kiosk: str
    village: str
    url: str
    code: str
    expires_at: datetime

    @property
    def qr_text(self) -> str:
        """What the QR code says."""
        return scanned(self.url, self.serial, self.code)


def as_html(slips: tuple[Slip, ...]) -> str:
    """Return a page that prints one slip a sheet of A6; whole, with nothing from outside."""
    body = "\n".join(_one(slip) for slip in slips)
    head = f'<meta charset="utf-8"><title>启用凭条 Enrolment</title><style>{STYLE}</style>'
    return f'<!doctype html>\n<html lang="zh-CN"><head>{head}</head>\n<body>\n{body}\n</body></html>\n'


def as_png(slip: Slip) -> bytes:
    """Return the QR code of one slip as a picture."""
    picture = io.BytesIO()
    segno.make_qr(slip.qr_text, error="m").save(picture, kind="png", scale=8, border=4)
    return picture.getvalue()


def _one(slip: Slip) -> str:
    qr = segno.make_qr(slip.qr_text, error="m").svg_inline(border=2, omitsize=True)
    until = slip.expires_at.astimezone(CHINA)
    rows = (("序列号 Serial", slip.serial), ("地址 Address", slip.url), ("有效至 Until", f"{until:%Y-%m-%d %H:%M}"))
    told = "".join(f"<dt>{name}</dt><dd>{html.escape(value)}</dd>" for name, value in rows)
    where = html.escape(" · ".join(filter(None, (slip.village, slip.kiosk))))
    return (
        f'<main><h1>启用凭条 <small>Enrolment</small></h1><p class="where">{where}</p>'
        f'<div class="qr">{qr}</div><p class="code">{show_code(slip.code)}</p><dl>{told}</dl>'
        '<p class="once">只能用一次，用后请销毁。在机柜内运行 zhizhu-kiosk enrol，输入或扫描上面的代码。<br>'
        "Good once; destroy it after use. Inside the cabinet: zhizhu-kiosk enrol, then type or scan the code.</p></main>"
    )
