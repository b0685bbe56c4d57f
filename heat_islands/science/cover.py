"""Land-cover fractions: their names, their order and the arithmetic on them.

A cover is an array ``(6, H, W)`` of float32 fractions on the canonical grid, in the order of
:data:`CLASSES`; fractions sum to 1 where the cover is known and are NaN where it is not.
"""

from __future__ import annotations

CLASSES: tuple[str, ...] = ("sealed", "roof", "grass", "tree", "soil", "water")
