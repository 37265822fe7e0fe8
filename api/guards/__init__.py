"""Guards: who may touch what, one module per noun."""
