"""Many replications: plans, runner, executors, store."""
