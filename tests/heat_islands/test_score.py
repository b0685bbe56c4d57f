"""The score, its reasons and the ranks, by hand."""

import numpy as np
import pytest

from heat_islands.science.errors import ScienceError
from heat_islands.science.score import (
    FACTORS,
    Circumstances,
    Weights,
    ranks,
    scores,
    shapley_of_product,
)

NAN = float("nan")


def facts(**given: list[float]) -> Circumstances:
    usual = {
        "pupils": [100.0, 100, 100],
        "anomaly_k": [0.0, 0, 0],
        "vulnerability": [NAN] * 3,
        "cost_class": [2.0, 2, 2],
    }
    return Circumstances(**{name: np.array(v) for name, v in {**usual, **given}.items()})


COOLING = np.array([2.0, 4.0, 6.0])


def test_with_all_else_equal_the_score_goes_by_cooling() -> None:
    assert scores(COOLING, facts(), Weights()).score == pytest.approx([100 / 3, 200 / 3, 100])


def test_four_times_the_pupils_count_double_at_half_weight() -> None:
    found = scores(np.array([4.0, 4, 4]), facts(pupils=[100, 400, 100]), Weights())
    assert found.score[1] / found.score[0] == pytest.approx(2.0)


def test_five_kelvin_hotter_counts_double_at_full_weight() -> None:
    found = scores(np.array([4.0, 4, 4]), facts(anomaly_k=[0, 0, 5]), Weights(exposure=1))
    assert found.score[2] / found.score[0] == pytest.approx(2.0)


def test_a_costlier_class_loses() -> None:
    found = scores(np.array([4.0, 4, 4]), facts(cost_class=[1, 2, 3]), Weights())
    assert (np.diff(found.score) < 0).all()


def test_what_is_not_known_counts_as_the_middling_yard() -> None:
    found = scores(np.array([4.0, 4, 4]), facts(pupils=[100, NAN, 100]), Weights())
    assert found.score[1] == found.score[0]


def test_reasons_sum_to_the_score() -> None:
    found = scores(
        COOLING,
        facts(
            pupils=[30, 500, 120],
            anomaly_k=[-1, 2, 0.5],
            vulnerability=[0.1, 0.9, NAN],
            cost_class=[1, 3, 2],
        ),
        Weights(),
    )
    assert found.points.sum(axis=1) == pytest.approx(found.score)
    for i in range(3):
        reasons = found.reasons(i)
        assert [r["factor"] for r in reasons[1:]] == list(FACTORS)
        assert sum(float(r["points"]) for r in reasons) == pytest.approx(found.score[i], abs=0.01)


def test_a_factor_without_weight_gives_no_points() -> None:
    found = scores(COOLING, facts(pupils=[30, 500, 120]), Weights(pupils=0))
    assert found.points[:, 1 + FACTORS.index("pupils")] == pytest.approx(0)


def test_a_yard_that_would_not_cool_scores_nothing() -> None:
    found = scores(np.array([-0.5, 4, 4]), facts(), Weights())
    assert found.score[0] == 0
    assert found.points[0].sum() == pytest.approx(0)


def test_a_town_where_nothing_cools_has_no_scores_at_all() -> None:
    found = scores(np.zeros(3), facts(), Weights())
    assert found.score.tolist() == [0, 0, 0]
    assert found.points.tolist() == [[0.0] * 6] * 3


def test_shapley_values_of_three_factors_by_hand() -> None:
    # 2·3·4 from 1: factor 2 gains 1, 3, 4 or 12 after none, {3}, {4} or both (weights 1/3, 1/6, 1/6, 1/3).
    values = shapley_of_product(np.array([[2.0, 3.0, 4.0]]))[0]
    assert values[0] == pytest.approx(1 / 3 + 3 / 6 + 4 / 6 + 12 / 3)
    assert values.sum() == pytest.approx(23)


def test_ranks_their_range_and_the_chance_of_the_first() -> None:
    drawn = np.array([[3.0, 2, 1], [3, 2, 1], [2, 3, 1], [3, 2, 1]])
    found = ranks(np.array([3.0, 2, 1]), drawn, k=1)
    assert found.rank.tolist() == [1, 2, 3]
    assert found.low.tolist() == [1, 1, 3]
    assert found.high.tolist() == [2, 2, 3]
    assert found.top_k.tolist() == [0.75, 0.25, 0.0]


def test_a_rank_lies_in_its_own_range() -> None:
    rng = np.random.default_rng(1)
    found = ranks(np.arange(9.0), rng.random((50, 9)))
    assert ((found.low <= found.rank) & (found.rank <= found.high)).all()


@pytest.mark.parametrize("text", ["pupil=1", "pupils=much", "cooling=-1", "cost=9", "cooling"])
def test_weights_that_make_no_sense_are_refused_in_a_sentence(text: str) -> None:
    with pytest.raises(ScienceError, match=r"\.$"):
        Weights.parse(text)


def test_weights_not_named_keep_their_default() -> None:
    assert Weights.parse("") == Weights()
    assert Weights.parse("exposure=0").cooling == 1.0
