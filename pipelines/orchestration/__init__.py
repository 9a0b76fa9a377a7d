"""How a night runs: the lease, its context, and the Dagster assets in their order."""
