"""How many bits a hertz carries at a given carrier-to-noise ratio: the DVB-S2 and DVB-S2X envelope.

A modem with adaptive coding and modulation (ACM) uses the fastest mode that still closes. The 67 modes of
the two standards merge to the 46 below: a mode that needs more and carries less than another is never used.
Starlink's own waveform is OFDM and not published in full; the envelope stands in for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

MODES = (
    (-2.85, 0.434841, "S2X QPSK 2/9"),
    (-2.35, 0.490243, "S2 QPSK 1/4"),
    (-2.03, 0.567805, "S2X QPSK 13/45"),
    (-1.24, 0.656448, "S2 QPSK 1/3"),
    (-0.30, 0.789412, "S2 QPSK 2/5"),
    (0.22, 0.889135, "S2X QPSK 9/20"),
    (1.00, 0.988858, "S2 QPSK 1/2"),
    (1.45, 1.088581, "S2X QPSK 11/20"),
    (2.23, 1.188304, "S2 QPSK 3/5"),
    (3.10, 1.322253, "S2 QPSK 2/3"),
    (4.03, 1.487473, "S2 QPSK 3/4"),
    (4.68, 1.587196, "S2 QPSK 4/5"),
    (4.73, 1.647211, "S2X 8APSK 5/9-L"),
    (5.13, 1.713601, "S2X 8APSK 26/45-L"),
    (5.50, 1.779991, "S2 8PSK 3/5"),
    (5.97, 1.972253, "S2X 16APSK 1/2-L"),
    (6.55, 2.104850, "S2X 16APSK 8/15-L"),
    (6.84, 2.193247, "S2X 16APSK 5/9-L"),
    (7.41, 2.370043, "S2X 16APSK 3/5-L"),
    (8.10, 2.458441, "S2X 16APSK 28/45"),
    (8.38, 2.524739, "S2X 16APSK 23/36"),
    (8.43, 2.635236, "S2X 16APSK 2/3-L"),
    (8.97, 2.637201, "S2 16APSK 2/3"),
    (9.27, 2.745734, "S2X 16APSK 25/36"),
    (9.71, 2.856231, "S2X 16APSK 13/18"),
    (10.21, 2.966728, "S2 16APSK 3/4"),
    (10.65, 3.077225, "S2X 16APSK 7/9"),
    (11.03, 3.165623, "S2 16APSK 4/5"),
    (11.10, 3.289502, "S2X 32APSK 2/3-L"),
    (11.61, 3.300184, "S2 16APSK 5/6"),
    (11.75, 3.510192, "S2X 32APSK 32/45"),
    (12.17, 3.620536, "S2X 32APSK 11/15"),
    (12.73, 3.703295, "S2 32APSK 3/4"),
    (13.05, 3.841226, "S2X 32APSK 7/9"),
    (13.64, 3.951571, "S2 32APSK 4/5"),
    (13.98, 4.206428, "S2X 64APSK 32/45-L"),
    (14.81, 4.338659, "S2X 64APSK 11/15"),
    (15.47, 4.603122, "S2X 64APSK 7/9"),
    (15.87, 4.735354, "S2X 64APSK 4/5"),
    (16.55, 4.933701, "S2X 64APSK 5/6"),
    (16.98, 5.065690, "S2X 256APSK 29/45-L"),
    (17.24, 5.241514, "S2X 256APSK 2/3-L"),
    (18.10, 5.417338, "S2X 256APSK 31/45-L"),
    (18.59, 5.593162, "S2X 256APSK 32/45"),
    (18.84, 5.768987, "S2X 256APSK 11/15-L"),
    (19.57, 5.900855, "S2X 256APSK 3/4"),
)
"""Needed Es/N0 [dB], spectral efficiency [bit/s/Hz], name of the mode; both numbers rise from step to step.

Source: ETSI EN 302 307-1 V1.4.1 table 13 ("S2") and EN 302 307-2 V1.3.1 table 20a ("S2X"): quasi-error-free
on an ideal additive-white-noise channel, frames of 64,800 bits, no pilots.
"""

_CN_DB = np.array([mode[0] for mode in MODES])
_EFFICIENCY = np.array([0.0, *(mode[1] for mode in MODES)])


def efficiency_of_cn(cn_db: ArrayLike) -> NDArray[np.float64]:
    """Return what the best mode that closes carries.

    Parameters
    ----------
    cn_db : any shape
        Carrier-to-noise ratio in the carrier's own bandwidth; -inf where there is no carrier. [dB]

    Returns
    -------
    efficiency : same shape
        0 below the first step (-2.85 dB), 5.90 above the last (19.57 dB); nan stays nan. [bit/s/Hz]

    Notes
    -----
    C/N is taken for Es/N0, which holds for a carrier whose symbol rate equals its bandwidth (no roll-off).
    A terminal's implementation loss and the system's margin belong into `cn_db`.

    References
    ----------
    ETSI EN 302 307-1 V1.4.1, EN 302 307-2 V1.3.1.

    Examples
    --------
    >>> [round(float(eta), 2) for eta in efficiency_of_cn([-3.0, 8.5, 13.0])]
    [0.0, 2.64, 3.7]
    """
    cn_db = np.asarray(cn_db, dtype=np.float64)
    efficiency = _EFFICIENCY[np.searchsorted(_CN_DB, cn_db, side="right")]
    return np.where(np.isnan(cn_db), np.nan, efficiency)
