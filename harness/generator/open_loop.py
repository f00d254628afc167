"""Make users of any Locust file wait for arrivals: the hooks into Locust, all of them here.

Locust's users loop on their own: choose a task, run it, `wait()`, again. An open-loop user does the same, but
its `wait()` between two tasks ends when an arrival is handed to it, so that one arrival is what Locust does
between two waits: one task, also inside nested task sets. Within a task, `self.wait()` and
`user.think(seconds)` are think times. The file itself needs to know nothing of this.
"""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import gevent
from gevent.hub import Waiter
from gevent.thread import get_ident
from locust import TaskSet, User
from locust.exception import (
    InterruptTaskSet,
    RescheduleTask,
    RescheduleTaskImmediately,
    StopTest,
    StopUser,
)
from locust.user.task import (
    LOCUST_STATE_RUNNING,
    LOCUST_STATE_STOPPING,
    LOCUST_STATE_WAITING,
    DefaultTaskSet,
)

from harness.generator.arrival import RunningArrival, SentRequest
from harness.generator.late_seeding import LateSeeded, seed_shared
from harness.generator.seeded_choice import seeded_choice

if TYPE_CHECKING:
    from harness.generator.user_pool import UserPool

SENT_REQUEST = "_kpibench_sent_request"
"""Attribute of a response that carries its SentRequest to Locust's request event."""

_TASK_SALT = 0xD1B54A32D192ED03
"""Parts Locust's choice of a task from the choices that the user makes from the same seed."""
_SHARED_SALT = 0xABC98388FB8FAC03
"""Parts what a scenario draws from Python's shared generator from both."""


class SetUpError(Exception):
    """A user's on_start did not do what it should."""


class OpenLoopUser:
    """Mixed into a scenario's user class: works on arrivals instead of looping."""

    pool: "UserPool"
    class_index: int
    environment: Any
    _state: str | None

    def __init__(self, environment: Any) -> None:
        super().__init__(environment)  # type: ignore[call-arg]  # the other base is a Locust User
        self.arrival: RunningArrival | None = None
        """The arrival that it works on, or did last; None during its set-up."""
        self.journey = "on_start"
        self.is_in_task = False
        self.set_up_error: str | None = None
        self._mailbox = Waiter()
        self._rng_of_arrivals: LateSeeded | None = None
        """Made where the scenario has an attribute `rng`."""
        stamp_requests(self)

    def on_start(self) -> None:
        """Run the scenario's own on_start, then wait for the first arrival."""
        try:
            super().on_start()  # type: ignore[misc]  # the other base is a Locust User
        except Exception as error:
            self.set_up_error = f"{type(error).__name__}: {error}"
            raise
        if self.set_up_error:
            raise SetUpError(self.set_up_error)
        self.await_arrival()

    def await_arrival(self) -> None:
        """End the arrival at hand and block until the next is handed over."""
        if self._state == LOCUST_STATE_STOPPING:
            raise StopUser
        self._state = LOCUST_STATE_WAITING
        if self.arrival is not None:
            self.arrival.end()
        self.pool.enlist(self)
        self._begin(self._mailbox.get())

    def hand_over(self, arrival: RunningArrival) -> None:
        """Wake this user, which must be free, with an arrival."""
        hub = self._mailbox.hub
        if gevent.getcurrent() is hub:
            self._mailbox.switch(arrival)
        else:  # once the event loop turns: this user may be enlisting itself just now, and does not wait yet
            hub.loop.run_callback(self._mailbox.switch, arrival)

    def think(self, seconds: float) -> None:
        """Pause a journey; the next request should start `seconds` after the end of the one before."""
        if self.arrival is None:
            gevent.sleep(seconds)
        elif self.arrival.slice.leaves_out_thinking:
            gevent.sleep(0)
        else:
            sleep_until(self.arrival.plan_think_time(seconds))

    def send(self, method: str, url: str) -> SentRequest:
        """Stamp a request that is being sent now."""
        if self.arrival is None:
            now = time.monotonic_ns()
            return SentRequest(None, 0, self.journey, now, now, method, url)
        request = self.arrival.send(self.journey, method, url)
        self.arrival.slice.note_send()
        return request

    def _begin(self, arrival: RunningArrival) -> None:
        if self._state == LOCUST_STATE_STOPPING:
            raise StopUser
        self._state = LOCUST_STATE_RUNNING
        self.arrival = arrival
        arrival.start_task()
        if hasattr(self, "rng"):
            self.rng = self._rng_of_arrivals = self._rng_of_arrivals or LateSeeded()
            self.rng.seed_later(arrival.seed)
        seed_shared(arrival.seed ^ _SHARED_SALT)


def sleep_until(moment_ns: int) -> None:
    """Sleep to a moment of the monotonic clock, and let others run once where it is over already."""
    gevent.sleep(max(0, moment_ns - time.monotonic_ns()) / 1e9)
    while (rest_ns := moment_ns - time.monotonic_ns()) > 0:
        gevent.sleep(rest_ns / 1e9)


def open_loop_class(user_class: type[User], *, target: str, url: str, index: int) -> type[User]:
    """Return a subclass of a scenario's user class that sends to `url` and waits for arrivals."""
    name = f"{user_class.__name__} on {target}"
    make: Any = type(user_class)
    made: type[User] = make(name, (OpenLoopUser, user_class), {"host": url, "class_index": index})
    return made


def install_hooks() -> None:
    """Make Locust's task sets ask open-loop users at a choice, a start, an end and between tasks."""
    hooked: Any = TaskSet
    wait, execute_next_task = hooked.wait, hooked.execute_next_task

    def wait_for_arrival(task_set: Any) -> None:
        user = task_set.user
        if not isinstance(user, OpenLoopUser):
            wait(task_set)
        elif user.is_in_task:
            user.think(task_set.wait_time())
        else:
            if user.arrival is not None and user.arrival.planned_ns is None:
                user.arrival.pause_s = task_set.wait_time()
            user.await_arrival()

    def execute_and_note(task_set: Any) -> None:
        user, task = task_set.user, task_set._task_queue[0]  # noqa: SLF001  - no public way to see it
        if not isinstance(user, OpenLoopUser):
            execute_next_task(task_set)
            return
        user.journey = getattr(task, "__name__", type(task).__name__)
        if isinstance(task, type):
            execute_next_task(task_set)  # a nested task set: its own tasks come through here
        else:
            _run_task(user, execute_next_task, task_set)

    hooked.wait = wait_for_arrival
    hooked.execute_next_task = execute_and_note
    _choose_by_seed(TaskSet, tasks_of=lambda task_set: task_set.tasks)
    _choose_by_seed(DefaultTaskSet, tasks_of=lambda task_set: task_set.user.tasks)


def _choose_by_seed(hooked: Any, *, tasks_of: Callable[[Any], list[Any]]) -> None:
    """Let the arrival's seed choose the task where Locust would draw it, every task as likely as there."""
    get_next_task = hooked.get_next_task

    def choose(task_set: Any) -> Any:
        arrival, tasks = getattr(task_set.user, "arrival", None), tasks_of(task_set)
        if not isinstance(arrival, RunningArrival) or not tasks:
            return get_next_task(task_set)
        arrival.choice_count += 1
        return seeded_choice(tasks, arrival.seed, salt=_TASK_SALT * arrival.choice_count)

    hooked.get_next_task = choose


def _run_task(user: OpenLoopUser, run: Callable[[Any], None], task_set: Any) -> None:
    user.is_in_task = True
    try:
        run(task_set)
    except (InterruptTaskSet, RescheduleTask, RescheduleTaskImmediately, StopUser, gevent.GreenletExit):
        raise
    except StopTest as stop:
        user.pool.slice.abort(f"The scenario raised StopTest: {stop}")
        raise
    except Exception as error:
        if user.arrival is not None:
            user.arrival.slice.record_task_error(user.arrival, user.journey, error)
        raise
    finally:
        user.is_in_task = False


def stamp_requests(user: OpenLoopUser) -> None:
    """Stamp each request where Locust's HTTP clients start their own clock.

    Both call `_send_request_safe_mode` right after they read the clock that `response_time` counts from, so
    `sent + response_time` is the end of the answer to the microsecond, whatever the scenario does afterwards.
    Locust's `User.context()` would not do: HttpUser calls it when the answer is there.
    """
    client = getattr(user, "client", None)
    send = getattr(client, "_send_request_safe_mode", None)
    if send is None:
        return
    in_flight: dict[int, SentRequest] = {}

    def stamp(method: str, url: str, **arguments: Any) -> Any:
        greenlet = get_ident()
        request = in_flight[greenlet] = user.send(method, url)
        try:
            response = send(method, url, **arguments)
            request.status = response.status_code or 0
            setattr(response, SENT_REQUEST, request)
        finally:
            del in_flight[greenlet]
            if request.arrival is not None:
                request.arrival.slice.note_answer(request)
        return response

    client._send_request_safe_mode = stamp  # type: ignore[union-attr]  # noqa: SLF001  - see above
    _stamp_first_bytes(client, in_flight)


def _stamp_first_bytes(client: Any, in_flight: dict[int, SentRequest]) -> None:
    """Stamp when the headers of an answer are in; after redirects those of the last answer.

    requests calls its response hooks then (hooks that a scenario gives to one request displace ours, and
    nothing is known); geventhttpclient makes its response object then.
    """

    def note() -> None:
        request = in_flight.get(get_ident())
        if request is not None:
            request.first_byte_ns = time.monotonic_ns()

    agent = getattr(client, "client", None)
    if agent is None:
        client.hooks["response"].append(lambda *_arguments, **_options: note())
        return
    make_response = agent.response_type

    def make_and_note(*arguments: Any, **options: Any) -> Any:
        note()
        return make_response(*arguments, **options)

    agent.response_type = make_and_note
