"""Every key of a scenario, with its unit, its range and what it means.

The string under a field is its only documentation; the reference page is made from it.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from ecumene.rings import closed_ring

Latitude = Annotated[float, Field(ge=-90.0, le=90.0)]
Longitude = Annotated[float, Field(ge=-180.0, le=360.0)]
Elevation = Annotated[float, Field(ge=0.0, lt=90.0)]
Exclusion = Annotated[float, Field(ge=0.0, le=45.0)]
CountryCode = Annotated[str, Field(pattern=r"^[A-Z]{2}$")]
FeederBand = Literal["ka", "e"]
RainRate = Annotated[float, Field(ge=0.0, le=200.0)]
RainHeight = Annotated[float, Field(ge=0.0, le=8.0)]
Status = Literal["licensed", "pending", "not_sought", "refused", "prohibited", "unlicensed"]


def in_utc(value: datetime | None) -> datetime | None:
    """Return an instant in UTC, which a time without a zone is taken for; None stays None.

    Raises
    ------
    ValueError
        It lies before 1973 or after 2099.
    """
    if value is None:
        return None
    if value.tzinfo is None:
        value = value.replace(tzinfo=UTC)
    value = value.astimezone(UTC)
    if not 1973 <= value.year <= 2099:
        raise ValueError("must lie between 1973 and 2099")
    return value


class Section(BaseModel):
    """What all parts of a scenario share: frozen, no unknown keys, no NaN, no guessing of types."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", use_attribute_docstrings=True, allow_inf_nan=False, strict=True
    )


class ShellKeys(Section):
    """One Walker shell as filed."""

    name: str = ""
    """What the shell is called in tables; made from altitude and inclination where empty."""
    altitude_km: float | None = Field(default=None, ge=160.0, le=45_000.0)
    """Mean altitude above the equatorial radius; this or the mean motion must be given. [km]"""
    mean_motion_rev_day: float | None = Field(default=None, ge=0.5, le=17.0)
    """Mean motion as in a TLE, instead of the altitude. [rev/day]"""
    inclination_deg: float = Field(ge=0.0, le=180.0)
    """Inclination. [deg]"""
    planes: int = Field(ge=1, le=2_000)
    """Number of orbital planes."""
    sats_per_plane: int = Field(ge=1, le=2_000)
    """Satellites in each plane."""
    phasing: int = 0
    """Walker phasing F; taken modulo the number of planes."""
    node_spread_deg: Literal[180, 360] = 360
    """Nodes are spread over 360 deg (Walker delta) or 180 deg (Walker star). [deg]"""
    raan_deg: float = Field(default=0.0, ge=-360.0, le=360.0)
    """Right ascension of the first plane's node (TEME, at the start). [deg]"""
    node_step_deg: float | None = Field(default=None, gt=0.0, le=360.0)
    """Step from node to node where it is not spread / planes (a seam of its own). [deg]"""
    altitude_step_km: float = Field(default=0.0, ge=-50.0, le=50.0)
    """How much higher each plane flies than the one before. [km]"""
    placement: Literal["walker", "half_step"] = "walker"
    """Planes lead each other by 360 F / (P S) deg (walker), or odd planes lead by 180 / S deg (half_step, as
    Hypatia places them)."""

    @model_validator(mode="after")
    def _has_one_height(self) -> ShellKeys:
        if (self.altitude_km is None) == (self.mean_motion_rev_day is None):
            raise ValueError("must have altitude_km or mean_motion_rev_day, one of the two")
        if self.mean_motion_rev_day is not None and self.altitude_step_km != 0.0:
            raise ValueError("altitude_step_km needs altitude_km, not mean_motion_rev_day")
        if self.placement == "half_step" and self.phasing != 0:
            raise ValueError('phasing must be 0 with placement = "half_step"')
        return self


class ConstellationKeys(Section):
    """Where the satellites come from: filed shells or a file of real elements."""

    shells: tuple[ShellKeys, ...] = ()
    """Filed shells; ignored where `file` is given."""
    file: str | None = None
    """OMM (JSON, CSV, XML, KVN) or TLE file, also gzipped; replaces the shells."""
    epoch: datetime | None = None
    """The instant the shells' angles hold for, UTC; the start where not given."""
    max_element_age_days: float = Field(default=14.0, gt=0.0, le=3_650.0)
    """Elements older than this at the start are listed as stale and not scheduled. [days]"""

    @field_validator("epoch")
    @classmethod
    def _in_utc(cls, value: datetime | None) -> datetime | None:
        return in_utc(value)


class SatelliteKeys(Section):
    """What one satellite can do."""

    model: str = ""
    """Name of the generation, for the report."""
    user_beams: int = Field(ge=1, le=4_096)
    """User beams lit at once, each one channel wide."""
    time_shares: int = Field(default=8, ge=1, le=64)
    """Time shares a beam is cut into; each may light another cell."""
    capacity_gbps: float = Field(gt=0.0, le=10_000.0)
    """Ceiling of the satellite (feeder and payload). [Gbit/s]"""
    feeders: int = Field(default=1, ge=1, le=8)
    """Gateway antennas that may follow one satellite at once."""
    feeder_bands: tuple[FeederBand, ...] = ("ka",)
    """Feeder bands of this generation; read with `gateways.link = "budget"`."""


class TerminalKeys(Section):
    """The user's dish and when it may look at a satellite."""

    min_elevation_deg: Elevation
    """Lowest geodetic elevation of a usable satellite. [deg]"""
    gso_exclusion_deg: Exclusion
    """Smallest allowed angle to the geostationary arc where no licence record says otherwise. [deg]"""
    gain_dbi: float = Field(default=33.2, ge=0.0, le=60.0)
    """Peak gain at the downlink frequency. [dBi]"""
    temperature_k: float = Field(default=250.0, ge=10.0, le=2_000.0)
    """System noise temperature, clear sky. [K]"""
    scan_exponent: float = Field(default=1.2, ge=0.0, le=4.0)
    """Scan loss is -10 n log10(cos theta); n of a flat panel."""
    sidelobe_db: float = Field(default=20.0, ge=0.0, le=60.0)
    """How far below its peak gain the dish hears a jammer on the ground; 15 to 30 are recalled (soft). [dB]"""


class DownlinkKeys(Section):
    """The user downlink, limited by power flux density as filed."""

    pfd_dbw_m2_mhz: float = Field(default=-122.0, ge=-160.0, le=-90.0)
    """Power flux density on the ground, held while the beam steers. [dBW/m2/MHz]"""
    frequency_ghz: float = Field(default=11.7, ge=1.0, le=100.0)
    """Carrier frequency. [GHz]"""
    channels: int = Field(default=8, ge=1, le=64)
    """Channels a cell may be lit with at once."""
    channel_mhz: float = Field(default=240.0, gt=0.0, le=5_000.0)
    """Occupied bandwidth of a channel. [MHz]"""
    nco: int = Field(default=1, ge=1, le=16)
    """Satellites that may light one cell on one frequency at once (Nco). One does, so more changes nothing."""
    beam_deg: float = Field(default=2.5, gt=0.0, le=20.0)
    """Width of a beam between its -3 dB points, seen from the satellite: what spills across borders. [deg]"""
    margin_db: float = Field(default=0.0, ge=0.0, le=30.0)
    """Interference and fade margin taken off C/N. [dB]"""


class UplinkKeys(Section):
    """The user uplink: read where it is jammed, for it is nowhere else what binds."""

    eirp_dbw: float = Field(default=33.2, ge=0.0, le=80.0)
    """EIRP of a terminal in one channel (FCC record of the second dish, 2023). [dBW]"""
    satellite_gt_db_k: float = Field(default=10.0, ge=-30.0, le=40.0)
    """G/T of the satellite (8 to 13 dB/K are recalled, soft). [dB/K]"""
    frequency_ghz: float = Field(default=14.25, ge=1.0, le=100.0)
    """Carrier frequency: the middle of 14.0 to 14.5 GHz. [GHz]"""
    channel_mhz: float = Field(default=60.0, gt=0.0, le=5_000.0)
    """Occupied bandwidth of a channel. [MHz]"""


class SiteKeys(Section):
    """One ground site written into the scenario."""

    name: str = Field(min_length=1)
    """Name, unique among the sites."""
    country: CountryCode
    """ISO 3166-1 alpha-2 code (XK for Kosovo)."""
    lat_deg: Latitude
    """Geodetic latitude. [deg]"""
    lon_deg: Longitude
    """Longitude. [deg]"""
    kind: Literal["gateway", "pop"] = "gateway"
    """A gateway (antennas) or a PoP (where traffic meets the internet)."""
    antennas: int | None = Field(default=None, ge=1, le=200)
    """Antennas of this gateway where they differ from `gateways.antennas`."""
    bands: tuple[FeederBand, ...] = ()
    """Feeder bands of this gateway; `gateways.bands` where empty."""
    gso_exclusion_deg: Exclusion | None = None
    """Smallest allowed angle to the geostationary arc at this gateway, before any other key. [deg]"""
    rain_mm_h: RainRate | None = None
    """Rain rate exceeded here in 0.01 % of the year (ITU-R P.837). [mm/h]"""
    rain_height_km: RainHeight | None = None
    """Mean rain height above the sea (ITU-R P.839). [km]"""


class GatewayKeys(Section):
    """Gateways and points of presence."""

    sites: str = ""
    """Bundled list (starlink, starlink-2022, oneweb, kuiper), or a CSV or GeoJSON file; empty for none."""
    site: tuple[SiteKeys, ...] = ()
    """Sites written here, beside those of the list."""
    known_by: date | None = None
    """Use sites known to be live by this date; the start where not given."""
    planned: bool = False
    """Use the sites a list calls planned as well, whatever their date."""
    at_sea: bool = False
    """Allow sites in the sea, further than 14 to 30 km from any land; otherwise they are a mistake."""
    antennas: int = Field(default=8, ge=1, le=200)
    """Antennas of a gateway; each follows one satellite."""
    antenna_gbps: float = Field(default=20.0, gt=0.0, le=1_000.0)
    """Capacity of one antenna's feeder link; with `link = "budget"`, its ceiling. [Gbit/s]"""
    site_gbps: float | None = Field(default=None, gt=0.0, le=100_000.0)
    """Ceiling of a whole site; the sum of its antennas where not given. [Gbit/s]"""
    min_elevation_deg: Elevation
    """Lowest elevation a gateway antenna works at. [deg]"""
    gso_exclusion_deg: Exclusion
    """Smallest allowed angle to the geostationary arc at the gateway. [deg]"""
    gso_exclusion_by_country: dict[CountryCode, Exclusion] = {}
    """The same for gateways in single countries; a site's own angle goes before. [deg]"""
    link: Literal["fixed", "budget"] = "fixed"
    """An antenna carries `antenna_gbps` (fixed), or what its bands, distance and weather allow (budget)."""
    bands: tuple[FeederBand, ...] = ("ka",)
    """Feeder bands of gateways whose list says nothing; read with `link = "budget"`."""
    link_margin_db: float = Field(default=0.0, ge=0.0, le=30.0)
    """Taken off C/(N+I) of every feeder link; read with `link = "budget"`. [dB]"""
    weather: Literal["clear"] | float = "clear"
    """Clear sky, or the rain exceeded at every gateway in this percentage of the year, 0.001 to 5 (ITU-R P.618-14);
    needs `link = "budget"`."""
    rain_mm_h: RainRate = 50.0
    """Rain rate exceeded in 0.01 % of the year at gateways of which none is known (soft). [mm/h]"""

    @field_validator("weather", mode="before")
    @classmethod
    def _is_weather(cls, value: object) -> object:
        is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
        if value != "clear" and not (is_number and 0.001 <= float(value) <= 5.0):  # type: ignore[arg-type]
            raise ValueError('must be "clear", or a percentage of the year from 0.001 to 5 such as 0.1')
        return float(value) if is_number else value  # type: ignore[arg-type]

    @model_validator(mode="after")
    def _weather_has_a_link(self) -> GatewayKeys:
        if self.weather != "clear" and self.link == "fixed":
            raise ValueError('weather changes nothing with link = "fixed"; write link = "budget" as well')
        return self


class IslKeys(Section):
    """Inter-satellite links."""

    topology: Literal["grid", "none", "list"] = "grid"
    """+Grid (two in plane, two across; of a catalogue, the nearest), none (bent pipe), or the list in `file`."""
    file: str | None = None
    """CSV with satellite_a,satellite_b: names, catalogue numbers or shell/plane/slot; for topology "list"."""
    capacity_gbps: float = Field(default=100.0, gt=0.0, le=10_000.0)
    """Capacity of a link in each direction. [Gbit/s]"""
    grazing_altitude_km: float = Field(default=80.0, ge=0.0, le=1_000.0)
    """Lowest altitude a laser may pass at. [km]"""
    max_range_km: float | None = Field(default=None, gt=0.0, le=100_000.0)
    """Longest link; limited by the grazing altitude alone where not given. [km]"""
    polar_cutoff_deg: float | None = Field(default=None, gt=0.0, le=90.0)
    """Links between planes are off above this latitude; never where not given. [deg]"""
    acquisition_s: float = Field(default=12.0, ge=0.0, le=3_600.0)
    """From coming within reach to carrying traffic; 12 s is the fastest reported. [s]"""
    cross_shell: bool = False
    """Lasers left over by the topology (fewer than four links) link shells, each as long as it stands."""
    lasers_since_launch: str | None = Field(default=None, pattern=r"^(19|20)\d{2}-\d{3}$")
    """First launch whose satellites have lasers, as in 2021-082; all have them where not given. Of a catalogue."""

    @model_validator(mode="after")
    def _has_list(self) -> IslKeys:
        if (self.topology == "list") != (self.file is not None):
            raise ValueError('topology "list" and file go together; give both or neither')
        return self


class NetworkKeys(Section):
    """How traffic finds its way home and how what is scarce is shared."""

    paths: Literal["many", "one"] = "many"
    """Traffic takes the quickest way home and, where that is full, goes round (many); or the quickest alone (one)."""
    fairness: Literal["max-min", "proportional"] = "max-min"
    """Max-min: no share of demand is raised at the cost of a smaller one; proportional: the sum of demand x log(share)
    is largest (Kelly). With many paths the two are the same under one landing rule; under several max-min is taken."""


class LicenceKeys(Section):
    """Where service is allowed."""

    records: str = ""
    """Bundled register (starlink, oneweb, kuiper) or a TOML file of dated records; empty for none."""
    default: Status = "not_sought"
    """Status of a country without a record at the date."""
    grant: tuple[CountryCode, ...] = ()
    """Countries that count as licensed in this run, whatever the register says."""
    revoke: tuple[CountryCode, ...] = ()
    """Countries that count as prohibited in this run, whatever the register says."""
    at_sea: bool = True
    """Whether a place at sea may be served."""
    overrides: str | None = None
    """TOML file like a register: its records replace those of the countries it names, its zones and overlays hold as
    well."""
    disputed: Literal["record", "control"] = "record"
    """Whose law holds on land that one country has on the map and another controls: that of the country of record,
    or that of the country in control, as the register's overlays have it."""

    @model_validator(mode="after")
    def _no_country_twice(self) -> LicenceKeys:
        both = sorted(set(self.grant) & set(self.revoke))
        if both:
            raise ValueError(f"{', '.join(both)} stand in both grant and revoke; keep one")
        return self


class DemandKeys(Section):
    """Who wants how much, when."""

    subscribers: int | Literal["announced"] = "announced"
    """Subscribers in all, or "announced": the operator's total at the date (docs: demand)."""
    by_country: dict[CountryCode, int] = {}
    """Subscribers of single countries; the rest of the total goes to the others."""
    mbps_per_subscriber: float = Field(default=3.0, gt=0.0, le=10_000.0)
    """Mean demand of one subscriber in the busy hour. [Mbit/s]"""
    sparse_density_per_km2: float = Field(default=30.0, gt=0.0, le=100_000.0)
    """Preference for sparse places: a person's weight is 1 / (1 + density / this). [1/km2]"""
    max_subscribers_per_person: float = Field(default=0.25, gt=0.0, le=1.0)
    """No row has more subscribers than this share of its people (one household of four)."""
    diurnal: bool = True
    """Follow the daily curve by local solar time; otherwise every hour is the busy hour."""

    @field_validator("subscribers")
    @classmethod
    def _not_negative(cls, value: int | str) -> int | str:
        if isinstance(value, int) and value < 0:
            raise ValueError('must be 0 or more, or "announced"')
        return value


class SchedulingKeys(Section):
    """Which satellite lights which cell."""

    policy: str = "optimum"
    """Rule by which satellites are given to cells: optimum, highest-elevation, longest-visible, random, or your own."""
    effort: Literal["fast", "certified", "thorough"] = "certified"
    """How long prices are sought: 8 steps (fast), 24 (certified) or 60 (thorough); all plans are proved alike."""
    fairness: float | Literal["max-min"] = 0.0
    """0 counts bits, 1 is proportional fairness, up to 4; "max-min" is 4, as near as eighths of a demand come."""
    handover_share: float = Field(default=0.03, ge=0.0, le=1.0)
    """Price of a handover, as a share of what a mean cell asks for in the slot (0.03: 450 ms of 15 s), or of
    its own demand where that is less."""
    breaking_share: float = Field(default=0.9, ge=0.0, le=1.0)
    """Price of a pair that will not stand in the next slot, likewise: it forces a handover."""
    elevation_share: float = Field(default=0.001, ge=0.0, le=1.0)
    """What a satellite in the zenith is worth above one on the horizon, as a share of what the cell asks for."""

    @field_validator("fairness")
    @classmethod
    def _in_range(cls, value: float | str) -> float | str:
        if isinstance(value, float) and not 0.0 <= value <= 4.0:
            raise ValueError('must be between 0 and 4, or "max-min"')
        return value


class LatencyKeys(Section):
    """What adds to the flight time of light."""

    fibre_factor: float = Field(default=1.4, ge=1.0, le=5.0)
    """Fibre length over great-circle distance, gateway to PoP."""
    fibre_index: float = Field(default=1.47, ge=1.0, le=2.0)
    """Refractive index of fibre."""
    processing_ms: float = Field(default=28.0, ge=0.0, le=500.0)
    """Framing, scheduling and processing, both ways together; calibrated on country medians of 2023-09. [ms]"""
    queueing: bool = True
    """Packets wait in front of lasers, antennas and sites that are nearly full (M/D/1, 1,500 bytes)."""
    queue_cap_ms: float = Field(default=5.0, ge=0.0, le=1_000.0)
    """Longest wait on a path: the queue of a full one (soft: CoDel's target). [ms]"""


class EarthKeys(Section):
    """The orientation of the Earth, where it is not taken from the bundled IERS table."""

    ut1_minus_utc_s: float | None = Field(default=None, ge=-0.9, le=0.9)
    """UT1 - UTC. [s]"""
    polar_x_arcsec: float | None = Field(default=None, ge=-1.0, le=1.0)
    """Polar motion x. [arcsec]"""
    polar_y_arcsec: float | None = Field(default=None, ge=-1.0, le=1.0)
    """Polar motion y. [arcsec]"""


class CellKeys(Section):
    """One inhabited cell of a made-up planet."""

    lat_deg: Latitude
    """Latitude inside the cell. [deg]"""
    lon_deg: Longitude
    """Longitude inside the cell. [deg]"""
    country: CountryCode
    """ISO 3166-1 alpha-2 code."""
    people: float = Field(gt=0.0, le=1e9)
    """People living there."""
    settlement: Literal["urban", "rural", "isolated"] = "rural"
    """Settlement class."""


class PlaceKeys(Section):
    """One named place to follow slot by slot."""

    name: str = Field(min_length=1)
    """Name, unique among the places."""
    lat_deg: Latitude
    """Geodetic latitude. [deg]"""
    lon_deg: Longitude
    """Longitude. [deg]"""


class PlacesKeys(Section):
    """Named places whose every slot is written down."""

    file: str | None = None
    """CSV with name,lat,lon; a bundled list where neither this nor `place` is given."""
    list: Literal["remote", "cities-100"] = "remote"
    """Which bundled list: remote and well-known places, or the 100 most populous cities of 2025."""
    place: tuple[PlaceKeys, ...] = ()
    """Places written here."""


class PairKeys(Section):
    """Two ends whose connection over the satellites is followed slot by slot."""

    model_config = ConfigDict(serialize_by_alias=True)

    from_: str = Field(alias="from", min_length=1)
    """One of the named places."""
    to: str = Field(min_length=1)
    """Another place; or `pop:NAME`, a point of presence; or `pop:any`, the one with least delay."""


class PairsKeys(Section):
    """Which places are joined in the table of pairs, and by which rules; `pairs = "all"` takes every two."""

    all: bool = False
    """Every two of the named places."""
    pair: tuple[PairKeys, ...] = ()
    """Pairs written here."""
    range_rule: Literal["elevation", "slant"] = "elevation"
    """A place may use a satellite above `terminal.min_elevation_deg` and clear of the geostationary arc
    (elevation), or one no further than `max_slant_km`, wherever it stands, even below the horizon (slant).
    The rules of this section hold for the table of pairs alone."""
    max_slant_km: float | None = Field(default=None, gt=0.0, le=50_000.0)
    """Longest ground link of the slant rule; not read by the other. [km]"""
    figure: Literal["wgs84", "pyephem"] = "wgs84"
    """What places stand on under the slant rule (under the other always WGS84): WGS84, or the ellipsoid and scale
    of PyEphem, which tools built on it (Hypatia) take over; they differ by up to 80 m of a ground link."""
    path_rule: Literal["latency", "length"] = "latency"
    """Least delay, where a gateway that follows several satellites may pass traffic on between them (latency),
    or shortest path over satellites alone, no ground relays (length)."""

    @model_validator(mode="after")
    def _has_a_slant(self) -> PairsKeys:
        if self.range_rule == "slant" and self.max_slant_km is None:
            raise ValueError('max_slant_km is missing; range_rule = "slant" needs it')
        return self


class RegionKeys(Section):
    """A part of the Earth's surface: a polygon, a circle, or the polygons of a GeoJSON file; one of the three."""

    polygon: tuple[tuple[float, float], ...] = ()
    """Corners [longitude, latitude] in order along the outline; edges are straight in longitude and latitude. [deg]"""
    lat_deg: Latitude | None = None
    """Centre of a circle. [deg]"""
    lon_deg: Longitude | None = None
    """Centre of a circle. [deg]"""
    radius_km: float | None = Field(default=None, gt=0.0, le=20_000.0)
    """Radius of the circle, along the ground. [km]"""
    file: str | None = None
    """GeoJSON file with Polygon or MultiPolygon features."""

    @model_validator(mode="after")
    def _is_one_shape(self) -> RegionKeys:
        circle = (self.lat_deg, self.lon_deg, self.radius_km)
        n_shapes = bool(self.polygon) + any(part is not None for part in circle) + (self.file is not None)
        if n_shapes != 1:
            raise ValueError("must be one of polygon, circle (lat_deg, lon_deg, radius_km) and file")
        if any(part is not None for part in circle) and None in circle:
            raise ValueError("a circle needs lat_deg, lon_deg and radius_km")
        if self.polygon:
            _, problems = closed_ring(self.polygon)
            if problems:
                raise ValueError("polygon: " + "; ".join(problems))
        return self


FaultKind = Literal[
    "satellites", "storm", "isls", "gateways", "pops", "blackout", "jamming", "licence", "controller"
]

_KEYS_OF_FAULT: dict[str, tuple[str, ...]] = {
    "satellites": ("satellites", "shell", "plane", "share"),
    "storm": ("satellites", "shell", "plane", "share", "recovery_s"),
    "isls": ("satellites", "shell", "plane", "share", "links"),
    "gateways": ("sites", "countries"),
    "pops": ("sites", "countries"),
    "blackout": ("countries",),
    "jamming": ("region", "direction", "j_over_n_db", "jammer_dbw", "attach_share"),
    "licence": ("countries", "status"),
    "controller": (),
}
_KEYS_OF_ALL = ("kind", "name", "from_", "to", "after_s", "lasts_s")


class FaultKeys(Section):
    """Something that breaks, is broken or is forbidden for a while."""

    model_config = ConfigDict(serialize_by_alias=True)

    kind: FaultKind
    """satellites: lost. storm: lost at once, each back after its own random time. isls: lasers off. gateways, pops: out
    of order. blackout: a country's terrestrial internet is cut: its gateways and PoPs go, its terminals stay.
    jamming: noise in a region. licence: granted or revoked. controller: no new plan is made; the last one stands."""
    name: str = ""
    """What it is called in tables; made from what it is where empty."""
    from_: datetime | None = Field(default=None, alias="from")
    """Beginning, UTC; or `after_s`. The run's start where neither is given."""
    to: datetime | None = None
    """End, UTC; or `lasts_s`. It stands to the end of the run where neither is given."""
    after_s: float | None = Field(default=None, ge=0.0)
    """Beginning, seconds after the run's start. [s]"""
    lasts_s: float | None = Field(default=None, gt=0.0)
    """How long it stands. [s]"""
    countries: tuple[CountryCode, ...] = ()
    """Countries: of a blackout, of gateways and PoPs, of a licence."""
    sites: tuple[str, ...] = ()
    """Names of gateways or PoPs."""
    satellites: tuple[str | int, ...] = ()
    """Names or catalogue numbers."""
    shell: int | None = Field(default=None, ge=0)
    """Shell, counted from 0."""
    plane: int | None = Field(default=None, ge=0)
    """Plane of that shell, counted from 0."""
    share: float = Field(default=1.0, gt=0.0, le=1.0)
    """Share of the satellites named (of all where none are), drawn at random from the scenario's seed."""
    links: tuple[tuple[str | int, str | int], ...] = ()
    """Pairs of satellites: the laser between the two is off, their others are not."""
    recovery_s: float = Field(default=7_200.0, gt=0.0)
    """Of a storm: every satellite comes back at a random time of so many seconds after its beginning. [s]"""
    region: RegionKeys | None = None
    """Where is jammed."""
    direction: Literal["downlink", "uplink"] = "downlink"
    """downlink: noise at the terminals of the region. uplink: noise at the satellites, in beams over the region."""
    j_over_n_db: float | None = Field(default=None, ge=-30.0, le=100.0)
    """Power of the jammer over the noise of the receiver it hits; or `jammer_dbw`. [dB]"""
    jammer_dbw: float | None = Field(default=None, ge=-60.0, le=100.0)
    """EIRP of a jammer in one channel, with an antenna on all sides; a downlink jammer stands in the centre of the
    circle, uplink jammers in every beam. [dBW]"""
    attach_share: float = Field(default=1.0, ge=0.0, le=1.0)
    """Share of the region's cells whose terminals find a satellite at all (navigation jammed), drawn from the seed."""
    status: Literal["granted", "revoked"] = "revoked"
    """What happens to the licence."""

    @field_validator("from_", "to")
    @classmethod
    def _in_utc(cls, value: datetime | None) -> datetime | None:
        return in_utc(value)

    @model_validator(mode="after")
    def _fits_its_kind(self) -> FaultKeys:
        allowed = {*_KEYS_OF_FAULT[self.kind], *_KEYS_OF_ALL}
        fields = type(self).model_fields
        odd = sorted(
            key
            for key in self.model_fields_set
            if key not in allowed
            and getattr(self, key) != fields[key].default  # a stored scenario has all keys
        )
        if odd:
            takes = ", ".join(_KEYS_OF_FAULT[self.kind]) or "nothing but its times"
            raise ValueError(f"{', '.join(odd)}: not a key of a {self.kind} fault, which takes {takes}")
        self._has_times()
        self._has_what_it_needs()
        if self.kind == "jamming":
            self._is_jamming()
        return self

    def _has_times(self) -> None:
        if self.from_ is not None and self.after_s is not None:
            raise ValueError("from and after_s say the same thing twice; keep one")
        if self.to is not None and self.lasts_s is not None:
            raise ValueError("to and lasts_s say the same thing twice; keep one")
        if self.from_ is not None and self.to is not None and self.to <= self.from_:
            raise ValueError(f"to = {self.to.isoformat()}: must be after from = {self.from_.isoformat()}")
        if self.kind == "storm" and (self.to is not None or self.lasts_s is not None):
            raise ValueError(
                "a storm ends by recovery_s, when its last satellite is back; leave out to and lasts_s"
            )

    def _has_what_it_needs(self) -> None:
        if self.kind in {"blackout", "licence"} and not self.countries:
            raise ValueError(f"a {self.kind} fault needs countries")
        if self.kind in {"gateways", "pops"} and not (self.sites or self.countries):
            raise ValueError(f"a {self.kind} fault needs sites or countries")
        is_of_all = not self.satellites and self.shell is None
        if self.kind in {"satellites", "storm"} and is_of_all and "share" not in self.model_fields_set:
            raise ValueError(
                f"a {self.kind} fault needs satellites, a shell or a share; share = 1.0 loses every one of them"
            )
        if self.links and (not is_of_all or self.plane is not None or self.share < 1.0):
            raise ValueError("links names lasers one by one; leave out satellites, shell, plane and share")
        if self.plane is not None and self.shell is None:
            raise ValueError("plane needs the shell it belongs to")
        if self.satellites and self.shell is not None:
            raise ValueError("satellites and shell are two ways to name satellites; keep one")

    def _is_jamming(self) -> None:
        if self.region is None:
            raise ValueError("a jamming fault needs a region")
        if self.j_over_n_db is not None and self.jammer_dbw is not None:
            raise ValueError("j_over_n_db and jammer_dbw say the same thing twice; keep one")
        if self.j_over_n_db is None and self.jammer_dbw is None and self.attach_share == 1.0:
            raise ValueError("a jamming fault needs j_over_n_db, jammer_dbw or an attach_share below 1")
        if self.jammer_dbw is not None and self.direction == "downlink" and self.region.radius_km is None:
            raise ValueError("jammer_dbw on the downlink needs a circle: the jammer stands in its centre")


class OutputKeys(Section):
    """What is written beside the tables."""

    arrays: tuple[
        Literal["mbps", "carried_mbps", "demand_mbps", "rtt_ms", "cause", "is_available", "sat", "gateway"],
        ...,
    ] = ()
    """Quantities kept for every row and slot, in `slots.zarr`; none where empty. `--arrays` keeps them all."""

    @field_validator("arrays")
    @classmethod
    def _are_unlike(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        twice = sorted({name for name in value if value.count(name) > 1})
        if twice:
            raise ValueError(f"{', '.join(twice)}: is named twice; name each array once")
        return value


class BlackoutKeys(Section):
    """One terrestrial blackout, written short: the same as a `[[fault]]` of that kind."""

    country: CountryCode
    """Whose gateways and PoPs go."""
    after_s: float = Field(default=0.0, ge=0.0)
    """Beginning, seconds after the run's start. [s]"""
    lasts_s: float | None = Field(default=None, gt=0.0)
    """How long it stands; to the end of the run where not given. [s]"""


class Scenario(Section):
    """Everything one run is computed from."""

    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,79}$")
    """Short name; the result folder is called so."""
    title: str = ""
    """One line for the report."""
    start: datetime | None = None
    """First slot, UTC; the median epoch of the catalogue where not given."""
    slots: int = Field(default=240, ge=1, le=1_000_000)
    """Number of slots."""
    slot_s: float = Field(default=15.0, gt=0.0, le=3_600.0)
    """Length of a slot. [s]"""
    seed: int = Field(default=1, ge=0, le=2**63 - 1)
    """Seed of every random number."""
    resolution: Literal[3, 4, 5] = 5
    """H3 resolution of the cells."""
    countries: tuple[CountryCode, ...] = ()
    """Compute the land of these countries alone; the whole planet where empty. Codes as in ISO 3166-1, and XK."""
    constellation: ConstellationKeys
    """Where the satellites come from."""
    satellite: SatelliteKeys
    """What one satellite can do."""
    terminal: TerminalKeys
    """The user's dish."""
    downlink: DownlinkKeys = DownlinkKeys()
    """The user downlink."""
    uplink: UplinkKeys = UplinkKeys()
    """The user uplink."""
    gateways: GatewayKeys
    """Gateways and PoPs."""
    isl: IslKeys = IslKeys()
    """Inter-satellite links."""
    network: NetworkKeys = NetworkKeys()
    """Ways home and shares."""
    licences: LicenceKeys = LicenceKeys()
    """Where service is allowed."""
    demand: DemandKeys = DemandKeys()
    """Who wants how much."""
    scheduling: SchedulingKeys = SchedulingKeys()
    """Which satellite lights which cell."""
    latency: LatencyKeys = LatencyKeys()
    """What adds to light."""
    earth: EarthKeys = EarthKeys()
    """Orientation of the Earth."""
    cell: tuple[CellKeys, ...] = ()
    """A made-up planet: these cells instead of the real ones."""
    places: PlacesKeys = PlacesKeys()
    """Named places."""
    pairs: PairsKeys = PairsKeys()
    """Pairs of places."""
    fault: tuple[FaultKeys, ...] = ()
    """What breaks, and when."""
    blackout: BlackoutKeys | None = None
    """A terrestrial blackout of one country."""
    output: OutputKeys = OutputKeys()
    """What is written beside the tables."""

    @field_validator("start")
    @classmethod
    def _in_utc(cls, value: datetime | None) -> datetime | None:
        return in_utc(value)

    @model_validator(mode="after")
    def _has_satellites(self) -> Scenario:
        if not self.constellation.shells and self.constellation.file is None:
            raise ValueError("constellation needs at least one [[constellation.shells]] or a file")
        if self.start is None and self.constellation.file is None:
            raise ValueError("start is missing; write for example start = 2026-03-24T12:00:12Z")
        return self
