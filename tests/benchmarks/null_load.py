"""The smallest Locust file: one GET after the other; plain Locust and our generator both run it."""

from locust import FastHttpUser, task


class NullUser(FastHttpUser):
    @task
    def get(self):
        self.client.get("/")
