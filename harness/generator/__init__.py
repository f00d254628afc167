"""What runs inside Locust: open-loop arrivals, the recorder, the self-check; imported by nobody here."""
