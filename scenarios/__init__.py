"""What users do: Locust scenarios; plain `locust -f scenarios/booking_day.py` works too."""
