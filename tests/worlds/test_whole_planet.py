"""The main job at full size: every inhabited cell at resolution 5, the whole filing, two slots."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb
from typer.testing import CliRunner

from ecumene.cli import app


def test_the_main_job_runs_at_full_size(tmp_path: Path) -> None:
    done = CliRunner().invoke(
        app, ["run", "starlink-gen1", "--slots", "2", "--out", str(tmp_path / "gen1"), "--json"]
    )
    assert done.exit_code == 0, done.output
    summary = json.loads(done.stdout)
    assert summary["satellites"] == {"listed": 4408, "scheduled": 4408, "by_status": {"operational": 4408}}
    assert 500_000 < summary["rows"] < 560_000
    assert 8.0e9 < summary["people"] < 8.2e9
    assert summary["isls"] == 2 * 4408
    count, served = duckdb.sql(
        f"select count(*), count(*) filter (served > 0) from '{tmp_path / 'gen1' / 'rows.parquet'}'"
    ).fetchall()[0]
    assert count == summary["rows"]
    assert served > 100_000
    page = (tmp_path / "gen1" / "report.html").read_text(encoding="utf-8")
    assert "data:image/png;base64" in page
