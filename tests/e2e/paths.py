"""Where the parts of this checkout are."""

from pathlib import Path
from typing import Final

DOMAIN: Final = "goapi"
ROOT: Final = Path(__file__).resolve().parents[2]
INTEGRATION: Final = ROOT / "custom_components" / DOMAIN
BLUEPRINTS: Final = ROOT / "blueprints"
