"""Settings that were drawn at random: shown as the numbers that they are, with means of stretches."""

import csv
import io
import itertools

import pytest

from streamsim.studies.figures import effects_csv, study_page
from streamsim.studies.figures.costs import costs
from streamsim.studies.figures.effects import effects_of
from streamsim.studies.figures.gallery import about_costs, pictures, title_of_costs

from .tables import row, table, told

pytest.importorskip("matplotlib")

RATES = [round(1e-4 * 2**n, 10) for n in range(12)]


def search(points, names, seeds=(0, 1), gain=lambda point, seed: 0.1 + 0.01 * seed):
    """The rows of a search with a cell for each of *points* and each seed, probed twice."""
    rows = []
    for point in points:
        settings = dict(zip(names, point, strict=True))
        for seed in seeds:
            cell = f"{len(rows):012x}"
            size = {"bytes_remembered": 1000 * int(settings.get("slots", 1))}
            rows.append({**row(cell, {**settings, "seed": seed}, 0.0, tick=5, frames=20), **size})
            rows.append({**row(cell, {**settings, "seed": seed}, gain(point, seed)), **size})
    return rows


def by_rate(point, seed):
    """A gain that grows with the place of a rate, and with the seed."""
    return 0.01 * RATES.index(point[0]) + 0.02 * seed


def test_means_are_those_of_stretches_of_equally_many_draws_with_errors_over_draws():
    seen = told(search([(rate,) for rate in RATES], ["rate"], gain=by_rate), ["rate", "seed"], at_random=["rate"])
    (rate,) = seen.dimensions
    assert rate.logarithmic, "they span more than two decades"
    low, middle, high = effects_of(seen, rate)
    # four draws of 0, 1, 2, 3 points, each the mean of two seeds, which adds 1
    assert low.estimate == (pytest.approx(0.025), pytest.approx((5 / 3 / 4) ** 0.5 / 100), 2, 4, 8)
    assert (low.level, middle.stretch, high.stretch.highest) == ("0.0001 to 0.0008", ("0.0016", "0.0128", 4), "0.2048")
    assert low.place == pytest.approx(1e-4 * 2**1.5)


def test_a_missing_cell_takes_its_draw_or_its_seed_away_from_the_means():
    rows = search([(rate,) for rate in RATES], ["rate"], gain=by_rate)
    lacking = [one for one in rows if (one["rate"], one["seed"]) != (RATES[0], 1)]
    seen = told(lacking, ["rate", "seed"], at_random=["rate"])
    low, *_ = effects_of(seen, seen.dimensions[0])
    assert low.stretch == ("0.0002", "0.0064", 6)
    assert low.estimate[2:] == (2, 6, 12)


def test_settings_that_were_drawn_in_step_each_have_an_effect():
    points = [(rate, 1 + n % 3, "xy"[n % 2]) for n, rate in enumerate(RATES)]
    names = ["rate", "slots", "part"]
    seen = told(search(points, names, gain=by_rate), [*names, "seed"], at_random=names, logarithmic=["rate"])
    found = {one.name: effects_of(seen, one) for one in seen.dimensions}
    assert {name: len(own) for name, own in found.items()} == {"rate": 3, "slots": 3, "part": 2}
    assert [(one.level, one.place, one.estimate.cells) for one in found["slots"]] == [
        ("1", 1.0, 8),
        ("2", 2.0, 8),
        ("3", 3.0, 8),
    ]
    assert [(one.level, one.place) for one in found["part"]] == [("x", 0.0), ("y", 1.0)]
    # of rates 0, 2, .. 10 points and 1 for the seeds
    assert found["part"][0].estimate.mean == pytest.approx(0.06)
    # each draw is a point over the bytes that it remembers, and none are joined
    known = costs(seen)
    assert (len(known.spots), known.joined, known.marks) == (12, False, None)
    assert about_costs(seen, known).startswith(
        "Gain over the calibrated network in percentage points, averaged over all "
    )
    assert "all streams together: each draw is a point. Against the frames" in about_costs(seen, known)
    assert title_of_costs(seen, known) == "Gain against bytes remembered and frames seen"


def test_draws_that_have_seeds_of_their_own_are_averaged_like_seeds():
    rows = [one for n, rate in enumerate(RATES) for one in search([(rate,)], ["rate"], (n,), lambda *_: 0.1)]
    rows = [{**one, "cell": str(one["seed"])} for one in rows]
    seen = told(rows, ["rate", "seed"], at_random=["rate", "seed"])
    low, *_ = effects_of(seen, seen.dimensions[0])
    assert low.estimate[2:] == (4, 4, 4)
    page = study_page(table(rows, ["rate", "seed"], at_random=["rate", "seed"]))
    assert "by +10.0 points (standard error 0.0 over 12 seeds)" in page


def test_seeds_that_were_drawn_for_all_are_the_seeds_of_each_draw():
    rows = search([(rate,) for rate in RATES], ["rate"], seeds=(71, 404, 9), gain=lambda p, s: by_rate(p, s / 1000))
    whole, lacking = (told(own, ["rate", "seed"], at_random=["rate", "seed"]) for own in (rows, rows[2:]))
    assert [one.estimate.seeds for one in effects_of(whole, whole.dimensions[0])] == [3, 3, 3]
    # a draw that lacks a seed is left out, for means are over the same seeds
    assert sum(one.estimate.cells for one in effects_of(lacking, lacking.dimensions[0])) == 11 * 3


def test_equal_numbers_that_were_drawn_with_seeds_of_their_own_are_several_draws():
    points = [(1 + n % 3,) for n in range(12)]
    rows = [one for n, point in enumerate(points) for one in search([point], ["slots"], seeds=(n,))]
    rows = [{**one, "cell": f"{one['seed']:012x}"} for one in rows]
    seen = told(rows, ["slots", "seed"], at_random=["slots", "seed"])
    found = effects_of(seen, seen.dimensions[0])
    assert [(one.level, one.estimate.seeds, one.stretch.draws) for one in found] == [
        ("1", 4, 4),
        ("2", 4, 4),
        ("3", 4, 4),
    ]
    # gains of seeds 0, 3, 6, 9
    assert found[0].estimate.mean == pytest.approx(0.1 + 0.01 * 4.5)
    assert found[0].estimate.error == pytest.approx(0.01 * 15**0.5 / 2)


def test_nothing_is_drawn_as_one_category_a_number():
    names = ["rate", "other", "b"]
    points = [*itertools.product(RATES, (0.1, 0.24, 0.3), "xy")]
    seen = told(search(points, names, (0,)), [*names, "seed"], at_random=["rate", "other"], logarithmic=["rate"])
    found = {one.title: one for one in pictures(seen)}
    assert [*found] == [
        *("Main effects", "rate and other", "rate and b", "other and b", "Over time, by b"),
        "Gain against frames seen",
    ]
    effects, dots = found["Main effects"], found["rate and other"]
    assert "drawn at random each grey dot is a cell" in effects.caption
    assert "a dot for each pair of values, averaged over seeds and over all other settings." in dots.caption
    for text in ("0.001", "0.01", "0.1"):
        assert f">{text}</text>" in dots.drawing.svg
    assert ">0.0128</text>" not in dots.drawing.svg + effects.drawing.svg


def test_the_small_table_has_numbers_in_the_middle_of_stretches():
    rows = search([(rate,) for rate in RATES], ["rate"], gain=by_rate)
    text = effects_csv(table(rows, ["rate", "seed"], at_random=["rate"]))
    low, *_ = csv.DictReader(io.StringIO(text))
    assert (low["value"], low["lowest"], low["highest"], low["draws"]) == ("0.0002828", "0.0001", "0.0008", "4")


def test_the_page_tells_how_many_numbers_were_drawn():
    page = study_page(table(search([(rate,) for rate in RATES], ["rate"]), ["rate", "seed"], at_random=["rate"]))
    assert "<td>12 numbers from 0.0001 to 0.2048, drawn at random</td>" in page
    assert "<b>1</b><span>setting that varies</span>" in page
    assert "<td>0.0001 to 0.0008</td>" in page
