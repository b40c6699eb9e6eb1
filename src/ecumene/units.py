"""The few conversions between what people write and what the kernels compute with."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


def to_db(ratio: ArrayLike) -> NDArray[np.float64]:
    """Return a power ratio in decibels.

    Parameters
    ----------
    ratio : any shape
        Power ratio, linear, positive.

    Returns
    -------
    ratio_db : same shape
        10 log10 of the ratio. [dB]
    """
    return 10.0 * np.log10(np.asarray(ratio, dtype=np.float64))


def from_db(ratio_db: ArrayLike) -> NDArray[np.float64]:
    """Return a power ratio from decibels.

    Parameters
    ----------
    ratio_db : any shape
        Power ratio. [dB]

    Returns
    -------
    ratio : same shape
        Linear power ratio.
    """
    return np.asarray(10.0 ** (np.asarray(ratio_db, dtype=np.float64) / 10.0))
