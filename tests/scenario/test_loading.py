"""Loading a scenario: presets, files, overrides, and what is said when something is wrong."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from pydantic import ValidationError

from ecumene import load
from ecumene.errors import ScenarioError
from ecumene.scenario import preset_names, preset_text
from ecumene.scenario.lines import line_of_key
from ecumene.scenario.loading import parse_setting


def written(folder: Path, text: str, name: str = "my.toml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("name", preset_names())
def test_every_preset_loads_under_its_own_name(name: str) -> None:
    assert load(name).name == name


def test_the_main_preset_is_what_was_filed() -> None:
    scenario = load("starlink-gen1")
    shells = scenario.constellation.shells
    assert sum(s.planes * s.sats_per_plane for s in shells) == 4408
    assert {s.phasing for s in shells} == {17}
    assert scenario.start == datetime(2026, 3, 24, 12, 0, 12, tzinfo=UTC)
    assert (scenario.slots, scenario.slot_s, scenario.resolution) == (240, 15.0, 5)
    assert (scenario.terminal.min_elevation_deg, scenario.terminal.gso_exclusion_deg) == (25.0, 18.0)
    assert (scenario.gateways.min_elevation_deg, scenario.gateways.gso_exclusion_deg) == (25.0, 18.0)
    assert (scenario.satellite.user_beams, scenario.satellite.time_shares) == (16, 8)
    assert (scenario.satellite.capacity_gbps, scenario.demand.mbps_per_subscriber) == (20.0, 3.0)
    assert scenario.isl.topology == "grid"


def test_starlink_2022_has_two_shells_and_no_lasers() -> None:
    scenario = load("starlink-2022")
    shells = [
        (s.planes, s.sats_per_plane, s.altitude_km, s.inclination_deg) for s in scenario.constellation.shells
    ]
    assert shells == [(72, 22, 550.0, 53.0), (72, 22, 540.0, 53.2)]
    assert scenario.isl.topology == "none"


def test_all_mistakes_come_at_once_with_line_value_and_cure(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        """extends = "starlink-gen1"
[terminal]
min_elevation = 25
gso_exclusion_deg = 99.0
[[gateways.site]]
name = "x"
country = "pl"
lat_deg = 150.0
lon_deg = 3
[isl]
topology = "gird"
[constellation]
shells = [{ altitude_km = 550000, inclination_deg = 53, planes = 3, per_plane = 3 }]
""",
    )
    with pytest.raises(ScenarioError) as caught:
        load(path)
    assert str(caught.value).splitlines() == [
        "my.toml: 8 problems",
        "  line 13: constellation.shells[0].altitude_km = 550000: must be at most 45000",
        "  line 13: constellation.shells[0].sats_per_plane: is missing",
        "  line 13: constellation.shells[0].per_plane: unknown key; did you mean 'sats_per_plane'?",
        "  line 4: terminal.gso_exclusion_deg = 99.0: must be at most 45",
        "  line 3: terminal.min_elevation: unknown key; did you mean 'min_elevation_deg'?",
        '  line 7: gateways.site[0].country = "pl": must be a two-letter country code in capitals, such as KE',
        "  line 8: gateways.site[0].lat_deg = 150.0: must be at most 90",
        "  line 11: isl.topology = \"gird\": must be 'grid', 'none' or 'list'; did you mean 'grid'?",
    ]


def test_subscribers_are_a_number_or_the_announced_total(tmp_path: Path) -> None:
    path = written(tmp_path, 'extends = "toy"\n[demand]\nsubscribers = "anounced"\n')
    with pytest.raises(
        ScenarioError, match=r"1 problem\n.*line 3: demand.subscribers.*whole number.*'announced'"
    ):
        load(path)
    with pytest.raises(ScenarioError, match='0 or more, or "announced"'):
        load("toy", overrides={"demand.subscribers": -1})


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("slots", True, "slots = true: must be a whole number, without quotes"),
        ("slots", "4", 'slots = "4": must be a whole number, without quotes'),
        ("slots", 4.5, "slots = 4.5: must be a whole number"),
        ("satellite.capacity_gbps", True, "= true: must be a number"),
        ("demand.diurnal", "yes", '= "yes": must be true or false'),
        ("start", 1774353612, "must be a date and time such as"),
        ("start", "2026-03-24", "must be a date and time such as"),
        ("licences.grant", "XA", 'licences.grant = "XA": must be a list in brackets'),
        ("name", 3, "must be text in quotes"),
        ("slots", 10**400, "slots = a number of more than 300 digits: must be at most 1e+06"),
        ("terminal", 3, "must be a table"),
    ],
)
def test_types_are_not_guessed(key: str, value: object, said: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        load("toy", overrides={key: value})
    assert said in str(caught.value)


def test_whole_numbers_stand_for_numbers() -> None:
    assert load("toy", overrides={"terminal.min_elevation_deg": 30}).terminal.min_elevation_deg == 30.0


def test_a_near_miss_of_a_preset_is_named() -> None:
    with pytest.raises(ScenarioError, match="did you mean 'starlink-gen1'"):
        load("starlink-gen2")
    with pytest.raises(ScenarioError, match=r"presets: blackout, .*, kuiper, oneweb"):
        load("zzz")
    with pytest.raises(ScenarioError, match="no such preset"):
        preset_text("zzz")


def test_broken_files_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match=r"not valid TOML.*line 1"):
        load(written(tmp_path, "name = = 3"))
    with pytest.raises(ScenarioError, match="is a folder"):
        load(tmp_path)
    (tmp_path / "b.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ScenarioError, match="not UTF-8"):
        load(tmp_path / "b.toml")


def test_extends_lays_a_file_over_another_and_notices_circles(tmp_path: Path) -> None:
    written(tmp_path, 'extends = "toy"\nslots = 2\n[terminal]\nmin_elevation_deg = 30.0\n', "a.toml")
    top = written(tmp_path, 'extends = "a.toml"\nslots = 3\n', "b.toml")
    scenario = load(top)
    assert (scenario.slots, scenario.terminal.min_elevation_deg, scenario.terminal.gso_exclusion_deg) == (
        3,
        30.0,
        18.0,
    )
    written(tmp_path, 'extends = "d.toml"\n', "c.toml")
    with pytest.raises(ScenarioError, match="circle"):
        load(written(tmp_path, 'extends = "c.toml"\n', "d.toml"))
    with pytest.raises(ScenarioError, match="no preset and no file"):
        load(written(tmp_path, 'extends = "nowhere.toml"\n'))
    with pytest.raises(ScenarioError, match="must be the name of a preset"):
        load(written(tmp_path, "extends = 3\n"))


def test_a_catalogue_brings_its_own_start(tmp_path: Path) -> None:
    assert load("starlink-gen1", overrides={"constellation.file": "x.json"}).start is None
    path = written(tmp_path, 'extends = "starlink-gen1"\n[constellation]\nfile = "x.json"\n')
    scenario = load(path)
    assert scenario.start is None
    assert scenario.constellation.file == str(tmp_path / "x.json")  # relative to the file it stands in
    day = datetime(2026, 1, 1, tzinfo=UTC)
    assert load("starlink-gen1", start=day, overrides={"constellation.file": "x.json"}).start == day


def test_a_start_without_zone_is_utc_and_others_are_turned_into_it(tmp_path: Path) -> None:
    path = written(tmp_path, 'extends = "toy"\nstart = 2026-03-24T12:00:12\n')
    assert load(path).start == datetime(2026, 3, 24, 12, 0, 12, tzinfo=UTC)
    path = written(tmp_path, 'extends = "toy"\nstart = 2026-03-24T14:00:12+02:00\n')
    assert load(path).start == datetime(2026, 3, 24, 12, 0, 12, tzinfo=UTC)
    with pytest.raises(ScenarioError, match="between 1973 and 2099"):
        load("toy", start=datetime(1950, 1, 1, tzinfo=UTC))


def test_overrides_reach_into_tables_and_lists() -> None:
    scenario = load(
        "starlink-gen1", overrides={"constellation.shells.1.planes": 36, "licences.grant": ["IN"]}
    )
    assert scenario.constellation.shells[1].planes == 36
    assert scenario.licences.grant == ("IN",)
    for key, said in (
        ("constellation.shells.9.planes", "there is no entry 9; the list has 5"),
        ("slots.first", "slots is a value, not a table"),
        ("constellation.shells.x", "there is no entry x"),
        ("terminal.elevation", "unknown key; did you mean 'min_elevation_deg'"),
    ):
        with pytest.raises(ScenarioError, match=said):
            load("starlink-gen1", overrides={key: 1})


def test_a_country_cannot_be_granted_and_revoked() -> None:
    with pytest.raises(ScenarioError, match="NO stand in both grant and revoke"):
        load("toy", overrides={"licences.grant": ["NO", "SE"], "licences.revoke": ["NO"]})


@pytest.mark.parametrize(
    ("setting", "expected"),
    [
        ("slots=4", ("slots", 4)),
        ("a.b = 2.5", ("a.b", 2.5)),
        ('licences.grant=["NO"]', ("licences.grant", ["NO"])),
        ("isl.topology=none", ("isl.topology", "none")),
        ("demand.diurnal=false", ("demand.diurnal", False)),
    ],
)
def test_settings_are_toml_or_plain_text(setting: str, expected: tuple[str, object]) -> None:
    assert parse_setting(setting) == expected


def test_a_setting_without_value_is_refused() -> None:
    with pytest.raises(ScenarioError, match="write key=value"):
        parse_setting("slots")


def test_scenarios_are_frozen() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        load("toy").slots = 3


def test_lines_of_nested_tables() -> None:
    lines = line_of_key('a = 1\n[b]\nc = 2\n[[d.e]]\nf = 1\n[[d.e]]\n"g h" = 2\n')
    assert lines["a",] == 1
    assert lines["b", "c"] == 3
    assert lines["d", "e", 1, "g h"] == 7


def test_pairs_all_in_short_keeps_the_rules_beside_it(tmp_path: Path) -> None:
    path = written(tmp_path, 'extends = "hypatia-kuiper-630"\nname = "mine"\npairs = "all"\n')
    for scenario in (load(path), load("hypatia-kuiper-630", overrides={"pairs": "all"})):
        assert scenario.pairs.all
        assert (scenario.pairs.range_rule, scenario.pairs.max_slant_km) == ("slant", 1_260.0)
        assert scenario.pairs.path_rule == "length"


def test_what_is_wrong_with_pairs_is_said(tmp_path: Path) -> None:
    text = 'extends = "toy"\n[pairs]\nrange_rule = "slant"\npair = [{ form = "Market", to = "Equator" }]\n'
    with pytest.raises(ScenarioError) as caught:
        load(written(tmp_path, text))
    assert "unknown key; did you mean 'from'?" in str(caught.value)
    assert "pairs.pair[0].from: is missing" in str(caught.value)
    with pytest.raises(ScenarioError, match='max_slant_km is missing; range_rule = "slant" needs it'):
        load("toy", overrides={"pairs.range_rule": "slant"})
    with pytest.raises(ScenarioError, match='pairs = "some": must be a table'):
        load("toy", overrides={"pairs": "some"})


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"altitude_km": 550.0}, "must have altitude_km or mean_motion_rev_day, one of the two"),
        ({"phasing": 1}, 'phasing must be 0 with placement = "half_step"'),
        ({"altitude_step_km": 1.0}, "altitude_step_km needs altitude_km"),
    ],
)
def test_contradictions_of_a_shell(changes: dict[str, float], message: str) -> None:
    overrides = {f"constellation.shells.0.{key}": value for key, value in changes.items()}
    with pytest.raises(ScenarioError, match=message):
        load("hypatia-starlink-550", overrides=overrides)


def test_an_epoch_is_utc() -> None:
    scenario = load("toy", overrides={"constellation.epoch": datetime(2026, 3, 1)})  # noqa: DTZ001 - as in TOML
    assert scenario.constellation.epoch == datetime(2026, 3, 1, tzinfo=UTC)
    with pytest.raises(ScenarioError, match="must lie between 1973 and 2099"):
        load("toy", overrides={"constellation.epoch": datetime(1900, 1, 1, tzinfo=UTC)})
