"""All mutants."""

from . import controls, encoders, layers, learning, memory, recurrent, rules, simulation

ROOMS = (rules, layers, recurrent, encoders, memory, learning, controls, simulation)

MUTANTS = [mutant for room in ROOMS for mutant in room.MUTANTS]
