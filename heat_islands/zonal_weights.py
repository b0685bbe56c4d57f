"""Zonal weights kept on disk: the same polygons on the same grid are clipped once in a town's life."""

from __future__ import annotations

import os
import tempfile
import zipfile
from pathlib import Path

import numpy as np
from django.conf import settings
from scipy import sparse

from heat_islands.science import zonal
from heat_islands.science.grid import Grid


def kept_weights(geometries: zonal.Geometries, grid: Grid) -> sparse.csr_matrix:
    """:func:`zonal.weights`, from disk where these polygons were measured on this grid before.

    Kept as ``DATA_DIR/zonal/<grid key>-<hash of grid and polygons>.npz``; a damaged file is made anew.
    """
    shapes = zonal.checked(geometries)
    path = settings.DATA_DIR / "zonal" / f"{grid.key}-{zonal.fingerprint(shapes, grid)[:32]}.npz"
    kept = _read(path)
    if kept is not None and kept.shape == (len(shapes), grid.height * grid.width):
        return kept
    matrix = zonal.weights(shapes, grid)
    _write(path, matrix)
    return matrix


def _read(path: Path) -> sparse.csr_matrix | None:
    try:
        # np.load leaves the file open when it finds no archive in it, so it is opened here.
        with path.open("rb") as file, np.load(file) as parts:
            return sparse.csr_matrix(
                (parts["data"], parts["indices"], parts["indptr"]), shape=tuple(parts["shape"])
            )
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None  # cut short by a full disk or a crash: as good as absent


def _write(path: Path, matrix: sparse.csr_matrix) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            np.savez(
                file,
                data=matrix.data,
                indices=matrix.indices,
                indptr=matrix.indptr,
                shape=np.asarray(matrix.shape),
            )
        Path(name).replace(path)
    finally:
        Path(name).unlink(missing_ok=True)
