"""Means, standard errors and main effects, against numbers worked out by hand."""

import pytest

from streamsim.studies.figures import effects_csv
from streamsim.studies.figures.costs import in_units, marking, spots
from streamsim.studies.figures.curves import curves
from streamsim.studies.figures.effects import effects
from streamsim.studies.figures.final import fields, words
from streamsim.studies.figures.gallery import about_effects, about_map
from streamsim.studies.figures.outcomes import views
from streamsim.studies.figures.statistics import estimate, pooled

from .tables import GAINS, grid, row, table, told

pytest.importorskip("matplotlib")


def found(rows):
    return {
        (effect.dimension.name, effect.level): (
            round(effect.estimate.mean, 9),
            None if effect.estimate.error is None else round(effect.estimate.error, 9),
            effect.estimate.seeds,
            effect.estimate.combinations,
        )
        for effect in effects(told(rows))
    }


def test_a_standard_error_is_that_of_the_means_of_seeds():
    one = estimate([("0", 1.0), ("0", 3.0), ("1", 6.0)])
    assert one == (4.0, pytest.approx(2.0), 2, 2, 3)
    assert estimate([("0", 1.0), ("0", 2.0)]) == (1.5, None, 1, 2, 2)
    assert estimate([]) is None


def test_main_effects_are_averaged_over_the_other_settings_seed_by_seed():
    assert found(grid()) == {
        ("a", "1"): (0.16, 0.01, 2, 2),
        ("a", "2"): (0.37, 0.02, 2, 2),
        ("b", "x"): (0.22, 0.02, 2, 2),
        ("b", "y"): (0.31, 0.01, 2, 2),
    }


def test_values_are_compared_over_the_same_cells_only():
    gains = {point: gain for point, gain in GAINS.items() if point != (2, "y", 1)}
    assert found(grid(gains)) == {
        ("a", "1"): (0.12, 0.02, 2, 1),
        ("a", "2"): (0.32, 0.02, 2, 1),
        ("b", "x"): (0.12, 0.02, 2, 1),
        ("b", "y"): (0.20, 0.0, 2, 1),
    }
    # a seed that has but one cell takes none away from the others
    assert found(grid({**GAINS, (1, "x", 2): 0.9})) == found(grid())
    # nor does one that is finished in few combinations, though its number is the smallest
    assert found(grid({(1, "x", -1): 0.9, (2, "x", -1): 0.9, **GAINS}))["a", "1"] == found(grid())["a", "1"]
    # nothing to compare
    assert found(grid({(1, "x", 0): 0.1, (2, "y", 0): 0.2, (1, "y", 1): 0.1, (2, "x", 1): 0.3})) == {}


def test_one_seed_has_no_standard_error():
    one = {point: gain for point, gain in GAINS.items() if point[2] == 0}
    assert found(grid(one))["a", "2"] == (0.35, None, 1, 2)
    rows = [{name: value for name, value in own.items() if name != "seed"} for own in grid(one)]
    assert pooled(told(rows, ("a", "b")), told(rows, ("a", "b")).outcomes)[1:] == (None, 1, 4, 4)


def test_fields_of_a_heat_map():
    gains = {point: gain for point, gain in GAINS.items() if point not in {(2, "y", 1), (1, "y", 0), (1, "y", 1)}}
    seen = told(grid(gains))
    across, up = seen.dimensions
    assert fields(seen, across, up) == {
        (0, 0): (pytest.approx(0.12), pytest.approx(0.02), 2, 1, 2),
        (0, 1): (pytest.approx(0.32), pytest.approx(0.02), 2, 1, 2),
        (1, 1): (0.40, None, 1, 1, 1),
    }
    assert about_map(seen, across, up) == (
        "Gain over the calibrated network in percentage points at the last evaluation, averaged over seeds; a dash "
        "where no cell is finished; a star where fewer are than elsewhere."
    )
    (_, mean, one) = map(fields(seen, across, up).get, [(1, 0), (0, 0), (1, 1)])
    assert (words(seen, None, ""), words(seen, mean, ""), words(seen, one, "*")) == (
        "\u2013",
        "+12.0\n\xb12.0",
        "+40.0*",
    )
    assert about_effects(seen) == (
        "Gain over the calibrated network in percentage points for each value of a setting, averaged over all other "
        "settings (a: over 1 of 2 combinations and 2 of 2 seeds; b: over 1 of 2 combinations and 1 of 2 seeds)."
    )


def test_curves_are_means_over_the_same_cells_at_every_number_of_frames():
    seen = told(grid())
    low, high = curves(seen, seen.dimensions[0], "accuracy")
    assert (low.level, high.level, low.calibrated) == ("1", "2", 0.5)
    assert low.points == {20.0: (0.5, 0.0, 2, 2, 4), 80.0: (pytest.approx(0.66), pytest.approx(0.01), 2, 2, 4)}
    rows = [*grid(), row("0" * 12, {"a": 1, "b": "x", "seed": 0}, 0.3, tick=40, frames=160)]
    seen = told(rows)
    assert [list(one.points) for one in curves(seen, seen.dimensions[0], "accuracy")] == [[20.0, 80.0]] * 2


def test_a_study_in_which_nothing_but_the_seed_varies_has_one_curve():
    seen = told([row(f"{seed}", {"seed": seed}, 0.1 * seed) for seed in (1, 3)], ("seed",))
    ((level, points, _),) = curves(seen, None, "gain")
    assert level == ""
    assert points == {80.0: (pytest.approx(0.2), pytest.approx(0.1), 2, 1, 2)}


def test_points_of_equal_bytes_are_averaged_over_what_does_not_change_them():
    seen = told(grid())
    marks = marking(seen)
    assert marks.name == "b"
    assert [(one.level, one.size, round(one.estimate.mean, 9)) for one in spots(seen, marks)] == [
        ("x", 1000.0, 0.12),
        ("y", 1000.0, 0.20),
        ("x", 2000.0, 0.32),
        ("y", 2000.0, 0.42),
    ]
    assert [in_units(size) for size in (0, 999, 1000, 131_072, 2.5e6, 1e15)] == [
        *("0 B", "999 B", "1 kB", "131 kB", "2.5 MB", "1e+03 TB")
    ]


def test_settings_that_go_in_step_count_as_one():
    rows = [
        row(f"{n}", {"a": a, "b": 10 * a, "c": 7, "seed": s}, 0.1 * a) for n, (a, s) in enumerate([(2, 0), (10, 0)])
    ]
    (dimension,) = told(rows, ("a", "b", "c", "seed")).dimensions
    assert dimension.settings == ("a", "b")
    assert dimension.levels == ("2, 20", "10, 100")


def test_the_first_view_is_the_linear_probe_of_the_uppermost_layer():
    names = [("kNN", "low"), ("kNN", "top"), ("linear", "low"), ("linear", "top"), ("linear", "all layers")]
    rows = [row("0", {"seed": 0}, 0.1, probe=probe, layer=layer) for probe, layer in names]
    rows += [row("0", {"seed": 0}, 0.1, layer="pixels", baseline=True)]
    assert [(view.probe, view.layer) for view in views(table(rows))] == [
        *(("linear", "top"), ("linear", "low"), ("linear", "all layers"), ("kNN", "top"), ("kNN", "low"))
    ]


def test_the_small_table_of_main_effects():
    lines = effects_csv(table(grid())).splitlines()
    assert lines[0] == (
        "setting,value,pathway,examples,probe,layer,frames,measure,mean,standard_error,seeds,combinations,draws,lowest,"
        "highest"
    )
    assert [line.split(",")[:2] for line in lines[1:]] == [["a", "1"], ["a", "2"], ["b", "x"], ["b", "y"]]
    assert lines[1] == "a,1,eye,test,linear,top,80,gain,0.16,0.01,2,2,,,"
    assert effects_csv(table([])).count("\n") == 1
