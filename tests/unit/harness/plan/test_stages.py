"""Rates as people write them."""

import pytest

from harness.model.plan import Stage
from harness.plan.stages import parse_rate, stages_of


def test_a_rate_is_read_as_a_number_or_as_stages():
    assert parse_rate("2.5") == (Stage(rate=2.5, seconds=0),)
    assert parse_rate("10:60,50:0") == (Stage(rate=10, seconds=60), Stage(rate=50, seconds=0))
    for text in ("-1", "0", "10:x", "0:5,0:5", "10:-1"):
        with pytest.raises(ValueError, match=r"."):
            parse_rate(text)


def test_a_number_is_one_stage_that_goes_on():
    assert stages_of(50) == (Stage(rate=50, seconds=0),)
