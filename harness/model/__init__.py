"""The words of this project, one frozen type each; `docs/glossary.md` tells them at length.

- Variant: one build of the backend under test, and how to bring it up. `before` always comes first.
- Scenario: what users do, as a Locust file, and how fast they arrive.
- Arrival: the planned moment at which one user action must start.
- Slice: a short stretch of load on one variant; the slices of a couple replay one schedule.
- Round: one fresh start of all variants with the slices inside it; the unit of inference.
- Sample: one request, one row.
- Metric: something measured, its unit, and which direction is better.
- Measurement: one metric of one variant in one round.
- Estimate: a value with its interval, unit and the number of samples behind it.
- Count: how many there are of something, as somebody told who can see it.
- Comparison: before against after in one metric of one endpoint.
- Kpi: a claim with its targets.
- Verdict: an outcome and its reason in one sentence.
- Check: one condition that a valid measurement must meet.
"""
