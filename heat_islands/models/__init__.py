"""What the rasters are known by, one subject a file."""

from heat_islands.models.heat_map import HeatMap, HeatMapScene
from heat_islands.models.ranking import RankedCourtyard, RankingRun
from heat_islands.models.scene import Cover, Scene

__all__ = ["Cover", "HeatMap", "HeatMapScene", "RankedCourtyard", "RankingRun", "Scene"]
