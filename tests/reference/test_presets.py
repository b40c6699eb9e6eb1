"""What the presets fly and radiate, against numbers from elsewhere.

Shells: FCC 21-48 (Starlink Gen1, 2021), FCC 20-102 (Kuiper, 2020), the operator's pages (OneWeb as flown), as the
project's radio survey (section 1) lists them; exact. Beams: 20.2 Gbit/s and 16 beams of V1 (SatMagazine 2021-11); about
450 Mbit/s a beam of OneWeb (tolerance: 10 Mbit/s). Soft values are held to the survey's so that they do not drift.
"""

import math

import pytest

from ecumene import load
from ecumene.radio.envelope import efficiency_of_cn

STARLINK = [
    (550, 53.0, 72, 22),
    (540, 53.2, 72, 22),
    (570, 70.0, 36, 20),
    (560, 97.6, 6, 58),
    (560, 97.6, 4, 43),
]
KUIPER = [(630, 51.9, 34, 34), (610, 42.0, 36, 36), (590, 33.0, 28, 28)]


def shells(scenario):
    return [
        (s.altitude_km, s.inclination_deg, s.planes, s.sats_per_plane) for s in scenario.constellation.shells
    ]


def zenith_db(scenario):
    """C/N straight up: W + G + 10 log10(lambda^2 / 4 pi) + 228.599 - 10 log10 T - 60."""
    terminal, downlink = scenario.terminal, scenario.downlink
    wavelength_m = 0.299792458 / downlink.frequency_ghz
    aperture_db = terminal.gain_dbi + 10.0 * math.log10(wavelength_m**2 / (4.0 * math.pi))
    return downlink.pfd_dbw_m2_mhz + aperture_db + 228.599 - 10.0 * math.log10(terminal.temperature_k) - 60.0


@pytest.mark.parametrize(
    ("name", "filed", "masks_deg", "total"),
    [
        ("starlink-gen1", STARLINK, (25.0, 25.0), 4_408),
        ("starlink-2022", STARLINK[:2], (25.0, 25.0), 3_168),
        ("kuiper", KUIPER, (35.0, 20.0), 3_236),
        ("oneweb", [(1175, 87.9, 12, 49)], (55.0, 10.0), 588),
    ],
)
def test_shells_and_masks(name, filed, masks_deg, total):
    scenario = load(name)
    assert shells(scenario) == filed
    assert sum(planes * per_plane for *_, planes, per_plane in shells(scenario)) == total
    assert (scenario.terminal.min_elevation_deg, scenario.gateways.min_elevation_deg) == masks_deg


def test_oneweb_as_flown():
    """Planes 15.225 deg and 4 km apart, 1,175 to 1,219 km, a seam of 12.525 deg."""
    (shell,) = load("oneweb").constellation.shells
    assert 180.0 - 11 * shell.node_step_deg == pytest.approx(12.525)
    assert shell.altitude_km + 11 * shell.altitude_step_km == 1_219.0


@pytest.mark.parametrize("name", ["starlink-gen1", "starlink-2022", "ukraine-2022", "tonga-2022"])
def test_starlink_radio_and_capacity(name):
    scenario = load(name)
    assert zenith_db(scenario) == pytest.approx(13.0, abs=0.01)
    satellite, downlink = scenario.satellite, scenario.downlink
    assert (satellite.user_beams, satellite.time_shares, satellite.capacity_gbps) == (16, 8, 20.0)
    assert (downlink.channels, downlink.channel_mhz, downlink.nco) == (8, 240.0, 1)
    assert (scenario.terminal.gso_exclusion_deg, scenario.gateways.gso_exclusion_deg) == (18.0, 18.0)
    assert scenario.latency.processing_ms == 28.0


def test_oneweb_carries_450_mbps_a_beam():
    """5.6 dB straight up: 8PSK 3/5 (5.50 dB, 1.779991 bit/s/Hz) on 250 MHz; 16 such beams are its 7.2 Gbit/s."""
    scenario = load("oneweb")
    assert zenith_db(scenario) == pytest.approx(5.60, abs=0.01)
    carried_mbps = scenario.downlink.channel_mhz * float(efficiency_of_cn(zenith_db(scenario)))
    assert carried_mbps == pytest.approx(450.0, abs=10.0)
    assert (scenario.downlink.channel_mhz, scenario.satellite.capacity_gbps) == (250.0, 7.2)
    assert scenario.isl.topology == "none"


def test_kuiper_has_about_the_carrier_to_noise_of_starlink():
    assert zenith_db(load("kuiper")) == pytest.approx(13.0, abs=0.3)
