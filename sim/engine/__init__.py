"""Who calls the model when: the calendar of events on SimPy."""
