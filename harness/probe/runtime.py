"""The runtime probe: a server that mounts it writes to the file that this variable names."""

RUNTIME_FILE = "KPIBENCH_RUNTIME_FILE"
