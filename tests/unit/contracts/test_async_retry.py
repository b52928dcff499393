"""How long the ready-made strategies wait, as PyFlink's do."""

from __future__ import annotations

import pytest

from flinkette.contracts.async_retry import ExponentialBackoffDelayRetryStrategy


@pytest.mark.parametrize(
    ("initial", "most", "multiplier", "waits"),
    [
        (10, 100, 2.0, [10, 20, 40, 80, 100, 100]),
        (10, 1000, 1.5, [10, 15, 22, 33, 49, 73]),
        (500, 100, 2.0, [500, 100, 100]),
        (10, 100, 0.5, [10, 5, 2, 1, 0, 0]),
        (10, 100, 1.0, [10, 10, 10]),
    ],
)
def test_each_wait_is_that_much_longer_than_the_one_before(
    initial, most, multiplier, waits
) -> None:
    strategy = ExponentialBackoffDelayRetryStrategy(9, initial, most, multiplier, None, None)
    made = [strategy.get_backoff_time_millis(number) for number in range(1, len(waits) + 1)]
    assert made == waits


def test_the_wait_stays_at_its_maximum_however_many_attempts_there_were() -> None:
    strategy = ExponentialBackoffDelayRetryStrategy(10**7, 10, 5000, 2.0, None, None)
    assert strategy.get_backoff_time_millis(10**6) == 5000
