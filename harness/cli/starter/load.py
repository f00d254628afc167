"""What users do. One task is one arrival; kpibench starts them at --rate, whatever the server's speed.

Any Locust file works. Give requests a name without ids, so that they are counted as one endpoint.
"""

from locust import FastHttpUser, task


class Visitor(FastHttpUser):
    @task(3)
    def look_at_the_front_page(self):
        self.client.get("/", name="/")

    @task(1)
    def look_at_an_item(self):
        self.client.get("/items/1", name="/items/{id}")
