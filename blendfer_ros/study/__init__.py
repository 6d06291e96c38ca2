"""The report on the models: the shipped ones, ablations, peers, and the ledger of PrivateTest."""
