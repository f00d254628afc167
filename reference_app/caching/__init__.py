"""Answers that are kept: what they depend on, where they are kept, and how they come to an end."""
