"""A generator that is seeded at its first draw draws what one draws that was seeded at once."""

import subprocess
import sys
from random import Random

import pytest

from harness.generator.late_seeding import LateSeeded

DRAWS = {
    "random": lambda rng: rng.random(),
    "getrandbits": lambda rng: rng.getrandbits(90),
    "randrange": lambda rng: rng.randrange(10**9),
    "choice": lambda rng: rng.choice("abcdefgh"),
    "choices": lambda rng: rng.choices([1, 2, 3], [1, 2, 3], k=4),
    "sample": lambda rng: rng.sample(range(100), 5),
    "gauss": lambda rng: rng.gauss(0, 1),
    "expovariate": lambda rng: rng.expovariate(2),
    "randbytes": lambda rng: rng.randbytes(5),
    "getstate": lambda rng: rng.getstate(),
}


@pytest.mark.parametrize("name", DRAWS)
def test_the_first_draw_is_that_of_the_seed_and_so_are_the_next(name):
    draw, late, at_once = DRAWS[name], LateSeeded(), Random(77)
    late.gauss(0, 1)  # which leaves a second normal draw behind
    late.seed_later(77)
    assert [draw(late) for _ in range(3)] == [draw(at_once) for _ in range(3)]


def test_of_two_seeds_to_come_the_last_counts():
    late = LateSeeded()
    late.seed_later(1)
    late.seed_later(2)
    assert late.random() == Random(2).random()


def test_a_seed_at_once_or_a_state_takes_the_place_of_the_one_to_come():
    late = LateSeeded()
    late.seed_later(1)
    late.seed(3)
    assert late.random() == Random(3).random()
    late.seed_later(1)
    late.setstate(Random(4).getstate())
    assert late.random() == Random(4).random()


def test_pythons_own_functions_draw_from_it_once_it_is_shared():
    code = (
        "from harness.generator.late_seeding import seed_shared, share_late_seeded\n"
        "share_late_seeded()\n"
        "from random import choice, getrandbits, random\n"
        "seed_shared(5)\n"
        "print(random(), choice(range(1000)), getrandbits(40))\n"
        "import random\n"
        "random.seed(6)\n"
        "print(random.uniform(0, 1))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    five, six = Random(5), Random(6)
    drawn = f"{five.random()} {five.choice(range(1000))} {five.getrandbits(40)}\n{six.uniform(0, 1)}\n"
    assert done.stdout == drawn
