"""The truth server and the driver of the generator's own tests."""

from tests.component.generator.conftest import drive, truth, truth_process

__all__ = ["drive", "truth", "truth_process"]
