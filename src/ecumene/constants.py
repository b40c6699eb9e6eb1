"""Constants of nature, of the Earth and of geostationary law, each with its source."""

SPEED_OF_LIGHT_M_S = 299_792_458.0
"""Speed of light in vacuum. Source: BIPM SI brochure, 9th edition (exact)."""

BOLTZMANN_J_K = 1.380649e-23
"""Boltzmann constant. Source: BIPM SI brochure, 9th edition (exact)."""

WGS84_A_M = 6_378_137.0
"""Semi-major axis of the WGS84 ellipsoid. Source: NGA.STND.0036 1.0.0 (2014), table 3.1."""

WGS84_F = 1.0 / 298.257223563
"""Flattening of the WGS84 ellipsoid. Source: NGA.STND.0036 1.0.0 (2014), table 3.1."""

MEAN_EARTH_RADIUS_M = 6_371_008.8
"""Mean radius R1 of the WGS84 ellipsoid, for great-circle distances. Source: Moritz, GRS80 (2000)."""

GSO_RADIUS_M = 42_164_000.0
"""Distance of the geostationary arc from the Earth's centre. Source: ITU-R S.1503-3, annex 1, R_geo."""
