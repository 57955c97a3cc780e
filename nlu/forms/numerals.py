"""How numbers are written: figures and words, as parts of patterns (blanks in them don't count)."""

DIGIT = r"(?:zero|oh|o|nought|one|two|three|four|five|six|seven|eight|nine)"
TEEN = r"(?:ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen)"
TENS = r"(?:twenty|thirty|fou?rty|fifty|sixty|seventy|eighty|ninety)"
UNIT = r"(?:one|two|three|four|five|six|seven|eight|nine)"

# Read out digit by digit, or by twos: "one double oh twenty-three".
READ_OUT = rf"\b(?:(?:double|triple)[ -])?(?:{TENS}[ -]{UNIT}|{TENS}|{TEEN}|{DIGIT})\b"
IN_ROW = rf"(?:{READ_OUT}(?:(?:,?[ ]|-){READ_OUT}){{2,}}|\b\d(?:[ ]\d){{2,}}\b(?![ ]?\d))"

SMALL = rf"(?:{TENS}(?:[ -]{UNIT})?|{TEEN}|{UNIT})"
WORDS = (
    rf"(?:(?:(?:a|{SMALL})[ ])?(?:hundred|thousand)(?:[ ](?:and[ ])?{SMALL})?|(?:a[ ]|{SMALL}[ ]|half[ ]a[ ])?dozen"
    rf"|a[ ]couple|{SMALL})"
)
FIGURES = r"(?:\d{1,3}(?:[,.]\d{3})+|\d+)"
