"""What happens: the state and the compiled functions that change it."""
