"""Probing a run as its newest checkpoint left it."""

import warnings
from pathlib import Path

from streamsim.contracts import DataError, State
from streamsim.evaluation import ProbeProtocol, Row
from streamsim.instruments import ProbeSchedule
from streamsim.simulation import Pathway, Simulation

from .revival import revive


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
    remembered = found.state["instruments"] if found else {}
    rows: list[Row] = []
    for pathway in simulation.pathways:
        try:
            rows += probe_pathway(simulation, pathway, protocol, remembered)
        except DataError as error:
            if len(simulation.pathways) == 1:
                raise
            warnings.warn(f"no probes of {pathway.name}: {error}", stacklevel=2)
    return rows


def probe_pathway(simulation: Simulation, pathway: Pathway, protocol: ProbeProtocol, remembered: State) -> list[Row]:
    """Return the probes of one pathway; *remembered* is what instruments remember of it, by name."""
    kind = "ProbeSchedule" if len(simulation.pathways) == 1 else f"ProbeSchedule.{pathway.name}"
    schedule = ProbeSchedule(protocol=protocol, pathway=pathway.name)
    schedule.restore(remembered.get(kind, {}))
    return schedule.probe(simulation)
