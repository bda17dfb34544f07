"""All mutants."""

from . import controls, encoders, layers, learning, memory, recurrent, rules

ROOMS = (rules, layers, recurrent, encoders, memory, learning, controls)

MUTANTS = [mutant for room in ROOMS for mutant in room.MUTANTS]
