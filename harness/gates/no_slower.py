"""Which KPI file asks whether after is no slower and no less correct than before."""

from pathlib import Path


def no_slower(*, has_precision: bool) -> Path:
    """Return the KPI file for runs of which nothing else was said.

    Args:
        has_precision: the rounds have a precision part, so that service time alone can be asked for as well.
    """
    name = "no_slower.yaml" if has_precision else "no_slower_under_load.yaml"
    return Path(__file__).with_name(name)
