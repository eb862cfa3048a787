"""Figures, medians of them over runs, and the table and JSON that they end in."""

import json
import statistics
from dataclasses import dataclass, field


@dataclass
class Measure:
    """A figure of one run; `ceiling` in the same unit, of the same run; `peers` by their names."""

    metric: str
    value: float
    unit: str
    ceiling: float | None = None
    peers: dict[str, float] = field(default_factory=dict)


def _median(values):
    found = [v for v in values if v is not None]
    return statistics.median(found) if found else None


def medians(workload, runs):
    """Rows of the result from the measures of each run. Shares and ratios are medians of those of the runs: what
    was measured together is compared."""
    rows = []
    for i, first in enumerate(runs[0]):
        of_runs = [run[i] for run in runs]
        value = _median([m.value for m in of_runs])
        row = {"workload": workload, "metric": first.metric, "value": value, "unit": first.unit}
        row["ceiling"] = _median([m.ceiling for m in of_runs])
        row["share"] = _median([m.value / m.ceiling if m.ceiling else None for m in of_runs])
        row["peers"] = {
            name: {
                "value": _median([m.peers.get(name) for m in of_runs]),
                "ratio": _median([m.value / m.peers[name] if m.peers.get(name) else None for m in of_runs]),
            }
            for name in first.peers
        }
        rows.append(row)
    return rows


def _number(value):
    if value is None:
        return ""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def table(rows):
    lines = [f"{'workload':<10} {'metric':<46} {'value':>10} {'unit':<10} {'ceiling':>10} {'share':>6}  peers"]
    for r in rows:
        share = "" if r["share"] is None else f"{r['share']:.0%}"
        peers = ", ".join(
            f"{name} {_number(p['value'])} ({p['ratio']:.2g}x)" for name, p in r["peers"].items() if p["ratio"]
        )
        line = (
            f"{r['workload']:<10} {r['metric']:<46} {_number(r['value']):>10} {r['unit']:<10} "
            f"{_number(r['ceiling']):>10} {share:>6}  {peers}"
        )
        lines.append(line.rstrip())
    return "\n".join(lines)


def write_json(rows, path):
    with open(path, "w") as f:
        json.dump(rows, f, indent=1)
        f.write("\n")
