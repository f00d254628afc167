"""After the load of a round: what servers and databases tell of themselves, stored as counts.json."""

from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from harness.campaign.bench import Bench
from harness.model.plan import Round
from harness.model.variant import Variant
from harness.probe.introspection import ask_server, count_indexes, read_layers
from harness.store.counts import add_counts
from harness.store.layer_readings import add_layer_reading
from harness.target.invariants import check_invariants
from harness.target.server import RunningServer


def store_server_counts(bench: Bench, round_: Round, servers: Mapping[str, RunningServer]) -> None:
    """Ask each server what the experiment wants to know of it."""
    for variant in bench.plan.variants:
        if variant.counts and variant.id in servers:
            counts = ask_server(servers[variant.id].base_url, variant.counts)
            add_counts(bench.folder, bench.folder.counts_json(round_.index, variant.id), counts)


def store_layers(bench: Bench, round_: Round, servers: Mapping[str, RunningServer]) -> None:
    """Ask each server that counts its middleware layers for their own times so far."""
    for variant in bench.plan.variants:
        for question in variant.counts:
            if question.metric == "middleware_layers" and variant.id in servers:
                told = read_layers(servers[variant.id].base_url, question)
                add_layer_reading(bench.folder, bench.folder.layers_jsonl(round_.index, variant.id), told)


def store_database_counts(
    bench: Bench, round_: Round, variant: Variant, database_url: str, base_url: str
) -> None:
    """Look at a database whose server has stopped: its sessions have told by then which indexes they read.

    The indexes come first: the check of the data reads some of them too.
    """
    counts = count_indexes(database_url)
    if variant.invariants:
        counts["invariant_breaches"] = check_invariants(
            variant.invariants,
            variant_id=variant.id,
            database_url=database_url,
            seen=str(_seen(bench, round_, base_url)),
        )
    add_counts(bench.folder, bench.folder.counts_json(round_.index, variant.id), counts)


def _seen(bench: Bench, round_: Round, base_url: str) -> Path:
    """Return the file of what this server said it had created; empty where the scenario notes nothing."""
    path = bench.folder.seen_dir(round_.index).resolve() / f"{urlsplit(base_url).port}.txt"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    return path
