"""All mutants."""

from . import encoders, layers, learning, memory, recurrent, rules, simulation

MUTANTS = [
    mutant for room in (rules, layers, recurrent, encoders, memory, learning, simulation) for mutant in room.MUTANTS
]
