"""Tables and overrides become numbers: keyed streams, priors, sampling plans, one vector of parameters."""
