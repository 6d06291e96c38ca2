"""Training of the networks that read pixels: the CNN of expressions, and the sequences for an LSTM over it."""
