"""Everything about how good the models are: the shipped ones, ablations, peers, and looks at PrivateTest."""
