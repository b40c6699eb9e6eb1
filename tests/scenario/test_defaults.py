"""A fact that stands in the schema and in a room is the same in both, and the schema allows what the room allows."""

from __future__ import annotations

import pytest

from ecumene.network import isl, latency, queueing, sites
from ecumene.orbits import frames, shells
from ecumene.scenario import schema


@pytest.mark.parametrize(
    ("default", "fact"),
    [
        (schema.LatencyKeys().fibre_factor, latency.FIBRE_FACTOR),
        (schema.LatencyKeys().fibre_index, latency.FIBRE_INDEX),
        (schema.LatencyKeys().queue_cap_ms, 1e3 * queueing.QUEUE_CAP_S),
        (schema.IslKeys().grazing_altitude_km, isl.GRAZING_ALTITUDE_M / 1e3),
        (schema.IslKeys().acquisition_s, isl.ACQUISITION_S),
        (schema.GatewayKeys(min_elevation_deg=25.0, gso_exclusion_deg=18.0).antennas, sites.DEFAULT_ANTENNAS),
    ],
)
def test_defaults_agree(default: float, fact: float) -> None:
    assert default == fact


@pytest.mark.parametrize(
    ("keys", "name", "limits"),
    [
        (schema.ShellKeys, "altitude_km", shells.ALTITUDE_KM),
        (schema.ShellKeys, "mean_motion_rev_day", shells.MEAN_MOTION_REV_DAY),
        (schema.EarthKeys, "ut1_minus_utc_s", (-frames.UT1_UTC_LIMIT_S, frames.UT1_UTC_LIMIT_S)),
        (schema.EarthKeys, "polar_x_arcsec", (-frames.POLAR_LIMIT_ARCSEC, frames.POLAR_LIMIT_ARCSEC)),
        (schema.EarthKeys, "polar_y_arcsec", (-frames.POLAR_LIMIT_ARCSEC, frames.POLAR_LIMIT_ARCSEC)),
    ],
)
def test_limits_agree(keys: type[schema.Section], name: str, limits: tuple[float, float]) -> None:
    found = {type(limit).__name__: limit for limit in keys.model_fields[name].metadata}
    assert (found["Ge"].ge, found["Le"].le) == limits
