"""The causes have one order, although the network counts them by number and the tables by name."""

from __future__ import annotations

from ecumene.network import service
from ecumene.results.schema import CAUSE_WORDS, CAUSES


def test_every_cause_has_the_number_the_network_gives_it() -> None:
    assert [getattr(service, cause.upper()) for cause in CAUSES] == list(range(len(CAUSES)))
    assert set(CAUSE_WORDS) == set(CAUSES)
