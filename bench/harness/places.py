"""Where things are."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "build/release"
"""Pages, peers' environments: made once, may be deleted."""
MADE = ROOT / "build/bench"
