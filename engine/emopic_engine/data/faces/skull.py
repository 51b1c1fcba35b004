"""How far the skin lies from the middle of the head, in every direction."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import ArrayLike

from .head import Floats

MIDDLE = np.array((0.0, 7.45, 0.5), np.float32)
ROWS, COLUMNS = 25, 48  # elevations from -90° to 90°, azimuths from -180° to 180°
LOWEST = -35.0  # degrees: below lies the neck, which hair does not follow


class Skull:
    """A map of radii, so that hair and hats lie on any head without touching its mesh.

    Azimuth 0 is the face, positive to the left side of the person; elevation 0 is the height of
    the upper lids. Angles are in degrees.
    """

    def __init__(self, skin: Floats) -> None:
        local = skin - MIDDLE
        radius = np.linalg.norm(local, axis=1)
        up = np.degrees(np.arcsin(local[:, 1] / radius))
        around = np.degrees(np.arctan2(local[:, 0], local[:, 2]))
        row = np.rint((up + 90) / 180 * (ROWS - 1)).astype(int)
        column = np.rint((around + 180) / 360 * COLUMNS).astype(int) % COLUMNS
        table = np.zeros((ROWS, COLUMNS), np.float32)
        above = up > LOWEST
        np.maximum.at(table, (row[above], column[above]), radius[above])
        self._table = _smoothed(_filled(table))

    def radius(self, around: ArrayLike, up: ArrayLike) -> Floats:
        """The radius in each direction."""
        column = ((np.asarray(around, np.float32) + 180) % 360) / 360 * COLUMNS + COLUMNS
        row = np.clip((np.asarray(up, np.float32) + 90) / 180, 0, 1) * (ROWS - 1)
        wide = np.concatenate([self._table] * 3, 1)
        shape = np.broadcast_shapes(column.shape, row.shape)
        x = np.broadcast_to(column, shape).reshape(-1, 1).astype(np.float32)
        y = np.broadcast_to(row, shape).reshape(-1, 1).astype(np.float32)
        found = cv2.remap(wide, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        return np.asarray(found, np.float32).reshape(shape)

    def point(self, around: ArrayLike, up: ArrayLike, lift: ArrayLike = 0.0) -> Floats:
        """Points [..., 3], `lift` decimetres over the skin."""
        reach = self.radius(around, up) + np.asarray(lift, np.float32)
        points: Floats = MIDDLE + directions(around, up) * reach[..., None]
        return points


def directions(around: ArrayLike, up: ArrayLike) -> Floats:
    """Unit vectors [..., 3] of angles in degrees."""
    a, u = np.radians(np.asarray(around, np.float32)), np.radians(np.asarray(up, np.float32))
    flat = np.cos(u)
    parts = np.broadcast_arrays(flat * np.sin(a), np.sin(u), flat * np.cos(a))
    unit: Floats = np.stack(parts, -1).astype(np.float32)
    return unit


def _filled(table: Floats) -> Floats:
    """Empty places take the mean of their neighbours, until none is left."""
    while (table == 0).any():
        known = (table > 0).astype(np.float32)
        if not known.any():
            raise ValueError("a skull needs at least one point")
        total, count = _around(table), _around(known)
        mean = total / np.maximum(count, 1e-6)
        table = np.where(known > 0, table, np.where(count > 0, mean, 0)).astype(np.float32)
    return table


def _smoothed(table: Floats) -> Floats:
    return np.maximum(table, _around(table) / 9)


def _around(table: Floats) -> Floats:
    """Sums over 3 × 3 places; the map closes around the head."""
    wide = np.concatenate([table[:, -1:], table, table[:, :1]], 1)
    summed = cv2.boxFilter(wide, -1, (3, 3), normalize=False, borderType=cv2.BORDER_REPLICATE)
    return np.asarray(summed, np.float32)[:, 1:-1]
