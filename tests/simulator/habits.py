"""How a studio uses its quotas: how often, for which tasks, and what they cost."""

from collections.abc import Collection
from dataclasses import dataclass
from random import Random

FAILURE_RATE = 0.08


@dataclass(frozen=True, slots=True)
class Habit:
    """How a quota is used.

    The weight says how often compared with others; a task costs from `low` to `high`, and is one
    of these models and actions.
    """

    weight: float
    low: float
    high: float
    tasks: tuple[tuple[str, str], ...]
    digits: int = 0

    def cost(self, rng: Random) -> float:
        """Return what a task costs."""
        return round(rng.uniform(self.low, self.high), self.digits or None)


KLING = ("kling", "video_generation")
LUMA = ("luma", "video_generation")
HAILUO = ("hailuo", "video_generation")
FLUX = ("flux", "txt2img")
TRELLIS = ("trellis", "image-to-3d")
SUNO = ("music-s", "generate_music")
UDIO = ("music-u", "generate_music")

HABITS: dict[str, Habit] = {
    "credit": Habit(5, 15, 260, (KLING, KLING, FLUX, FLUX, FLUX, TRELLIS, HAILUO)),
    "point": Habit(4, 30, 520, (LUMA, SUNO, SUNO, UDIO)),
    "mj": Habit(2, 1, 4, (("mj", "imagine"), ("mj", "upscale"))),
    "kling": Habit(2, 20, 60, (KLING, ("kling", "extend_video"))),
    "suno": Habit(1, 5, 20, (SUNO,)),
    "luma": Habit(1, 5, 10, (LUMA, ("luma", "extend_video"))),
    "hailuo": Habit(1, 15, 30, (HAILUO,)),
    "llm": Habit(3, 0.002, 0.09, (("llm", "completion"),), digits=4),
}


def choose(rng: Random, quotas: Collection[str]) -> str:
    """Return the quota of the next task, one of these."""
    names = [quota for quota in HABITS if quota in quotas]
    (quota,) = rng.choices(names, [HABITS[name].weight for name in names])
    return quota
