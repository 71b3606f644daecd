"""Questions put to the model or to what it gave: functions from scenarios and tables to tables."""
