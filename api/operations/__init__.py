"""Operations: the work of a request after its guard. One module per noun."""
