"""Middleware by layer: each layer's own time for each request, from what the server told before and after."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from harness.model.measurement import Estimate
from harness.stats.over_rounds import over_rounds
from harness.stats.signed_rank import rounds_needed

PERCENTILES = ("p50", "p95", "p99")


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerTold:
    """What a server told of one layer since its start."""

    name: str
    calls: int
    sum_ms: float | None
    """Own time of all calls; None where it does not tell."""
    percentiles_ms: Mapping[str, float]
    """Of a call's own time, those that it tells."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerReading:
    """One look: the layers, the outermost first, or the reason why there are none."""

    layers: tuple[LayerTold, ...]
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerRound:
    """The looks at one round of one variant, the first after its warm-up, and what lay between them."""

    readings: Sequence[LayerReading]
    request_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerTimes:
    """One layer over all rounds; None where it cannot be said."""

    name: str
    calls_per_request: float | None
    per_request_ms: Estimate | None
    """Own time under the load that counts, for each request, those that do not pass the layer too."""
    p50_ms: Estimate | None
    """Of a call's own time, since the server's start; the same for the two below."""
    p95_ms: Estimate | None
    p99_ms: Estimate | None


@dataclass(frozen=True, slots=True, kw_only=True)
class VariantLayers:
    """What is known of one variant's layers."""

    layers: tuple[LayerTimes, ...]
    """The outermost first."""
    reason: str
    """Why there are none, or why a time is missing; empty where nothing is."""


def measure_layers(rounds: Sequence[LayerRound], *, confidence: float) -> VariantLayers:
    """Put the rounds of one variant together; a layer that a round lacks has no times."""
    told = [reading.reason for one in rounds for reading in one.readings if reading.reason]
    ends = [one.readings[-1] for one in rounds if one.readings and one.readings[-1].layers]
    if not ends:
        reason = told[0] if told else "the experiment does not ask the server for its layers"
        return VariantLayers(layers=(), reason=reason)
    names = dict.fromkeys(layer.name for layer in ends[-1].layers)
    layers = tuple(_layer(name, rounds, confidence) for name in names)
    needed = rounds_needed(confidence)
    if len(rounds) < needed:
        count = f"{len(rounds)} round" + ("" if len(rounds) == 1 else "s")
        reason = f"{count}, a {100 * confidence:g} % interval needs {needed}"
        return VariantLayers(layers=layers, reason=f"not resolvable: {reason}")
    return VariantLayers(layers=layers, reason=told[0] if told else "")


def _layer(name: str, rounds: Sequence[LayerRound], confidence: float) -> LayerTimes:
    spans = [_span(name, one) for one in rounds]
    known = [span for span in spans if span]
    requests = sum(one.request_count for one, span in zip(rounds, spans, strict=True) if span)
    percentiles = {
        stat: over_rounds(
            [_percentile(name, one, stat) for one in rounds],
            confidence=confidence,
            unit="ms",
            sample_count=len(rounds),
        )
        for stat in PERCENTILES
    }
    return LayerTimes(
        name=name,
        calls_per_request=sum(calls for calls, _ in known) / requests if requests else None,
        per_request_ms=over_rounds(
            [
                span[1] / one.request_count if span and span[1] is not None and one.request_count else None
                for one, span in zip(rounds, spans, strict=True)
            ],
            confidence=confidence,
            unit="ms",
            sample_count=requests,
        ),
        p50_ms=percentiles["p50"],
        p95_ms=percentiles["p95"],
        p99_ms=percentiles["p99"],
    )


def _span(name: str, one: LayerRound) -> tuple[int, float | None] | None:
    """Return calls and own time, ms, between the first and the last look; None without two of them."""
    if len(one.readings) < 2:
        return None
    first, last = (_of(name, reading) for reading in (one.readings[0], one.readings[-1]))
    if last is None or (first is None and one.readings[0].reason):
        return None
    calls = last.calls - (first.calls if first else 0)
    if last.sum_ms is None or (first and first.sum_ms is None):
        return calls, None
    return calls, last.sum_ms - (first.sum_ms if first and first.sum_ms is not None else 0.0)


def _percentile(name: str, one: LayerRound, stat: str) -> float | None:
    last = _of(name, one.readings[-1]) if one.readings else None
    return last.percentiles_ms.get(stat) if last else None


def _of(name: str, reading: LayerReading) -> LayerTold | None:
    return next((layer for layer in reading.layers if layer.name == name), None)
