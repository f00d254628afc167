"""The BEFORE: correct answers, the slow way that a tired team could have shipped. No sleep, no spin, no throttle."""
