"""A Locust file that sends nothing: each task reports requests that never were."""

from locust import User, task

ROWS_A_TASK = 25


class Reporter(User):
    @task
    def report(self):
        for number in range(ROWS_A_TASK):
            self.environment.events.request.fire(
                request_type="GET",
                name=f"/synthetic/{number}",
                response_time=1.0,
                response_length=1000,
                response=None,
                context={},
                exception=None,
            )
