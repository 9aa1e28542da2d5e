"""A picture as the manual keeps it: no wider than asked, of few colours, small."""

from pathlib import Path

from PIL import Image


def keep(image: Image.Image, target: Path, *, colours: int, width: int | None = None) -> None:
    """Write a picture.

    Args:
        image: As it was taken.
        target: A PNG file.
        colours: At most so many; flat drawings lose nothing the eye sees by it.
        width: Pixels; a wider picture is made so wide. None keeps it as it is.
    """
    flat = image.convert("RGB")
    if width is not None and flat.width > width:
        flat = flat.resize((width, round(flat.height * width / flat.width)), Image.Resampling.LANCZOS)
    # What is rare on a page is what it points out: colours are chosen by how far apart they are, then each moved to its middle.
    kept = flat.quantize(colours, method=Image.Quantize.MAXCOVERAGE, kmeans=1, dither=Image.Dither.NONE)
    kept.save(target, optimize=True)
