"""Pure judgement: KPI file, validity checks, verdict."""
