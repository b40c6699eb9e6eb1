"""Which sparse density d0 makes the spread of Starlink's subscribers plausible?

Known national figures: above 2 million of 6 million in the United States (2025-07), 65,564 of 4 million in
Nigeria (2024 Q3). Each d0 spreads the announced total of the day over the rows offered then; printed is what
these two countries get, and how the total divides between urban, rural and isolated rows.
"""  # noqa: D400  a question ends with its own mark

from __future__ import annotations

from datetime import date

import numpy as np

from ecumene.earth.cells import load_rows
from ecumene.earth.countries import countries
from ecumene.licences.law import resolve
from ecumene.licences.register import read_register
from ecumene.traffic.demand import announced_subscribers, subscribers_of_row

TRIALS = (1.0, 3.0, 10.0, 30.0, 100.0, 300.0, 1000.0, np.inf)
IN_US, IN_NIGERIA = (date(2025, 7, 31), 2_000_000), (date(2024, 9, 30), 65_564)


def main() -> None:
    """Print the trials, then the answer."""
    rows, table = load_rows(5), countries()
    records = read_register("starlink", table.code).records
    us, nigeria = rows.country == table.index_of("US"), rows.country == table.index_of("NG")
    most_us, least_nigeria = 0.0, np.inf
    print("d0 /km2   US 2025-07   NG 2024-09   urban  rural  isolated   most in a row")
    for d0 in TRIALS:
        spread = {}
        for day, _ in (IN_US, IN_NIGERIA):
            law = resolve(records, day, table.code, default_status="not_sought")
            is_offered, total = law.is_offered[rows.country], announced_subscribers(day)
            spread[day] = subscribers_of_row(
                rows.people, rows.area_km2, is_offered, total, sparse_density_per_km2=d0
            ).subscribers_of_row
        late, early = spread[IN_US[0]], spread[IN_NIGERIA[0]]
        in_us, in_nigeria = late[us].sum(), early[nigeria].sum()
        classes = np.bincount(rows.settlement, weights=late, minlength=3) / late.sum()
        shares = "  ".join(f"{share:5.1%}" for share in classes)
        print(f"{d0:7g} {in_us:12,.0f} {in_nigeria:12,.0f}   {shares} {late.max():14,.0f}")
        most_us, least_nigeria = max(most_us, in_us), min(least_nigeria, in_nigeria)
    print(
        f"Answer: none does. The US get at most {most_us:,.0f} (known: above {IN_US[1]:,}), Nigeria at"
        f" least {least_nigeria:,.0f} (known: {IN_NIGERIA[1]:,}); wealth decides, not density alone. 30 is"
        " a choice between town and desert; known national totals belong into demand.by_country."
    )


if __name__ == "__main__":
    main()
