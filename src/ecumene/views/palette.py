"""Colours that people with any colour vision can tell apart, and what they stand for."""

from __future__ import annotations

CAUSE_COLOURS = {
    "served": "#0072b2",
    "partly": "#56b4e9",
    "no_licence": "#808080",
    "zone": "#3c3c3c",
    "no_satellite": "#5a0c71",
    "gso_arc": "#e3a6be",
    "no_gateway_path": "#d55e00",
    "no_beam": "#e69f00",
    "no_feeder_capacity": "#fae315",
    "weather": "#13e997",
    "jammed": "#000000",
    "fault": "#822700",
}
"""Colour of each cause: service blue, law grey, sky purple and rose, beams and ground yellow to red.

The frequent ones are from Okabe and Ito, "Color Universal Design" (2008). The others were searched for the
largest smallest distance of any two, in CIELAB, as seen with normal, red-, green- and blue-blind eyes; it is
18 (tests/views/test_palette.py holds it above 15).
"""

STATUS_COLOURS = {
    "licensed": "#0072b2",
    "licensed, not sold": "#56b4e9",
    "allow_list": "#13e997",
    "granted": "#009e73",
    "pending": "#e69f00",
    "unlicensed": "#fae315",
    "not_sought": "#b0b0b0",
    "refused": "#d55e00",
    "prohibited": "#822700",
    "revoked": "#5a0c71",
    "other band": "#e3a6be",
    "deny": "#000000",
}
"""Colour of each status of a licence, and of zones; Okabe and Ito (2008) where it has one."""

OCEAN = "#dce8ef"
LAND = "#f6f4ee"
COAST = "#26323a"

SCALE_NAME = "viridis"
"""Colour scale of quantities: red-green colour-blind eyes keep its order, and it is never the law's grey."""

CHANGE_SCALE_NAME = "PuOr"
"""Colour scale of gains and losses: from orange over white to purple (ColorBrewer), safe for any colour vision."""

UNCHANGED = "#d0d0d0"
"""Cells that neither gained nor lost: a grey, so that they do not pass for empty land."""
