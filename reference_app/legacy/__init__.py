"""The BEFORE: correct answers, the slow way a tired team could have shipped; no sleep, spin or throttle."""
