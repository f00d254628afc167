"""`python -m reference_app`: serve a variant, or make its data."""

import argparse
import asyncio
import logging
import re
import sys
from collections.abc import Sequence
from pathlib import Path

from reference_app.balancer.options import add_own_options, read_own_options
from reference_app.duties.command import add_duty
from reference_app.failure import StartError
from reference_app.index_command import add_indexes
from reference_app.optimizations import ALL
from reference_app.settings import (
    BREAKER_LIMITS,
    KEPT_ANSWERS_BYTES,
    LEAKS,
    REQUESTS_PER_MINUTE,
    TIER_LIMITS,
    BreakerLimit,
    Settings,
)
from reference_app.variants import VARIANTS, Build, build, variant_ids

_EXAMPLES = """\
examples:
  python -m reference_app variants
  python -m reference_app data load --variant after --scale 1 --seed 1 --database-url postgresql://localhost/a
  python -m reference_app serve --variant after --port 8001 --database-url postgresql://localhost/a
  python -m reference_app balance --instances 3 --variant after --port 8001 --database-url URL
  python -m reference_app externals --port 8090 --latency-ms 100
  python -m reference_app serve --variant after --without booking_lock --port 8001 --database-url URL
  python -m reference_app data indexes apply --database-url URL
  python -m reference_app duty daily-report --variant after --database-url URL

Data and server must be of the same variant: the data holds its indexes. All accounts (owner@example.test,
staff0001@example.test, client000001@example.test ...) have the password kpibench-demo.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and answer its exit code: 0 done, 1 the data breaks a rule, 2 could not start."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    options = _parser().parse_args(words)
    options.arguments = words
    try:
        return options.run(options) or 0
    except StartError as error:
        sys.stderr.write(f"Error: {error}\n")
        return 2
    except KeyboardInterrupt:
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m reference_app",
        description="A booking backend: a slow BEFORE, a fast AFTER and every step between; equal answers.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    _add_serve(commands)
    _add_balance(commands)
    _add_externals(commands)
    _add_data(commands)
    add_duty(commands, _add_variant, _add_database)
    listing = commands.add_parser("variants", help="list variants and optimizations")
    listing.set_defaults(run=_list_variants)
    return parser


def _add_serve(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    serving = commands.add_parser("serve", help="serve a variant on 127.0.0.1 until SIGTERM or Ctrl-C")
    serving.add_argument("--port", type=_port, required=True, help="TCP port, 1 to 65535")
    serving.add_argument("--until-input-ends", action="store_true", help="stop when the input ends, too")
    serving.add_argument(
        "--balancer-url",
        default="",
        help="the balancer in front, which is believed where requests come from",
    )
    _add_serving(serving)
    serving.set_defaults(run=_serve)


def _add_balance(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    balancing = commands.add_parser(
        "balance",
        help="serve a variant by several processes behind a load balancer; SIGHUP replaces them one by one",
    )
    add_own_options(balancing)
    _add_serving(balancing)
    balancing.set_defaults(run=_balance)


def _add_serving(serving: argparse.ArgumentParser) -> None:
    _add_variant(serving)
    _add_database(serving)
    serving.add_argument(
        "--leak",
        dest="leaks",
        metavar="KIND",
        action="append",
        choices=(*LEAKS, "none"),
        help="a memory leak of BEFORE to open (may be repeated), or none; all unless told",
    )
    serving.add_argument(
        "--requests-per-minute",
        type=_limit,
        default=REQUESTS_PER_MINUTE,
        help="what one account may ask; twelve times as much for an address without account (%(default)s)",
    )
    serving.add_argument(
        "--memory-probe",
        action="store_true",
        help="tell anybody at /_kpibench/memory what the process holds, for measurements",
    )
    serving.add_argument(
        "--tier",
        choices=tuple(TIER_LIMITS),
        help="hold callers to this key tier's published limits and to those of each class of paths;"
        " unless told, --requests-per-minute alone limits them",
    )
    serving.add_argument(
        "--redis-url",
        default="",
        help="redis://host:port/0: instances share kept answers and rate limits; else each has its own",
    )
    serving.add_argument(
        "--kept-answers-mib",
        type=_limit,
        default=KEPT_ANSWERS_BYTES >> 20,
        help="what the answers that a process keeps may take (%(default)s MiB)",
    )
    serving.add_argument(
        "--externals-url",
        default="",
        help="payments, e-mail, SMS and calendar; without it, a stub is started and ended with the server",
    )
    serving.add_argument(
        "--breaker",
        dest="breaker_limits",
        metavar="SERVICE=FAILURES/SECONDS",
        action="append",
        default=[],
        type=_breaker_limit,
        help="after how many failures, and for how long, an external service is not asked (may be repeated);"
        f" unless told, {_breaker_limits()}",
    )
    serving.add_argument(
        "--alert-webhook",
        metavar="URL",
        default="",
        help="post alerts and their recoveries there as JSON, besides the log (docs/formats.md)",
    )


def _add_externals(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    stub = commands.add_parser(
        "externals", help="serve a stub of the payment, e-mail, SMS and calendar services; prints its URL"
    )
    stub.add_argument("--port", type=_port_or_any, required=True, help="TCP port; 0 for one that is free")
    stub.add_argument(
        "--latency-ms",
        type=_latency,
        default=20.0,
        help="time that each answer takes at first; PUT /control/SERVICE changes it (default %(default)s)",
    )
    stub.add_argument(
        "--beside", action="store_true", help="end with the standard input, out of its process tree"
    )
    stub.set_defaults(run=_serve_externals)


def _add_data(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    data = commands.add_parser("data", help="make the data that a variant serves")
    actions = data.add_subparsers(title="actions", required=True, metavar="ACTION")
    fingerprint = actions.add_parser("fingerprint", help="print a hash of everything that decides the data")
    _add_variant(fingerprint)
    _add_size(fingerprint)
    fingerprint.set_defaults(run=_fingerprint)
    loading = actions.add_parser("load", help="fill an empty database")
    _add_variant(loading)
    _add_size(loading)
    _add_database(loading)
    loading.set_defaults(run=_load)
    checking = actions.add_parser(
        "check", help="tell what breaks a rule: double bookings, money, lost bookings"
    )
    _add_database(checking)
    checking.add_argument(
        "--seen", help="file with a line such as `appointment 17` for everything that a client saw created"
    )
    checking.set_defaults(run=_check)
    add_indexes(actions, _add_database)


def _add_variant(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--variant",
        required=True,
        help=f"one of: {', '.join(VARIANTS)}; or as in before+indexes, after-indexes",
    )
    parser.add_argument(
        "--with",
        dest="added",
        metavar="OPTIMIZATION",
        action="append",
        default=[],
        help="add one (may be repeated)",
    )
    parser.add_argument(
        "--without",
        dest="removed",
        metavar="OPTIMIZATION",
        action="append",
        default=[],
        help="leave one out (may be repeated)",
    )


def _add_size(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--scale", type=_scale, required=True, help="1 is 100,000 appointments; fractions are fine"
    )
    parser.add_argument(
        "--seed", type=_seed, required=True, help="whole number; the same seed gives the same rows"
    )


def _add_database(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--database-url", required=True, help="postgresql://user:password@host:port/database")


def _port(text: str) -> int:
    return _number(text, 1, 65535)


def _limit(text: str) -> int:
    return _number(text, 1, 10**9)


def _breaker_limit(text: str) -> tuple[str, BreakerLimit]:
    found = re.fullmatch(r"(\w+)=([1-9][0-9]{0,3})/([0-9]{1,5}(?:\.[0-9]+)?)", text)
    if not found or found[1] not in BREAKER_LIMITS:
        services = ", ".join(BREAKER_LIMITS)
        raise argparse.ArgumentTypeError(f"{text!r} is not as payments=3/5; services are {services}")
    return found[1], BreakerLimit(int(found[2]), float(found[3]))


def _breaker_limits() -> str:
    return ", ".join(
        f"{name}={limit.failure_count}/{limit.open_s:g}" for name, limit in BREAKER_LIMITS.items()
    )


def _port_or_any(text: str) -> int:
    return _number(text, 0, 65535)


def _latency(text: str) -> float:
    return float(_number(text, 0, 600_000))


def _seed(text: str) -> int:
    return _number(text, 0, 2**32 - 1)


def _number(text: str, low: int, high: int) -> int:
    if not text.isascii() or not text.isdigit() or not low <= int(text) <= high:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from {low} to {high}")
    return int(text)


def _scale(text: str) -> float:
    from reference_app.storage.seed.sizes import MAX_SCALE, MIN_SCALE  # noqa: PLC0415 - numpy, for data alone

    try:
        scale = float(text)
    except ValueError:
        scale = float("nan")
    if not MIN_SCALE <= scale <= MAX_SCALE:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from {MIN_SCALE} to {MAX_SCALE:.0f}")
    return scale


def _build(options: argparse.Namespace) -> Build:
    return build(options.variant, options.added, options.removed)


def _serve(options: argparse.Namespace) -> None:
    from reference_app.server import serve  # noqa: PLC0415 - `data` and `variants` serve nothing

    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    settings = Settings(
        database_url=options.database_url,
        port=options.port,
        redis_url=options.redis_url,
        externals_url=options.externals_url,
        requests_per_minute=options.requests_per_minute,
        tier=options.tier,
        kept_answers_bytes=options.kept_answers_mib << 20,
        anonymous_requests_per_minute=12 * options.requests_per_minute,
        leaks=frozenset(LEAKS if options.leaks is None else options.leaks) - {"none"},
        balancer_url=options.balancer_url,
        has_memory_probe=options.memory_probe,
        alert_webhook=options.alert_webhook,
        breaker_limits={**BREAKER_LIMITS, **dict(options.breaker_limits)},
    )
    chosen = _build(options)
    with asyncio.Runner(loop_factory=chosen.components.event_loop) as runner:
        runner.run(serve(chosen, settings, until_input_ends=options.until_input_ends))


def _balance(options: argparse.Namespace) -> None:
    from reference_app.balancer.command import balance_variant  # noqa: PLC0415 - the same

    balance_variant(_build(options).id, read_own_options(options.arguments[1:]))


def _serve_externals(options: argparse.Namespace) -> None:
    from reference_app.externals.process import serve_stub, step_aside  # noqa: PLC0415 - the same

    if options.beside:
        step_aside()
    asyncio.run(serve_stub(options.port, options.latency_ms, until_input_ends=options.beside))


def _fingerprint(options: argparse.Namespace) -> None:
    from reference_app.storage.seed.fingerprint import fingerprint  # noqa: PLC0415 - numpy, for data alone

    _say(fingerprint(_build(options).components.migrations, options.scale, options.seed))


def _load(options: argparse.Namespace) -> None:
    from reference_app.storage.seed.loader import load  # noqa: PLC0415 - numpy, for data alone

    migrations = _build(options).components.migrations
    asyncio.run(load(options.database_url, migrations, options.scale, options.seed, _report))


def _check(options: argparse.Namespace) -> int:
    try:
        seen = Path(options.seen).read_text("utf-8").splitlines() if options.seen else []
    except OSError as error:
        raise StartError(f"{options.seen} cannot be read: {error.strerror}.") from error
    breaches = asyncio.run(_breaches(options.database_url, seen))
    for breach in breaches:
        _say(breach)
    return 1 if breaches else 0


async def _breaches(database_url: str, seen: Sequence[str]) -> list[str]:
    from reference_app.storage.connections import connect  # noqa: PLC0415 - `variants` needs no database
    from reference_app.storage.invariants import find_breaches  # noqa: PLC0415 - the same

    connection = await connect(database_url)
    try:
        return await find_breaches(connection, seen)
    finally:
        await connection.close()


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


def _report(line: str) -> None:
    sys.stderr.write(f"{line}\n")


def _list_variants(_: argparse.Namespace) -> None:
    _say("Optimizations, in rollout order:")
    for optimization in ALL:
        _say(
            f"  {optimization.id:23} {optimization.phase}  {optimization.metric:15} {optimization.hypothesis}"
        )
    _say("Variants:")
    for variant in VARIANTS:
        chosen = variant_ids(variant)
        names = ", ".join(optimization.id for optimization in ALL if optimization.id in chosen)
        _say(f"  {variant:23} {names or 'none of them'}")
