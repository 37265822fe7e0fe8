"""Operations on cues: translated, spoken, retimed, published."""
