"""Mutants of processes that share streams."""

from .mutant import Mutant

TEAM = ("tests/streamsim/simulation/test_team.py",)
FILE = "streamsim/simulation/team.py"
CONTRACT = "streamsim/contracts/team.py"
LEARNING = "tests/agents/learning/test_team.py"

MUTANTS = [
    Mutant("team: streams come in another order", FILE, "torch.cat(those)", "torch.cat(those[::-1])", TEAM),
    Mutant(
        "team: what is gathered loses its order in memory",
        FILE,
        "(0, *(1 + place for place in in_memory(part[0])))",
        "tuple(range(part.dim()))",
        TEAM,
    ),
    Mutant("team: the shortest steps first", FILE, "-steps[axis]", "steps[axis]", TEAM),
    Mutant("team: means, not sums", FILE, "dist.all_reduce(flat)", "dist.all_reduce(flat.div_(self.size))", TEAM),
    Mutant(
        "team: the smallest number", FILE, "dist.all_reduce(found, dist.ReduceOp.MAX)", "dist.all_reduce(found)", TEAM
    ),
    Mutant("team: the last one tells", FILE, "dist.broadcast(found, 0)", "dist.broadcast(found, self.size - 1)", TEAM),
    Mutant(
        "team: nobody misses a lost process", FILE, "except RuntimeError as error:", "except ValueError as error:", TEAM
    ),
    Mutant(
        "team: all see the first streams",
        CONTRACT,
        "slice(self.rank * each, (self.rank + 1) * each)",
        "slice(each)",
        TEAM,
    ),
    Mutant("team: own streams are rows", CONTRACT, "x.narrow(axis, ", "x.narrow(0, ", TEAM),
    Mutant(
        "pathway: a member is shown all frames where these are shuffled",
        "streamsim/simulation/pathway.py",
        "scene.frame if self._glances else self.team.own(scene.frame)",
        "scene.frame",
        (f"{LEARNING}::test_whatever_is_kept_of_streams_is_kept_of_them_all",),
    ),
    Mutant(
        "simulation: a member goes on with what all keep",
        "streamsim/simulation/simulation.py",
        'p.agent.share(state[p.name]["agent"])',
        'state[p.name]["agent"]',
        (f"{LEARNING}::test_a_team_goes_on_from_where_one_process_stood_and_the_other_way_round",),
    ),
    Mutant(
        "learner: traces of others are not put together",
        "agents/encoders/perception.py",
        'OWN = ("carried", "traces")',
        'OWN = ("carried",)',
        (f"{LEARNING}::test_a_team_goes_on_from_where_one_process_stood_and_the_other_way_round",),
    ),
]
