"""Walks every page there is and keeps the pictures for the manual: the kiosk's, the dashboard's, the rig's, the receipt.

``python -m deploy.screenshots`` writes ``docs/manual/``. Everything on the pictures is synthetic.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

from deploy import dashboard_pictures
from deploy.kept_picture import keep
from tests.system.demo import Demo
from tests.telemetry.web import pictures

ROOT = Path(__file__).parents[1]
MANUAL = ROOT / "docs/manual"
COLOURS = 96
"""The pages are flat drawings; so many colours lose nothing the eye sees and keep a picture small."""
KIOSK_WIDTH = 324
OVERVIEW = ("attract", "catalogue", "put-card", "print-question")


def main() -> None:
    """Take every picture anew."""
    with tempfile.TemporaryDirectory(prefix="zhizhu-") as folder:
        raw = Path(folder)
        command = [sys.executable, "-m", "screens.gallery", "--out", str(raw / "kiosk"), "--sizes", "0,3"]
        subprocess.run(command, cwd=ROOT, check=True)  # noqa: S603  # our own program
        _walk(raw / "demo", raw / "around")
        for kind, width in (("kiosk", KIOSK_WIDTH), ("around", None)):
            target = MANUAL / kind
            target.mkdir(parents=True, exist_ok=True)
            for old in target.glob("*.png"):
                old.unlink()
            for picture in sorted((raw / kind).glob("*.png")):
                keep(Image.open(picture), target / picture.name, colours=COLOURS, width=width)
        _compose(raw, MANUAL / "overview.png")
    for kind, title in (("kiosk", "The kiosk's pages"), ("around", "Rig, receipt, verification")):
        _list(kind, title)
    dashboard_pictures.main()


def _walk(state: Path, out: Path) -> None:
    """Take one visit through a running demonstration and photograph what lies around the kiosk."""
    out.mkdir(parents=True)
    demo = Demo.start(state)
    try:
        demo.come_to_rest()
        demo.walk_to("take_receipt")
        demo.picture(out / "window.png")
        receipt = demo.papers()[-1]
        Image.open(receipt["png"]).save(out / "receipt.png")
        words = Path(receipt["txt"]).read_text()
        address = words[words.index("http") :].split("〕")[0].split()[0]
        demo.come_to_rest()
        demo.give("receipt-printer", "paper-low")
        with sync_playwright() as play:
            browser = play.chromium.launch(executable_path=pictures.CHROMIUM, args=list(pictures.QUIET))
            for name, url, size in (
                ("rig", demo.rig_url, (1440, 1000)),
                ("verification-genuine", address, (390, 844)),
                ("verification-not-found", address[:-4] + "0000", (390, 844)),
                ("dashboard-of-one", demo.dashboard, (1440, 900)),
            ):
                page = browser.new_page(viewport={"width": size[0], "height": size[1]})
                page.goto(url)
                page.wait_for_timeout(1500)  # the live parts fill in
                page.screenshot(path=out / f"{name}.png")
            browser.close()
    finally:
        demo.end()


def _compose(raw: Path, target: Path) -> None:
    """Put four pages and the receipt side by side, for the head of the README."""
    height = 760
    parts = [Image.open(raw / f"kiosk/{name}.png").convert("RGB") for name in OVERVIEW]
    parts.append(Image.open(raw / "around/receipt.png").convert("RGB"))
    scaled = [part.resize((round(part.width * height / part.height), height), Image.Resampling.LANCZOS) for part in parts]
    sheet = Image.new("RGB", (sum(part.width for part in scaled) + 16 * (len(scaled) + 1), height + 32), "#D8D4CC")
    left = 16
    for part in scaled:
        sheet.paste(part, (left, 16))
        left += part.width + 16
    keep(sheet, target, colours=COLOURS)


def _list(kind: str, title: str) -> None:
    rows = [f"### {path.stem}\n\n![{path.stem}]({kind}/{path.name})" for path in sorted((MANUAL / kind).glob("*.png"))]
    head = f"# {title}\n\nTaken by `make screenshots`. Names, numbers and villages are made up.\n\n"
    (MANUAL / f"{kind}.md").write_text(head + "\n\n".join(rows) + "\n")


if __name__ == "__main__":
    main()
