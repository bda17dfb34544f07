"""A package with a table of a paper nobody wrote, whose rows a toy learner computes in a moment."""

import sys

TABLE = """\
title: Nobody 2000, Table 1
source: Nobody 2000, Section 4
metric: test accuracy in percent
chance: 35.0
figures: {layers: Figure 1, distances: Figure 2}
notes: [Nothing is learnt from batches.]
data:
  - {name: Patterns, reader: Reader, setting: environment.root, folder: the folder of the patterns}
base:
  environment: {toys.CountingWorld: {noise: 0.3}}
  agent: {toys.LinearLearner: {rate: 0.02}}
  probes: {probes: [LinearProbe], n_train: 30, n_test: 30, pixels: false}
  streams: 2
  ticks: 60
scales:
  short: {ticks: 20, metrics_every: 5}
  long: {ticks: 40}
  real: {environment: toys.Recorded}
parts:
  quick: {settings: {agent.rate: 0.05}}
  lasting:
    settings: {agent.momentum: 0.5}
    scales: {long: {agent.momentum: 0.6, agent.rate: 0.06}}
rows:
  slow: {label: Slow learner, group: alone, published: 40.5}
  fast: {label: Fast learner, group: together, published: 60, parts: [quick, lasting], note: It hurries.}
  own: {label: Own, parts: [lasting], settings: {agent.momentum: 0.7}, scales: {short: {streams: 3}}}
"""


def install(folder, monkeypatch, **tables):
    """Install a package of presets with *tables*, by default the one above as toy-table, for this process."""
    home = folder / "paper_package" / "tables"
    home.mkdir(parents=True)
    (home.parent / "__init__.py").write_text("")
    for name, text in (tables or {"toy-table": TABLE}).items():
        (home / f"{name}.yaml").write_text(text)
    metadata = folder / "paper-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: paper\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text("[streamsim.presets]\npaper = paper_package\n")
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.delitem(sys.modules, "paper_package", raising=False)
