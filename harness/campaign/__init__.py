"""Execute a plan: sequence and store, nothing else."""
