"""Renders the drawings beside this file to the brand images that Home Assistant shows."""

from io import BytesIO
from pathlib import Path

from PIL import Image
import resvg_py

SOURCES = Path(__file__).parent
TARGET = SOURCES.parents[1] / "custom_components" / "goapi" / "brand"
HEIGHTS = {"icon": 256, "logo": 128}
# What is dark ink on a light page is drawn light on a dark one.
DARK = ".ink { fill: #e9ecff } .letters { stroke: #e9ecff } .flap { fill: #4b46c4 }"


def render(name: str, height: int, style: str | None) -> bytes:
    """Draw one source at a height in pixels and return an optimised PNG with transparency."""
    png = resvg_py.svg_to_bytes(
        svg_path=str(SOURCES / f"{name}.svg"),
        height=height,
        style_sheet=style,
        skip_system_fonts=True,
    )
    optimised = BytesIO()
    with Image.open(BytesIO(bytes(png))) as image:
        image.convert("RGBA").save(optimised, "PNG", optimize=True)
    return optimised.getvalue()


def main() -> None:
    """Write all eight images."""
    TARGET.mkdir(parents=True, exist_ok=True)
    for name, height in HEIGHTS.items():
        for prefix, style in (("", None), ("dark_", DARK)):
            for suffix, scale in (("", 1), ("@2x", 2)):
                image = render(name, height * scale, style)
                (TARGET / f"{prefix}{name}{suffix}.png").write_bytes(image)


main()
