"""Probing a run as its newest checkpoint left it."""

import warnings
from pathlib import Path

from streamsim.contracts import DataError, State
from streamsim.evaluation import ProbeProtocol, Row
from streamsim.instruments import ProbeSchedule
from streamsim.simulation import Pathway, Simulation

from .revival import fitting, revive


def probe_run(folder: Path) -> list[Row]:
    """Return the probes of a run as its newest checkpoint left it; nothing is written.

    Raises:
        RunFolderError: *folder* holds no run.
        DataError: its only world has no labels; of several, those without are passed over with a warning.
    """
    configuration, simulation, found, damaged = revive(folder)
    for sentence in damaged:
        warnings.warn(sentence, stacklevel=2)
    protocol = configuration.experiment.probes or ProbeProtocol()
    with fitting(folder, found.tick):
        schedules = [schedule(simulation, p, protocol, found.state["instruments"]) for p in simulation.pathways]
    rows: list[Row] = []
    for pathway, probes in zip(simulation.pathways, schedules, strict=True):
        try:
            rows += probes.probe(simulation)
        except DataError as error:
            if len(simulation.pathways) == 1:
                raise
            warnings.warn(f"no probes of {pathway.name}: {error}", stacklevel=2)
    return rows


def schedule(simulation: Simulation, pathway: Pathway, protocol: ProbeProtocol, remembered: State) -> ProbeSchedule:
    """Return what probes one pathway; *remembered* is what instruments remember of it, by name."""
    kind = "ProbeSchedule" if len(simulation.pathways) == 1 else f"ProbeSchedule.{pathway.name}"
    probes = ProbeSchedule(protocol=protocol, pathway=pathway.name)
    probes.restore(remembered.get(kind, {}))
    return probes
