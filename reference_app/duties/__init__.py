"""Duties: what the business does besides answering requests, at night or when somebody asks for it."""
