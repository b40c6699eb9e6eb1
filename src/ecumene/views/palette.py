"""Colours that people with any colour vision can tell apart, and what they stand for."""

from __future__ import annotations

CAUSE_COLOURS = {
    "served": "#0072b2",
    "partly": "#56b4e9",
    "no_licence": "#9b9b9b",
    "zone": "#5c5c5c",
    "no_satellite": "#f0e442",
    "gso_arc": "#e69f00",
    "no_gateway_path": "#d55e00",
    "no_beam": "#009e73",
    "no_feeder_capacity": "#cc79a7",
    "weather": "#b3cde3",
    "jammed": "#000000",
    "fault": "#7a2f00",
}
"""Colour of each cause: service blue, law grey, sky yellow to orange, ground red and rose, beams green.

The hues are those of Okabe and Ito, "Color Universal Design" (2008), made for red-green colour blindness.
"""

OCEAN = "#eef3f6"
LAND = "#dcdad4"
COAST = "#26323a"

SCALE_NAME = "viridis"
"""Colour scale of quantities: red-green colour-blind eyes keep its order, and it is never the law's grey."""
