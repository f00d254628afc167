"""Journeys: what one visitor wants from the backend, from the first request to the last."""
