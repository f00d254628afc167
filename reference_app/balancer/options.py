"""The balancer's own options of the command line; whatever else is given goes to each instance."""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass

from reference_app.failure import StartError

MOST_INSTANCES = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class BalancerOptions:
    """Where to listen, and for whom."""

    port: int
    weights: Sequence[float]
    """One for each instance."""
    passed_on: Sequence[str]
    """The arguments that each instance gets."""


def add_own_options(parser: argparse.ArgumentParser) -> None:
    """Declare them."""
    parser.add_argument("--port", type=_port, required=True, help="TCP port, 1 to 65535")
    parser.add_argument(
        "--instances", type=_instance_count, default=2, help="processes to keep running (default %(default)s)"
    )
    parser.add_argument("--weights", type=_weights, help="shares, as in 1,1,2; all alike unless told")


def read_own_options(arguments: Sequence[str]) -> BalancerOptions:
    """Tell the balancer's options from those of its instances.

    Raises:
        StartError: there are not as many weights as instances.
    """
    parser = argparse.ArgumentParser()
    add_own_options(parser)
    own, passed_on = parser.parse_known_args(arguments)
    weights = own.weights or (1.0,) * own.instances
    if len(weights) != own.instances:
        raise StartError(f"--weights has {len(weights)} numbers for {own.instances} instances.")
    return BalancerOptions(port=own.port, weights=weights, passed_on=passed_on)


def _port(text: str) -> int:
    return _number(text, 1, 65535)


def _instance_count(text: str) -> int:
    return _number(text, 1, MOST_INSTANCES)


def _number(text: str, low: int, high: int) -> int:
    if not text.isascii() or not text.isdigit() or not low <= int(text) <= high:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from {low} to {high}")
    return int(text)


def _weights(text: str) -> Sequence[float]:
    try:
        weights = tuple(float(word) for word in text.split(","))
    except ValueError:
        weights = ()
    if not weights or not all(0 < weight < float("inf") for weight in weights):
        raise argparse.ArgumentTypeError(f"{text!r} is no list of positive numbers such as 1,1,2")
    return weights
