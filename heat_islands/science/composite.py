"""The composite: LST[scene, cell] = scene + cell, fitted so that weather and clouds do not pass for heat.

Two steps. :func:`fit_scenes` finds each scene's term and noise once, from a coarse sample of cells over the whole
territory. :func:`fit_cells` then takes any block of cells with those terms: a pure function of the block, so that
a pool of processes or a cluster can run it. Choices and figures: heat_islands/decisions/0002-composite.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from heat_islands.science.encoding import LARGEST, SCENE_BANDS, Int16Array
from heat_islands.science.errors import NoClearPixel
from heat_islands.science.median import SHIFT, count_known, less, sort_rows
from heat_islands.science.temperature import local_variance, scene_wide_error

FloatArray = NDArray[np.float32]
Float64Array = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

#: Below this share of clear reference cells, a scene's anomaly hangs on what the clouds left open
#: [science.md §2].
LEAST_CLEAR_SHARE = 0.6
#: Fewer clear scenes than this in a cell is no data [science.md §2].
MIN_SCENES = 5
#: Tukey's biweight keeps 95 % of least squares' efficiency on clean normal data at 4.685 σ [Holland &
#: Welsch 1977,
#: Communications in Statistics A6:813–827] and gives a missed cloud, usually 5–15 σ cold, no weight at all.
TUKEY_C = 4.685
#: What the biweight leaves of a normal variance: E[ρr²]/E[ρ] with ρ = (1 − r²/c²)², from the normal's
#: moments 1, 3, 15.
TUKEY_VARIANCE = (1 - 6 / TUKEY_C**2 + 15 / TUKEY_C**4) / (1 - 2 / TUKEY_C**2 + 3 / TUKEY_C**4)
MAD_TO_SIGMA = 1.4826  # of a normal distribution
#: No scene is believed to be more than twice as sharp as the median scene: with few scenes the fit could
#: otherwise
#: collapse onto one of them, whose residuals then vanish.
SHARPEST = 0.5
#: Scenes from which each one's own noise can be told apart; of two, only the sum of their variances shows.
SCENES_TO_TELL_NOISE = 4
SMALLEST_SIGMA_K = 0.1  # NEdT .05 K, int16 centi-kelvin and resampling: nothing is sharper
#: Weight of the pooled day-to-day variance in a cell's own, in days: a cell seen five times says little of
#: its spread.
PRIOR_DAYS = 5.0
#: Beyond this a scene is not of this town; it also keeps the biweight's reach well below a missing value's
#: 120 K.
LARGEST_SIGMA_K = 20.0
SORTED_AT_ONCE = 16384  # cells × 41 rows × int16 = 1.3 MB, and
FITTED_AT_ONCE = (
    4096  # cells × 40 scenes × 2 float32 arrays = 1.3 MB: both stay near the processor's cache
)
SCENE_STEPS = 40  # of fit_scenes, which usually needs about ten
CONVERGED_K = 1e-3  # a tenth of what is stored
LST = SCENE_BANDS[0]
ST_QA = SCENE_BANDS[1]


@dataclass(frozen=True)
class SceneFit:
    """What the whole territory tells of each scene; arrays are (scenes,).

    `term_c`: the scene's temperature, °C, in the mean sampled cell. `sigma_k`: how far a clear cell of that scene
    strays from its own mean (weather that differs within the territory, retrieval noise); NaN for a lone scene.
    `floor_k`: the part of ST_QA that the whole scene shares (NaN without ST_QA). `kappa`: how much of ST_QA's
    variance above that floor the residuals confirm, 0–1.
    `day_sigma_k`: how far a clear cell strays from its mean on any day, long tails included (fields harvested,
    watered or dry), which the robust `sigma_k` leaves out.
    """

    term_c: Float64Array
    sigma_k: Float64Array
    floor_k: Float64Array
    kappa: float
    day_sigma_k: float


class CellFit(NamedTuple):
    """Cells of a block, each array (cells,); NaN where no scene counts.

    `cell_k` is the cell's term, K relative to the mean sampled cell; `n` the clear scenes that count (a missed
    cloud found out does not); `se_k` the standard error of `cell_k`; `sigma_k` the predictive σ of one more day.
    """

    cell_k: FloatArray
    n: Int16Array
    se_k: FloatArray
    sigma_k: FloatArray

    def part(self, cells: slice) -> CellFit:
        """The same arrays over some of the cells; what is written into it is written into these."""
        return CellFit(self.cell_k[cells], self.n[cells], self.se_k[cells], self.sigma_k[cells])


def fit_scenes(lst_c: FloatArray, st_qa_k: FloatArray | None = None) -> SceneFit:
    """Scene terms and noise from a sample of cells over the territory.

    `lst_c` and `st_qa_k` are (scenes, cells), °C and K, NaN where not clear. Each round solves the scene terms
    exactly (the cells eliminated), then weighs every value by Tukey's biweight and by its scene's noise anew.
    Raises :class:`NoClearPixel` where a scene shares no clear cell with the others: no common scale.
    """
    scenes = len(lst_c)
    seen = np.isfinite(lst_c)
    if not seen.any(axis=1).all():
        raise NoClearPixel(
            "A scene has no clear cell on the territory: it cannot enter a composite."
        )
    floor = np.full(scenes, np.nan)
    if st_qa_k is not None:
        floor = np.array(
            [scene_wide_error(qa[here]) for qa, here in zip(st_qa_k, seen, strict=True)]
        )
    if scenes == 1:
        mean = np.array([round(float(np.mean(lst_c[0][seen[0]], dtype=np.float64)), 2)])
        return SceneFit(mean, np.array([np.nan]), floor, kappa=0.0, day_sigma_k=np.nan)
    usable = seen.sum(axis=0) >= 2  # a cell seen once tells nothing of the scenes
    y, known = lst_c[:, usable].astype(np.float64), seen[:, usable]
    _require_common_cells(known)
    local = np.zeros_like(y) if st_qa_k is None else _local_part(st_qa_k[:, usable], floor, known)
    y[~known] = 0.0  # never used: its weight is 0
    term, cell = _start(y, known)
    variance, kappa = np.ones(scenes), 1.0
    leverage = known / known.sum(axis=0)
    for _ in range(SCENE_STEPS):
        residual = y - term[:, np.newaxis] - cell
        corrected = residual / np.sqrt(np.maximum(1.0 - leverage, 1e-3))
        variance, kappa = _noise(corrected, local, known, kappa)
        weight = known / (variance[:, np.newaxis] + kappa * local)
        weight *= _biweight(residual, weight)
        before, (term, cell) = term, _solve(y, weight)
        total = weight.sum(axis=0)
        leverage = weight / np.where(total > 0, total, 1.0)
        if np.abs(term - before).max() < CONVERGED_K:
            break
    # Terms in whole stored steps: the blocks' int16 arithmetic is then exact.
    day = np.sqrt(np.mean(np.square(corrected[weight > 0])))
    return SceneFit(
        np.round(term / LST.scale) * LST.scale, np.sqrt(variance), floor, kappa, float(day)
    )


def fit_cells(lst: Int16Array, st_qa: Int16Array | None, fit: SceneFit) -> CellFit:
    """The cell terms of a block; `lst` and `st_qa` are (scenes, cells) as stored. A pure function."""
    cells = lst.shape[1]
    result = CellFit(
        cell_k=np.empty(cells, np.float32),
        n=np.empty(cells, np.int16),
        se_k=np.empty(cells, np.float32),
        sigma_k=np.empty(cells, np.float32),
    )
    tables = None if st_qa is None or fit.kappa == 0 else _precision_tables(fit)
    for first in range(0, cells, SORTED_AT_ONCE):
        chunk = slice(first, min(first + SORTED_AT_ONCE, cells))
        qa = None if st_qa is None else st_qa[:, chunk]
        _fit_chunk(lst[:, chunk], qa, tables, fit, result.part(chunk))
    return result


def _fit_chunk(
    lst: Int16Array,
    st_qa: Int16Array | None,
    tables: FloatArray | None,
    fit: SceneFit,
    out: CellFit,
) -> None:
    term = np.rint(fit.term_c / LST.scale).astype(np.int16)
    known = count_known(lst)
    rows = less(lst, term)
    # Sorting overwrites, and the biweight needs to know which value is which scene's.
    start = sort_rows(rows.copy()).median_of_first(known)
    start += np.float32(SHIFT)
    start *= np.float32(LST.scale)
    if len(fit.term_c) == 1:
        out.cell_k[:], out.n[:], out.se_k[:], out.sigma_k[:] = start, known, np.nan, np.nan
        return
    precision = (1.0 / np.square(fit.sigma_k)).astype(np.float32)[:, np.newaxis]
    for first in range(0, lst.shape[1], FITTED_AT_ONCE):
        part = slice(first, first + FITTED_AT_ONCE)
        residual = np.multiply(rows[:-1, part], np.float32(LST.scale), dtype=np.float32)
        residual -= start[part] - np.float32(SHIFT * LST.scale)
        if st_qa is not None and tables is not None:
            precision = _precision(st_qa[:, part], tables)
        _one_step(start[part], residual, precision, fit, out.part(part))


def _one_step(
    start: FloatArray, residual: FloatArray, precision: FloatArray, fit: SceneFit, out: CellFit
) -> None:
    """One weighted step from the median: as robust as its start, as efficient as more [Bickel 1975, JASA 70:428].

    A missing value stands over 120 K off (see `less`), where the biweight is 0: it needs no mask.
    """
    weight = np.square(residual)
    weight *= precision * np.float32(-1.0 / TUKEY_C**2)
    weight += np.float32(1.0)
    np.maximum(weight, np.float32(0.0), out=weight)
    np.add.reduce((weight > 0).view(np.int8), axis=0, dtype=np.int16, out=out.n)
    np.square(weight, out=weight)
    weight *= precision
    total = np.add.reduce(weight, axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        weight *= residual
        step = np.add.reduce(weight, axis=0) / total
        weight *= residual
        spread = np.add.reduce(weight, axis=0) / total - np.square(
            step
        )  # about the mean, not the median
        spread /= np.float32(TUKEY_VARIANCE)
        se2 = 1.0 / total
        days = np.maximum(out.n - 1, 0).astype(np.float32)
        own = np.where(days > 0, spread * out.n, np.float32(0.0))  # days × n/(n − 1) × spread
        day2 = (np.float32(PRIOR_DAYS * fit.day_sigma_k**2) + own) / (np.float32(PRIOR_DAYS) + days)
        out.cell_k[:], out.se_k[:], out.sigma_k[:] = start + step, np.sqrt(se2), np.sqrt(se2 + day2)
    for values in (out.cell_k, out.se_k, out.sigma_k):
        values[out.n == 0] = np.nan


def _precision_tables(fit: SceneFit) -> FloatArray:
    """1 / (σ² + κ·local ST_QA²) of every stored ST_QA: (scenes, 65536), by the number's bits as uint16.

    Nodata and scenes without ST_QA have 1 / σ². A look-up is a quarter of the arithmetic, cell by cell.
    """
    tables = np.empty((len(fit.sigma_k), 1 << 16), dtype=np.float32)
    variance = np.square(fit.sigma_k)
    tables[:] = (1.0 / variance)[:, np.newaxis]
    st_qa2 = np.square(np.arange(LARGEST + 1) * ST_QA.scale)
    for table, own, floor in zip(tables, variance, fit.floor_k, strict=True):
        if np.isfinite(floor):
            table[: LARGEST + 1] = 1.0 / (own + fit.kappa * np.maximum(st_qa2 - floor**2, 0.0))
    return tables


def _precision(st_qa: Int16Array, tables: FloatArray) -> FloatArray:
    """The precision of every value: (scenes, cells)."""
    found = np.empty(st_qa.shape, dtype=np.float32)
    for into, numbers, table in zip(found, st_qa.view(np.uint16), tables, strict=True):
        np.take(table, numbers, out=into, mode="clip")
    return found


def _biweight(residual: Float64Array, weight: Float64Array) -> Float64Array:
    return np.square(np.maximum(1.0 - np.square(residual) * weight / TUKEY_C**2, 0.0))


def _local_part(st_qa_k: FloatArray, floor_k: Float64Array, known: BoolArray) -> Float64Array:
    """The within-scene part of ST_QA², K², (scenes, cells); where unknown its scene's median, 0 without ST_QA."""
    local = np.zeros(st_qa_k.shape)
    for s, floor in enumerate(floor_k):
        if np.isfinite(floor):
            part = local_variance(st_qa_k[s], floor)
            given = np.isfinite(part)
            local[s] = np.where(given, part, np.median(part[given & known[s]]))
    return local


def _start(y: Float64Array, known: BoolArray) -> tuple[Float64Array, Float64Array]:
    """Terms and cells of two rounds of median polish: near enough, and no outlier moves them far."""
    masked = np.where(known, y, np.nan)
    cell = np.zeros(y.shape[1])
    for _ in range(2):
        term = np.nanmedian(masked - cell, axis=1)
        cell = np.nanmedian(masked - term[:, np.newaxis], axis=0)
    return term, cell


def _noise(
    residual: Float64Array, local: Float64Array, known: BoolArray, kappa: float
) -> tuple[Float64Array, float]:
    """Each scene's residual variance beside the local part of ST_QA², and κ, the share of that part confirmed."""
    rows = [row[here] for row, here in zip(residual, known, strict=True)]
    parts = [row[here] for row, here in zip(local, known, strict=True)]
    sigma = np.array([MAD_TO_SIGMA * np.median(np.abs(row)) for row in rows])
    above = below = 0.0
    for row, part, s in zip(rows, parts, sigma, strict=True):
        # A missed cloud must not pass for a confirmed ST_QA: nothing counts beyond 3 σ of what κ so far explains.
        square = np.minimum(
            np.square(row), 9.0 * (s**2 + kappa * np.maximum(part - np.median(part), 0.0))
        )
        deviation = part - part.mean()
        above += float(deviation @ square)
        below += float(deviation @ deviation)
    kappa = min(max(above / below, 0.0), 1.0) if below > 0 else 0.0
    variance = np.square(sigma) - kappa * np.array([np.median(part) for part in parts])
    if len(rows) < SCENES_TO_TELL_NOISE:
        variance = np.full(len(rows), np.median(variance))
    least = max(SHARPEST**2 * float(np.median(variance)), SMALLEST_SIGMA_K**2)
    return np.clip(variance, least, LARGEST_SIGMA_K**2), kappa


def _solve(y: Float64Array, weight: Float64Array) -> tuple[Float64Array, Float64Array]:
    """Weighted least squares of y = term + cell with the cells eliminated; the mean cell is 0."""
    total = weight.sum(axis=0)
    counts = total > 0
    y, weight, total = y[:, counts], weight[:, counts], total[counts]
    mean = (weight * y).sum(axis=0) / total
    shared = weight / np.sqrt(total)
    normal = np.diag(weight.sum(axis=1)) - shared @ shared.T
    term = np.linalg.lstsq(normal, (weight * (y - mean)).sum(axis=1), rcond=1e-10)[0]
    inner = mean - (weight * term[:, np.newaxis]).sum(axis=0) / total
    cell = np.zeros(counts.shape)
    cell[counts] = inner - inner.mean()
    return term + inner.mean(), cell


def _require_common_cells(known: BoolArray) -> None:
    shared = np.array([[bool((a & b).any()) for b in known] for a in known])
    reached = shared[0]
    while (further := shared[reached].any(axis=0)).sum() > reached.sum():
        reached = further
    if not reached.all():
        raise NoClearPixel(
            "Some scenes share no clear cell with the others and so no common scale: add scenes of clearer days."
        )
