"""All mutants."""

from . import encoders, layers, learning, memory, recurrent, rules

MUTANTS = [mutant for room in (rules, layers, recurrent, encoders, memory, learning) for mutant in room.MUTANTS]
