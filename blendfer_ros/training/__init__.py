"""FER2013 → faces → a trained, quantised LSTM with its card. Offline only: the nodes never import it."""
