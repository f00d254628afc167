"""Plan a capacity run: rounds and places are drawn before, the steps follow from what is seen."""

from dataclasses import replace
from pathlib import Path

from harness.documents import Document
from harness.errors import UsageError
from harness.model.plan import Plan, Round, Scenario
from harness.model.variant import Variant
from harness.plan.experiment import Overrides, plan_experiment
from harness.plan.schedule import draw_rounds


def plan_capacity(document: Document, overrides: Overrides, *, rounds: int) -> Plan:
    """Plan a search on the variants of a checked experiment.

    Raises:
        UsageError: it has only one variant, or a file that it names is not there.
    """
    plan = plan_experiment(document, overrides)
    if len(plan.variants) < 2:
        raise UsageError(
            f"{plan.experiment} has one variant; capacities are compared.",
            hint="Name before and after in it.",
        )
    return _with_open_rounds(replace(plan, title=f"Capacity: {plan.title}"), rounds)


def plan_capacity_of_urls(
    *, before_url: str, after_url: str, locustfile: Path, rate: float, rounds: int, seed: int
) -> Plan:
    """Plan a search on two servers that already run."""
    plan = Plan(
        experiment="capacity",
        title="Capacity of two running servers",
        seed=seed,
        scale=1,
        scenario=Scenario(locustfile=str(locustfile), rate=rate),
        variants=(
            Variant(id="before", title=f"Before: {before_url}", url=before_url.rstrip("/")),
            Variant(id="after", title=f"After: {after_url}", url=after_url.rstrip("/")),
        ),
        rounds=(),
        kpi_file="",
    )
    return _with_open_rounds(plan, rounds)


def _with_open_rounds(plan: Plan, rounds: int) -> Plan:
    """Draw places alone: which slices a round gets is decided while it runs."""
    drawn = draw_rounds(
        [variant.id for variant in plan.variants],
        rounds=rounds,
        couples=1,
        slice_s=1,
        warm_up_s=0,
        seed=plan.seed,
    )
    return replace(plan, rounds=tuple(Round(index=one.index, places=one.places, slices=()) for one in drawn))
