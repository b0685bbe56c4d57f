"""What can be wrong with a raster product; each message is a sentence that names the remedy."""


class ScienceError(ValueError):
    """A product or request that the science cannot work with."""


class ProductError(ScienceError):
    """A satellite product or land-cover file that is unreadable, incomplete or of the wrong level."""


class OutsideTerritory(ScienceError):
    """The product does not meet the territory's grid."""


class NoClearPixel(ScienceError):
    """Clouds, fill or saturation hide the whole territory in this scene."""


class YardError(ScienceError):
    """A polygon that cannot be measured: empty, invalid, or too small for the grid."""
