"""Single flight: one works, the others wait, and nobody gets what was not theirs."""

import asyncio

import pytest

from reference_app.caching.single_flight import SingleFlight


def test_callers_of_one_key_share_one_piece_of_work_and_others_do_not() -> None:
    async def crowd() -> tuple[list[str | None], int]:
        flights: SingleFlight[str] = SingleFlight()
        gate = asyncio.Event()
        worked = []
        both_work = asyncio.Event()

        async def work(key: str) -> str:
            worked.append(key)
            if len(worked) == 2:
                both_work.set()
            await gate.wait()
            return f"answer of {key}"

        async def ask(key: str) -> str | None:
            return await flights.wait(key) or await flights.lead(key, lambda: work(key))

        callers = [asyncio.create_task(ask(key)) for key in ("a", "a", "b", "a")]
        await both_work.wait()
        gate.set()
        answers = [await caller for caller in callers]
        assert len(flights) == 0
        return answers, len(worked)

    answers, worked_count = asyncio.run(crowd())

    assert answers == ["answer of a", "answer of a", "answer of b", "answer of a"]
    assert worked_count == 2


def test_when_the_one_who_works_fails_those_who_waited_get_nothing_and_work_themselves() -> None:
    async def crowd() -> str | None:
        flights: SingleFlight[str] = SingleFlight()
        gate = asyncio.Event()

        async def fail() -> str:
            await gate.wait()
            raise ZeroDivisionError

        leader = asyncio.create_task(flights.lead("a", fail))
        await asyncio.sleep(0)
        follower = asyncio.create_task(flights.wait("a"))
        await asyncio.sleep(0)
        gate.set()
        with pytest.raises(ZeroDivisionError):
            await leader
        return await follower

    assert asyncio.run(crowd()) is None


def test_a_caller_who_gives_up_takes_nothing_from_the_others() -> None:
    async def crowd() -> list[str | None]:
        flights: SingleFlight[str] = SingleFlight()
        gate = asyncio.Event()

        async def work() -> str:
            await gate.wait()
            return "answer"

        leader = asyncio.create_task(flights.lead("a", work))
        await asyncio.sleep(0)
        impatient = asyncio.create_task(flights.wait("a"))
        patient = asyncio.create_task(flights.wait("a"))
        await asyncio.sleep(0)
        impatient.cancel()
        await asyncio.gather(impatient, return_exceptions=True)
        gate.set()
        return [await leader, await patient]

    assert asyncio.run(crowd()) == ["answer", "answer"]
