"""What becomes of cues: translated, spoken, retimed, published."""
