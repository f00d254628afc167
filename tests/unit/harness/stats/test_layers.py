"""Own times of middleware layers: only what lay between two looks counts, and a gap is no number."""

from harness.stats.layers import LayerReading, LayerRound, LayerTold, measure_layers


def reading(calls, sum_ms, *, name="sre", p50=None):
    told = LayerTold(name=name, calls=calls, sum_ms=sum_ms, percentiles_ms={"p50": p50} if p50 else {})
    return LayerReading(layers=(told,), reason="")


def six_rounds(*readings, requests=50):
    return [LayerRound(readings=readings, request_count=requests)] * 6


def only_layer(rounds):
    return measure_layers(rounds, confidence=0.95).layers[0]


def test_the_warm_up_is_taken_off():
    layer = only_layer(six_rounds(reading(10, 900.0), reading(60, 1000.0, p50=1.5)))

    assert layer.calls_per_request == 1.0
    assert layer.per_request_ms.value == 2.0
    assert layer.p50_ms.value == 1.5
    assert layer.p95_ms is None


def test_a_layer_that_not_every_request_passes_is_spread_over_all():
    layer = only_layer(six_rounds(reading(0, 0.0), reading(25, 100.0)))

    assert (layer.calls_per_request, layer.per_request_ms.value) == (0.5, 2.0)


def test_a_layer_that_comes_up_after_the_first_look_counts_from_zero():
    first = LayerReading(layers=(), reason="")
    layer = only_layer(six_rounds(first, reading(50, 100.0)))

    assert layer.per_request_ms.value == 2.0


def test_a_first_look_that_failed_leaves_no_time_and_says_why():
    failed = LayerReading(layers=(), reason="GET /layers does not tell: timed out")
    found = measure_layers(six_rounds(failed, reading(50, 100.0, p50=2.0)), confidence=0.95)

    assert found.layers[0].per_request_ms is None
    assert found.layers[0].p50_ms.value == 2.0
    assert found.reason == "GET /layers does not tell: timed out"


def test_a_server_that_tells_no_sum_has_its_percentiles():
    layer = only_layer(six_rounds(reading(0, None), reading(50, None, p50=0.4)))

    assert (layer.per_request_ms, layer.calls_per_request, layer.p50_ms.value) == (None, 1.0, 0.4)


def test_a_layer_that_does_nothing_takes_no_time():
    layer = only_layer(six_rounds(reading(0, 0.0), reading(50, 0.0)))

    assert layer.per_request_ms.value == layer.per_request_ms.high == 0.0


def test_too_few_rounds_give_no_interval_and_say_so():
    rounds = six_rounds(reading(0, 0.0), reading(50, 100.0))[:2]
    found = measure_layers(rounds, confidence=0.95)

    assert found.layers[0].per_request_ms is None
    assert found.reason == "not resolvable: 2 rounds, a 95 % interval needs 6"


def test_a_server_that_nobody_asked_has_no_layers():
    found = measure_layers(six_rounds(), confidence=0.95)

    assert found.layers == ()
    assert found.reason == "the experiment does not ask the server for its layers"
