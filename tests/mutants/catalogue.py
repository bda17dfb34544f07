"""All mutants."""

from . import controls, credit, encoders, layers, learning, memory, predictive, recurrent, rules, simulation, teams

ROOMS = (rules, predictive, layers, recurrent, encoders, memory, credit, learning, controls, simulation, teams)

MUTANTS = [mutant for room in ROOMS for mutant in room.MUTANTS]
