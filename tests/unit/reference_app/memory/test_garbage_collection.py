"""Collections are measured in any case; the optimizer freezes, chooses thresholds, and leaves no trace."""

import gc

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


@pytest.mark.parametrize("kind", [DefaultGarbageCollection, GarbageCollectionOptimizer])
def test_each_collection_is_counted_with_its_pause(kind):
    collection = kind()
    collection.open()
    try:
        before = collection.report().generations[2].count
        gc.collect()
        full = collection.report().generations[2]
    finally:
        collection.close()

    assert full.count == before + 1
    assert 0 < full.longest_s <= full.total_s


def test_the_optimizer_freezes_what_is_there_and_looks_at_it_no_more():
    collection = GarbageCollectionOptimizer()
    alive = len(gc.get_objects())
    collection.open()
    try:
        report = collection.report()
        looked_at = len(gc.get_objects())
    finally:
        collection.close()

    assert report.frozen_count > 0.5 * alive
    assert looked_at < 0.5 * alive


def test_the_optimizer_leaves_the_interpreter_as_it_was():
    thresholds, callbacks = gc.get_threshold(), list(gc.callbacks)
    collection = GarbageCollectionOptimizer()
    collection.open()
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
        assert collection.report().thresholds == thresholds
        assert collection.report().frozen_count == gc.get_freeze_count() == 0
    finally:
        collection.close()


def test_what_the_warm_up_made_is_frozen_once_with_its_last_request():
    collection = GarbageCollectionOptimizer()
    collection.open()
    try:
        made_by_the_warm_up = [[None] for _ in range(20_000)]
        for _ in range(WARM_UP_REQUESTS - 1):
            collection.note_request()
        before = gc.get_freeze_count()
        collection.note_request()
        after = gc.get_freeze_count()
        made_later = [[None] for _ in range(20_000)]
        collection.note_request()
        at_last = gc.get_freeze_count()
    finally:
        collection.close()

    assert after - before >= len(made_by_the_warm_up)
    assert at_last - after < len(made_later)


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
            gc.collect()
            return len(gc.get_objects(generation=2))
        finally:
            collection.close()

    own = [[None] for _ in range(50_000)]

    assert looked_at(DefaultGarbageCollection()) > len(own)
    assert looked_at(GarbageCollectionOptimizer()) < len(own) / 2
