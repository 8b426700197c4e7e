"""Running functions as Function Compute runs them, and putting together what it runs."""
