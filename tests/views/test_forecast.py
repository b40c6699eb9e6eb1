"""What a run will cost, as a person reads it."""

from __future__ import annotations

from ecumene.views.forecast import forecast_text, outlook_text

FORECAST = {
    "scenario": "toy",
    "start_utc": "2026-03-24T12:00:12Z",
    "slots": 1,
    "slot_s": 15.0,
    "seed": 3,
    "satellites": 4408,
    "periods": ["550 km: 95.65 min", "540 km: 95.45 min"],
    "isls": 12,
    "cells": 513_104,
    "people": 8.1e9,
    "gateways": 1,
    "busy_hour_demand_gbps": 30_000.0,
    "memory_gb_estimated": 0.8,
    "time_s_estimated": 78,
    "notes": [],
}


def test_one_line():
    assert outlook_text("toy", FORECAST) == (
        "toy: 4,408 satellites, 513,104 cells, 1 gateway, 1 slot of 15 s; seed 3"
    )


def test_two_columns():
    lines = forecast_text(FORECAST).splitlines()
    told = dict(line.split("  ", 1) for line in lines if not line.startswith(" "))
    told = {label.strip(): text.strip() for label, text in told.items()}
    assert told == {
        "scenario": "toy",
        "start": "2026-03-24 12:00:12 UTC",
        "slots": "1",
        "slot": "15 s",
        "seed": "3",
        "satellites": "4,408",
        "periods": "550 km: 95.65 min",
        "ISLs": "12",
        "cells": "513,104",
        "people": "8.1 billion",
        "gateways": "1",
        "busy hour demand": "30,000 Gbit/s",
        "memory estimated": "0.80 GB",
        "time estimated": "1 min 18 s",
        "to know": "none",
    }
    assert (
        len(
            {line.index(line.split("  ")[-1].strip()) for line in lines if line.startswith(("slots", "seed"))}
        )
        == 1
    )
    assert sum(line.strip() == "540 km: 95.45 min" for line in lines) == 1
