"""Collections are measured in any case; the optimizer freezes, chooses thresholds, and leaves no trace."""

import gc
from itertools import count

import pytest

from reference_app.memory.garbage_collection import (
    LEAST_THRESHOLD,
    MOST_THRESHOLD,
    WARM_UP_REQUESTS,
    DefaultGarbageCollection,
    GarbageCollectionOptimizer,
    bounded_threshold,
    young_threshold,
)


def warm_up(collection):
    for _ in range(WARM_UP_REQUESTS):
        collection.note_request()


@pytest.mark.parametrize("kind", [DefaultGarbageCollection, GarbageCollectionOptimizer])
def test_each_collection_is_counted_with_its_pause(kind):
    collection = kind()
    collection.open()
    try:
        warm_up(collection)
        full = collection.report().now.generations[2]
        before = full.durations.count
        gc.collect()
    finally:
        collection.close()

    assert full.durations.count == before + 1
    assert 0 < full.longest_s <= full.durations.sum_s


def test_before_and_after_the_change_are_told_apart_and_the_changes_own_collection_is_in_neither():
    now = count()
    collection = GarbageCollectionOptimizer(lambda: (5_000, 7, 8), clock=lambda: float(next(now)))
    gc.disable()
    collection.open()
    try:
        gc.collect()
        warm_up(collection)
        for _ in range(2):
            gc.collect()
        report = collection.report()
    finally:
        collection.close()
        gc.enable()

    assert (report.before.thresholds, report.now.thresholds) == (gc.get_threshold(), (5_000, 7, 8))
    assert [stretch.generations[2].durations.count for stretch in (report.before, report.now)] == [1, 2]
    assert report.before.generations[2].longest_s == 1.0


def test_until_the_warm_up_is_over_python_collects_as_it_always_does():
    thresholds = gc.get_threshold()
    collection = GarbageCollectionOptimizer()
    collection.open()
    try:
        for _ in range(WARM_UP_REQUESTS - 1):
            collection.note_request()
        report, in_force = collection.report(), gc.get_threshold()
    finally:
        collection.close()

    assert (report.now.thresholds, in_force, report.before, report.frozen_count) == (
        thresholds,
        thresholds,
        None,
        0,
    )


def test_the_optimizer_leaves_the_interpreter_as_it_was():
    thresholds, callbacks = gc.get_threshold(), list(gc.callbacks)
    collection = GarbageCollectionOptimizer()
    collection.open()
    warm_up(collection)
    assert gc.get_threshold() != thresholds
    collection.close()
    collection.close()

    assert gc.get_threshold() == thresholds
    assert gc.get_freeze_count() == 0
    assert list(gc.callbacks) == callbacks


def test_the_default_changes_nothing():
    thresholds = gc.get_threshold()
    collection = DefaultGarbageCollection()
    collection.open()
    try:
        warm_up(collection)
        report = collection.report()
    finally:
        collection.close()

    assert (report.now.thresholds, report.before) == (thresholds, None)
    assert report.frozen_count == gc.get_freeze_count() == 0


def test_what_start_and_warm_up_made_is_frozen_once():
    alive = len(gc.get_objects())
    collection = GarbageCollectionOptimizer()
    collection.open()
    try:
        made_by_the_warm_up = [[None] for _ in range(20_000)]
        warm_up(collection)
        frozen = gc.get_freeze_count()
        made_later = [[None] for _ in range(20_000)]
        collection.note_request()
        at_last = gc.get_freeze_count()
    finally:
        collection.close()

    assert frozen > 0.5 * alive + len(made_by_the_warm_up)
    assert at_last - frozen < len(made_later)


@pytest.mark.parametrize(
    ("pause_per_object_s", "threshold"), [(50e-9, 20_000), (1e-9, MOST_THRESHOLD), (1e-3, LEAST_THRESHOLD)]
)
def test_a_young_collection_looks_at_what_a_millisecond_allows(pause_per_object_s, threshold):
    assert bounded_threshold(pause_per_object_s) == pytest.approx(threshold, abs=1)


def test_the_measurement_ends_with_collection_as_it_was():
    assert LEAST_THRESHOLD <= young_threshold() <= MOST_THRESHOLD
    assert gc.isenabled()


def test_without_freezing_a_full_collection_looks_at_the_servers_own_objects_with_it_hardly_any():
    """The problem and its absence, counted in objects, not in time."""

    def looked_at(collection):
        collection.open()
        try:
            warm_up(collection)
            gc.collect()
            return len(gc.get_objects(generation=2))
        finally:
            collection.close()

    own = [[None] for _ in range(50_000)]

    assert looked_at(DefaultGarbageCollection()) > len(own)
    assert looked_at(GarbageCollectionOptimizer()) < len(own) / 2
