"""The cheapest scenario there is: what it costs is the generator's own work. `kpibench doctor` drives it."""

from locust import FastHttpUser, task


class NullVisitor(FastHttpUser):
    """Sends one request an arrival."""

    @task
    def ask(self) -> None:
        """Ask for nothing."""
        self.client.get("/")
