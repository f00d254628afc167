"""Forms for other tools, written on request; EXPORTS says what exists."""

from reports.exports.badge import BADGE
from reports.exports.bencher import BENCHER
from reports.exports.export import Export
from reports.exports.github_benchmark import GITHUB_BENCHMARK
from reports.exports.gitlab_load import GITLAB_LOAD
from reports.exports.openmetrics import OPENMETRICS

EXPORTS: tuple[Export, ...] = (OPENMETRICS, GITHUB_BENCHMARK, BENCHER, GITLAB_LOAD, BADGE)
